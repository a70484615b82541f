import type { Clock } from '../../core/clock.ts';
import type { StateDb } from './database.ts';
import { hashSecret } from './secret.ts';
import { findToken, revokeToken, type Tenant } from './tokens.ts';

const CACHE_LIMIT = 10_000;

/**
 * Checks tokens for ingest. A good answer is remembered for a short while, so that a batch costs no query; bad ones never are, so a token
 * works from the moment it is made. Revoked here, a token ends at once; revoked by another process (the command line), within `TTL_MS`.
 */
export class TokenVerifier {
  static readonly TTL_MS = 10_000;

  readonly #db: StateDb;
  readonly #clock: Clock;
  /** By hash: the memory of this process holds no usable token. */
  readonly #verified = new Map<string, { readonly tenant: Tenant; readonly until: number }>();
  #revocations = 0;

  constructor(db: StateDb, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** The tenant, or undefined for a token that is not good. Throws only when the database does. */
  async verify(token: string): Promise<Tenant | undefined> {
    const hash = hashSecret(token);
    const now = this.#clock.monotonic();
    const known = this.#verified.get(hash);
    if (known && known.until > now) return known.tenant;
    this.#verified.delete(hash);
    const revocations = this.#revocations;
    const tenant = await findToken(this.#db, token);
    // An answer read before a revocation must not outlive it.
    if (tenant && revocations === this.#revocations) this.#remember(hash, tenant, now);
    return tenant;
  }

  async revoke(id: string): Promise<boolean> {
    const revoked = await revokeToken(this.#db, id, this.#clock);
    this.#revocations++;
    for (const [hash, { tenant }] of this.#verified) if (tenant.tokenId === id) this.#verified.delete(hash);
    return revoked;
  }

  #remember(hash: string, tenant: Tenant, now: number): void {
    if (this.#verified.size >= CACHE_LIMIT) this.#verified.clear();
    this.#verified.set(hash, { tenant, until: now + TokenVerifier.TTL_MS });
  }
}
