import type { Clock } from '../../core/clock.ts';
import { effectiveSchool, schoolWith, unreadable } from '../engagement/agreement/effective-school.ts';
import type { EngagementEvent } from '../engagement/agreement/engagement-event.ts';
import { type EngagementRecord, type EngagementRecords, versionOf } from '../engagement/agreement/engagement-record.ts';
import { type ImportFinding, importFile } from '../engagement/agreement/file-import.ts';
import { applyEvents, asOf } from '../engagement/agreement/lifecycle.ts';
import {
  decideEngagement,
  type EngagementCommand,
  type LifecycleDecision,
  type Refusal,
} from '../engagement/agreement/lifecycle-decision.ts';
import { dueEvents } from '../engagement/agreement/lifecycle-due.ts';
import type { School } from '../engagement/school.ts';
import type { StateDb } from './database.ts';
import { appendLifecycle, hasNews, readLifecycle } from './engagements.ts';
import { inSchools } from './school-transaction.ts';

/** What happened to the engagements of a school since the book last looked; only schools to which something did. */
export interface BookChange {
  readonly school: string;
  readonly events: readonly EngagementEvent[];
}

export type BookOutcome =
  | { readonly record: EngagementRecord; readonly change: BookChange }
  | { readonly refused: Refusal };

/**
 * A last look before something comes into force: `candidate` is the school as it would be then, `now` as it is. What it returns refuses it.
 * Runs inside the transaction: it must be quick, and not use the book.
 */
export type Guard = (candidate: School, now: School, engagement: string) => Refusal | undefined;

/** One school's part of the book. */
interface Page {
  /** As its file says. */
  readonly school: School;
  readonly records: EngagementRecords;
  /** Of the log, up to which `records` is the fold. */
  readonly last: number;
  readonly findings: readonly ImportFinding[];
  /** What the school works by. */
  readonly effective: School;
}

/**
 * The engagements of all configured schools: what was agreed, by the log in the database. Changes run one after another, each in one
 * transaction; what it returns is as of the last change that was committed. Methods that write throw what the database throws; then nothing
 * has changed.
 */
export class EngagementBook {
  readonly #db: StateDb;
  readonly #clock: Clock;
  #pages: ReadonlyMap<string, Page> = new Map();
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ db, clock }: { readonly db: StateDb; readonly clock: Clock }) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Takes over what others wrote since the last look: another collector, or another process of this one. */
  async refresh(): Promise<BookChange[]> {
    const news: string[] = [];
    for (const [school, { last }] of this.#pages) if (await hasNews(this.#db, school, last)) news.push(school);
    return news.length === 0 ? [] : this.#lookAt(news, this.#clock.now());
  }

  /** Reads the log of each school and takes over what its file says. */
  start(schools: readonly School[]): Promise<BookChange[]> {
    return this.import(schools);
  }

  /** Takes over what the files say now, of all schools or of none; those that are no longer among them are forgotten here, not in the log. */
  import(schools: readonly School[]): Promise<BookChange[]> {
    return this.#inTurn(namesOf(schools), async (tx) => {
      const at = this.#clock.now();
      const turns: Turn[] = [];
      for (const school of schools) {
        const present = await presentOf(tx, school, this.#pages.get(school.school), at);
        const { events, findings } = importFile(present.records, school, at);
        turns.push(await settle(tx, { ...present, findings }, events));
      }
      const pages = new Map(turns.map(({ page }) => [page.school.school, page]));
      return { result: changesOf(turns), commit: () => this.#use(pages) };
    });
  }

  /**
   * Carries a command out, unless the rules or `guard` refuse it. The guard is asked before an approval and before anything that is active at once.
   * @throws RangeError for a school that is not configured
   */
  apply(school: string, command: EngagementCommand, guard?: Guard): Promise<BookOutcome> {
    return this.#inTurn([school], async (tx) => {
      const at = this.#clock.now();
      const before = this.#pages.get(school);
      if (!before) throw new RangeError(`the school ${school} is not configured`);
      const present = await presentOf(tx, before.school, before, at);
      const decision = decided(present, command, at, guard);
      const { page, change } = await settle(tx, present, 'events' in decision ? decision.events : []);
      const result = 'refused' in decision ? decision : { record: page.records.get(command.id)!, change };
      return { result, commit: () => this.#use(new Map([...this.#pages, [school, page]])) };
    });
  }

  /** Writes down what time has done: ends that were reached, approvals that did not come, and reminders that are due. */
  expire(now: number = this.#clock.now()): Promise<BookChange[]> {
    return this.#lookAt([...this.#pages.keys()], now);
  }

  #lookAt(schools: readonly string[], now: number): Promise<BookChange[]> {
    return this.#inTurn(schools, async (tx) => {
      const turns: Turn[] = [];
      for (const school of schools) {
        const before = this.#pages.get(school);
        if (before) turns.push(await settle(tx, await presentOf(tx, before.school, before, now), []));
      }
      const pages = turns.map(({ page }) => [page.school.school, page] as const);
      return { result: changesOf(turns), commit: () => this.#use(new Map([...this.#pages, ...pages])) };
    });
  }

  /** The configured schools. */
  schools(): string[] {
    return [...this.#pages.keys()];
  }

  /** The school as it works now; undefined for one that is not configured. */
  effective(school: string): School | undefined {
    return this.#pages.get(school)?.effective;
  }

  /** The school as its file says, for reading what is proposed to it. */
  configured(school: string): School | undefined {
    return this.#pages.get(school)?.school;
  }

  /** As of now, also where an end was reached a moment ago. */
  records(school: string): EngagementRecords {
    const now = this.#clock.now();
    return new Map([...(this.#pages.get(school)?.records ?? [])].map(([id, record]) => [id, asOf(record, now)]));
  }

  /** What of the file did not take effect as written, or does not fit any more. */
  findings(school: string): readonly ImportFinding[] {
    const page = this.#pages.get(school);
    return page ? [...page.findings, ...unreadable(page.school, page.records)] : [];
  }

  #use(pages: ReadonlyMap<string, Page>): void {
    this.#pages = pages;
  }

  /** One transaction after another; what it means for the book counts once it is committed. */
  #inTurn<T>(
    schools: readonly string[],
    work: (tx: StateDb) => Promise<{ readonly result: T; commit(): void }>,
  ): Promise<T> {
    const done = this.#queue.then(async () => {
      const { result, commit } = await inSchools(this.#db, schools, work);
      commit();
      return result;
    });
    this.#queue = done.catch(() => {});
    return done;
  }
}

function namesOf(schools: readonly School[]): string[] {
  return schools.map(({ school }) => school);
}

/** A page on which a turn begins, with what others wrote and what time has done since; `due` is to be written down yet. */
interface Present extends Omit<Page, 'effective'> {
  readonly before: Page | undefined;
  readonly news: readonly EngagementEvent[];
  readonly due: readonly EngagementEvent[];
}

interface Turn {
  readonly page: Page;
  readonly change: BookChange;
}

async function presentOf(tx: StateDb, school: School, before: Page | undefined, at: number): Promise<Present> {
  const { events, last } = await readLifecycle(tx, school.school, before?.last ?? 0);
  const known = applyEvents(before?.records ?? new Map(), events);
  const due = dueEvents(known.values(), at);
  const news = before ? events : [];
  return { school, before, news, due, records: applyEvents(known, due), last, findings: before?.findings ?? [] };
}

async function settle(tx: StateDb, present: Present, events: readonly EngagementEvent[]): Promise<Turn> {
  const { school, before, news, due, findings } = present;
  const change = { school: school.school, events: [...news, ...due, ...events] };
  if (before && before.school === school && change.events.length === 0)
    return { page: { ...before, findings }, change };
  const records = applyEvents(present.records, events);
  const last = await appendLifecycle(tx, school.school, [...due, ...events], present.last);
  return { page: { school, records, last, findings, effective: effectiveSchool(school, records) }, change };
}

function changesOf(turns: readonly Turn[]): BookChange[] {
  return turns.map(({ change }) => change).filter(({ events }) => events.length > 0);
}

/** By the rules, and then by the guard: it sees what is in force with the approvals that are still to come. */
function decided(
  { school, records }: Present,
  command: EngagementCommand,
  at: number,
  guard: Guard | undefined,
): LifecycleDecision {
  const { id, type } = command;
  const decision = decideEngagement(records.get(id), command, school, at);
  if ('refused' in decision || !guard || !GUARDED.includes(type)) return decision;
  const [event] = decision.events;
  const record = applyEvents(records, decision.events).get(id);
  const version = record && event && versionOf(record, event.version);
  const refused = version && guard(schoolWith(school, records, id, version), effectiveSchool(school, records), id);
  return refused ? { refused } : decision;
}

const GUARDED: readonly EngagementCommand['type'][] = ['approve', 'accept', 'break_glass'];
