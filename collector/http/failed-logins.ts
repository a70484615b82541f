import type { Clock } from '../../core/clock.ts';
import { appendAudit } from '../state/audit.ts';
import type { StateDb } from '../state/database.ts';

const WINDOW_MS = 15 * 60_000;
/** Wrong passwords for one name within the window before it takes none for the rest of it (ASVS 5.0, 6.3.1), from whatever addresses they come. */
const TRIES = 50;
const NAMES_LIMIT = 10_000;
/** Rows of the audit log an hour: a flood of guesses does not fill the disk. */
const ROWS_PER_HOUR = 120;
const HOUR_MS = 3_600_000;

/** Wrong logins: each name is tried only so often, and the audit log hears of them, up to a number an hour; the rest is counted in its next row. */
export class FailedLogins {
  static readonly SHUT_S = WINDOW_MS / 1000;

  readonly #db: StateDb;
  readonly #clock: Clock;
  readonly #tries = new Map<string, { readonly since: number; count: number }>();
  #hour = { since: Number.NEGATIVE_INFINITY, rows: 0 };
  #untold = 0;

  constructor(db: StateDb, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  isShut(login: string): boolean {
    const tried = this.#tries.get(login);
    return tried !== undefined && this.#clock.monotonic() - tried.since < WINDOW_MS && tried.count >= TRIES;
  }

  /** @param login null: with a wrong token, or nothing readable */
  async record(login: string | null, source: string): Promise<void> {
    const now = this.#clock.monotonic();
    if (login !== null) this.#count(login, now);
    if (now - this.#hour.since >= HOUR_MS) this.#hour = { since: now, rows: 0 };
    if (this.#hour.rows >= ROWS_PER_HOUR) {
      this.#untold++;
      return;
    }
    this.#hour.rows++;
    const detail = { login, source, ...(this.#untold > 0 && { before: this.#untold }) };
    this.#untold = 0;
    const at = this.#clock.now();
    const cause = { actor: 'unknown', via: 'session' };
    await this.#db
      .transaction()
      .execute((tx) => appendAudit(tx, { school: null, action: 'login.refused', detail, at, cause }));
  }

  #count(login: string, now: number): void {
    const tried = this.#tries.get(login);
    if (tried && now - tried.since < WINDOW_MS) {
      tried.count++;
      return;
    }
    if (this.#tries.size >= NAMES_LIMIT) this.#tries.delete(this.#tries.keys().next().value!);
    this.#tries.set(login, { since: now, count: 1 });
  }
}
