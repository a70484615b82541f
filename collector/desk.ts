import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { Logger } from '../runtime/logger.ts';
import { repeat } from '../runtime/repeat.ts';
import type { CalendarService } from './calendar/calendar-service.ts';
import { nextEdge } from './engagement/horizon.ts';
import type { School } from './engagement/school.ts';
import type { AgreementNotes } from './notify/agreement-notes.ts';
import type { Boundaries } from './notify/boundaries.ts';
import type { HandoverRitual } from './notify/handover-ritual.ts';
import type { Router } from './notify/router.ts';
import { routingSample } from './notify/routing-sample.ts';
import type { EngagementBook } from './state/engagement-book.ts';

export interface DeskParts {
  readonly router: Router;
  readonly book: EngagementBook;
  readonly calendars: CalendarService;
  readonly boundaries: Boundaries;
  readonly ritual: HandoverRitual;
  readonly notes: AgreementNotes;
  readonly clock: Clock;
  readonly log: Logger;
  /** Stores samples of measurement `alert`. */
  readonly record: (samples: readonly Sample[]) => Promise<void>;
  /** Stores samples and puts them to the rules. */
  readonly observe: (samples: readonly Sample[]) => Promise<void>;
}

const EXPIRE_MS = 60_000;
/** A school in which routing failed is well again after this long without a failure. */
const FAULT_CLEARS_MS = 10 * 60_000;

/**
 * Keeps who answers in step with what was agreed and with the time: agreements come into force and end, calendars change, windows begin, load
 * thresholds flip, acknowledgements lapse, parties are briefed.
 */
export class Desk {
  readonly #parts: DeskParts;
  readonly #faults = new Map<string, number>();
  #expireDue = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Reads the log of agreements, the last good calendars and what was said before; from here on every school can be decided for. */
  async start(schools: readonly School[]): Promise<void> {
    const { book, calendars, boundaries, ritual } = this.#parts;
    await book.start(schools);
    await calendars.start();
    this.plan();
    await boundaries.start();
    await ritual.start();
    this.#tellFindings(schools);
  }

  /** Takes over what the files say now. What it throws leaves everything as it was. */
  async reload(schools: readonly School[]): Promise<void> {
    await this.#parts.book.import(schools);
    this.plan();
    this.#tellFindings(schools);
  }

  /** Puts the agreements in force with the calendars in force; cheap where neither changed. */
  readonly plan = (): void => {
    const { router, book, calendars } = this.#parts;
    const schools = book.schools().flatMap((id) => book.effective(id) ?? []);
    router.use(schools.map((school) => calendars.withEvents(school)));
  };

  #tellFindings(schools: readonly School[]): void {
    for (const { school } of schools)
      for (const finding of this.#parts.book.findings(school))
        this.#parts.log.warn({ school, engagement: finding.engagement }, finding.text);
  }

  /** Routing failed for a school and the safety net stands in: an alert of its own, as long as it goes on. */
  readonly fault = (school: string, _problem: string): void => {
    this.#faults.set(school, this.#parts.clock.now());
    void this.#observe([routingSample(school, true, this.#parts.clock.now())]);
  };

  /** Runs until `signal` aborts; looks every `everyMs`, and exactly when a window begins or ends. */
  async run(everyMs: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    await repeat(
      { clock, log, failure: 'hand-overs not looked at, tried again', every: () => Math.max(1, this.#wait(everyMs)) },
      () => this.step(),
      signal,
    );
  }

  /** One after another, whoever asks: a change over the API looks at once. */
  step(): Promise<void> {
    const turn = this.#last.then(() => this.#step());
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #step(): Promise<void> {
    const { book, boundaries, ritual, notes, clock, record } = this.#parts;
    if (clock.monotonic() >= this.#expireDue) {
      this.#expireDue = clock.monotonic() + EXPIRE_MS;
      await notes.tell(await book.expire());
      await this.#clearFaults();
    } else await notes.tell(await book.refresh());
    this.plan();
    await record(await boundaries.step());
    await ritual.step();
  }

  #wait(everyMs: number): number {
    const { router, clock } = this.#parts;
    const now = clock.now();
    const edges = [...router.schools.keys()].flatMap((id) => {
      const plan = router.plan(id);
      return plan ? [nextEdge(plan, now, now + everyMs)] : [];
    });
    return Math.min(everyMs, ...edges.map((edge) => edge - now));
  }

  async #clearFaults(): Promise<void> {
    const now = this.#parts.clock.now();
    const over = [...this.#faults].filter(([, at]) => now - at > FAULT_CLEARS_MS).map(([school]) => school);
    for (const school of over) this.#faults.delete(school);
    await this.#observe(over.map((school) => routingSample(school, false, now)));
  }

  async #observe(samples: readonly Sample[]): Promise<void> {
    if (samples.length === 0) return;
    await this.#parts
      .observe(samples)
      .catch((error: unknown) => this.#parts.log.warn({ err: errorMessage(error) }, 'own samples not stored'));
  }
}
