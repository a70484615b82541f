import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import { SAFETY_NET } from '../engagement/ladder.ts';
import { dueSlot, nextSlot, weekOf } from '../engagement/safety-net-slot.ts';
import type { School } from '../engagement/school.ts';
import { listEvents } from '../state/alerts.ts';
import { appendAudit } from '../state/audit.ts';
import type { StateDb } from '../state/database.ts';
import { messagesOf } from '../state/outbox.ts';
import {
  beginRound,
  FIRST_SEEN,
  listResults,
  listRounds,
  saveResult,
  type TestResult,
  type TestRound,
} from '../state/safety-net.ts';
import { inSchool } from '../state/school-transaction.ts';
import type { Directory } from './directory.ts';
import type { Pager } from './pager.ts';
import type { Router } from './router.ts';
import { safetyNetMessage } from './safety-net-message.ts';
import { settledResult } from './safety-net-result.ts';
import { channelTestSample, safetyNetSample } from './safety-net-sample.ts';

/** Who tests when nobody asked. */
const COLLECTOR = 'collector';

export interface SafetyNetTestParts {
  readonly db: StateDb;
  readonly router: Pick<Router, 'schools'>;
  readonly directory: Directory;
  readonly pager: Pager;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Whether this collector answers for the school now; default: it does for all. */
  readonly holds?: (school: string) => boolean;
  /** Wakes the outbox after messages were added. */
  readonly outbox: { notify(): void };
  /** Stores samples and puts them to the rules. */
  readonly observe: (samples: readonly Sample[]) => Promise<void>;
}

/** A test with its results. */
export interface TestReport extends TestRound {
  readonly results: readonly TestResult[];
}

const EVERY_MS = 60_000;
/** Between two tests that somebody asks for. */
const PAUSE_MS = 10 * 60_000;
/** Tests looked at: what was part of none of them is forgotten. */
const ROUNDS = 10;

/**
 * Sends everybody in the safety net a test message over each of their channels, once a week: through the same outbox, the same channels and
 * secrets as in earnest, since a test that goes another way proves nothing. What came of it is written down, and failures are alerts.
 */
export class SafetyNetTest {
  readonly #parts: SafetyNetTestParts;
  readonly #messages;

  constructor(parts: SafetyNetTestParts) {
    this.#parts = parts;
    this.#messages = parts.metrics.counter(
      'bellwether_collector_safety_net_tests_total',
      'Test messages to the safety net, by result (delivered, failed, skipped, no_channel).',
      ['result'],
    );
  }

  /** Looks every minute until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    await repeat(
      { clock, log, failure: 'tests of the safety net not looked at, tried again', every: EVERY_MS },
      () => this.step(),
      signal,
    );
  }

  async step(): Promise<void> {
    const samples: Sample[] = [];
    for (const school of this.#parts.router.schools.values()) {
      if (this.#parts.holds?.(school.school) === false) continue;
      await this.#begin(school);
      samples.push(...(await this.#look(school)));
    }
    await this.#parts.observe(samples);
  }

  /** Tests now, because `actor` asked for it. False: the last test is not ten minutes ago. */
  async ask(school: School, actor: string): Promise<boolean> {
    const { db, clock } = this.#parts;
    const now = clock.now();
    const [last] = (await listRounds(db, school.school, 1)).filter((round) => round.actor !== FIRST_SEEN);
    if (last && now - last.beganAt < PAUSE_MS) return false;
    return this.#send(school, { round: `asked ${new Date(now).toISOString()}`, beganAt: now, actor });
  }

  /** The last tests as they stand now, the newest first, and when the next is due (ms). */
  async report(school: School): Promise<{ readonly next: number | null; readonly tests: readonly TestReport[] }> {
    const { db, clock } = this.#parts;
    const rounds = await listRounds(db, school.school, ROUNDS);
    const weeks = new Set(rounds.map(({ round }) => round));
    const tests: TestReport[] = [];
    for (const round of rounds.filter(({ actor }) => actor !== FIRST_SEEN))
      tests.push({ ...round, results: await this.#settle(school, round, clock.now()) });
    return { next: nextSlot(school, clock.now(), (week) => weeks.has(week))?.at ?? null, tests };
  }

  async #begin(school: School): Promise<void> {
    const { db, clock } = this.#parts;
    const now = clock.now();
    const slot = dueSlot(school, now);
    const [known] = await listRounds(db, school.school, 1);
    // Whoever sets up a school in the middle of a week is not greeted by a test: the first one comes on the day agreed.
    const meant = weekOf(school, now);
    if (!known && meant.at <= now)
      await beginRound(db, school.school, { round: meant.week, beganAt: now, actor: FIRST_SEEN });
    else if (slot) await this.#send(school, { round: slot.week, beganAt: now, actor: COLLECTOR });
  }

  /** The row of the round and the messages are one transaction: sent once, whatever ends in between. */
  async #send(school: School, round: TestRound): Promise<boolean> {
    const { db, directory, pager, log, outbox } = this.#parts;
    const people = directory(school.school);
    if (!people) return false;
    const { beganAt } = round;
    const next = nextSlot(school, beganAt, (week) => week === round.round)?.at;
    const begun = await inSchool(db, school.school, async (tx) => {
      if (!(await beginRound(tx, school.school, round))) return false;
      if (round.actor !== COLLECTOR)
        await appendAudit(tx, {
          school: school.school,
          action: 'safety_net.tested',
          detail: { by: round.actor },
          at: beganAt,
        });
      for (const contact of new Set(school.safetyNet)) {
        const to = { school: school.school, round: round.round, contact };
        const message = safetyNetMessage(to, beganAt, next, people);
        await pager.note(
          tx,
          { about: aboutOf(school, round), school: school.school, party: SAFETY_NET, contact, message },
          beganAt,
        );
        for (const result of this.#expected(people.endpoints(contact), contact, beganAt))
          await saveResult(tx, school.school, round.round, result);
      }
      return true;
    });
    if (!begun) return false;
    log.info({ school: school.school, round: round.round, actor: round.actor }, 'safety net tested');
    outbox.notify();
    return true;
  }

  #expected(endpoints: readonly { readonly id: string }[], contact: string, changedAt: number): TestResult[] {
    if (endpoints.length > 0)
      return endpoints.map(({ id: channel }) => ({ contact, channel, result: 'waiting', reason: null, changedAt }));
    this.#messages.inc({ result: 'no_channel' });
    return [{ contact, channel: '', result: 'no_channel', reason: 'the contact has no channel', changedAt }];
  }

  /** Writes down what became of the messages under way, and returns how the safety net stands. */
  async #look(school: School): Promise<Sample[]> {
    const { db, clock } = this.#parts;
    const now = clock.now();
    const rounds = await listRounds(db, school.school, ROUNDS);
    const tests = rounds.filter(({ actor }) => actor !== FIRST_SEEN);
    const reports: TestResult[][] = [];
    for (const round of tests) reports.push(await this.#settle(school, round, now));
    const since = (tests[0] ?? rounds[0])?.beganAt ?? now;
    const latest = reports[0] ?? [];
    const key = ({ contact, channel }: TestResult): string => JSON.stringify([contact, channel]);
    const part = new Set(latest.map(key));
    const gone = new Map(reports.flat().flatMap((result) => (part.has(key(result)) ? [] : [[key(result), result]])));
    return [
      safetyNetSample(school.school, latest, since, now),
      ...latest.map((result) => channelTestSample(school.school, result, now)),
      // No longer part of it: whatever was open about it is over.
      ...[...gone.values()].map((of) => channelTestSample(school.school, { ...of, result: 'delivered' }, now)),
    ];
  }

  async #settle(school: School, round: TestRound, now: number): Promise<TestResult[]> {
    const { db, log } = this.#parts;
    const results = await listResults(db, school.school, round.round);
    if (!results.some(isOpen)) return results;
    const messages = await messagesOf(db, aboutOf(school, round));
    const events = await listEvents(db, aboutOf(school, round));
    const after: TestResult[] = [];
    for (const before of results) {
      const result = isOpen(before) ? settledResult(before, messages, events, now) : before;
      after.push(result);
      if (result === before) continue;
      await saveResult(db, school.school, round.round, result);
      if (!isOpen(result)) this.#messages.inc({ result: result.result });
      const { contact, channel, reason } = result;
      const detail = { school: school.school, round: round.round, contact, channel, result: result.result, reason };
      if (result.result === 'delivered') log.info(detail, 'test of the safety net');
      else log.warn(detail, 'test of the safety net');
    }
    return after;
  }
}

function isOpen({ result }: TestResult): boolean {
  return result === 'waiting' || result === 'failing';
}

/** What its messages stand under in the outbox. */
function aboutOf({ school }: School, { round }: TestRound): string {
  return `safety-net ${school} ${round}`;
}
