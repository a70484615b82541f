import { handoversBetween, type PlannedHandover } from '../engagement/handovers.ts';
import type { Plan } from '../engagement/plan.ts';
import type { StateDb } from '../state/database.ts';
import { appendEngagementEvent, type EngagementLogEntry, listEngagementEvents } from '../state/engagements.ts';
import { type SchoolTransaction, schoolTransactions } from '../state/school-transaction.ts';
import type { BoundaryParts } from './boundaries.ts';
import { briefingOf, reportOf } from './handover-facts.ts';
import { briefMessage, reportMessage } from './handover-message.ts';
import type { HandoverMessage } from './message.ts';

/** How far back a boundary is still noticed after the collector was away. */
const CATCH_UP_MS = 24 * 3_600_000;
/** The list of boundaries ahead is made anew this often, and when the agreements change. */
const LIST_FOR_MS = 3_600_000;
/** Boundaries shown ahead. */
const AHEAD_MS = 30 * 86_400_000;
const LOG_LIMIT = 100_000;
/** How long a briefing or a report waits for its reader's duty. */
const NOTE_WAITS_MS = 72 * 3_600_000;

/** The entries of a hand-over in the school's log, one of each a hand-over. */
type Entry = 'handover_briefed' | 'handover' | 'handover_accepted' | 'handover_reported';
const ENTRIES: readonly Entry[] = ['handover_briefed', 'handover', 'handover_accepted', 'handover_reported'];

interface Known {
  /** `<entry> <hand-over id>` */
  readonly said: Set<string>;
  /** `seq` of the last of them. */
  last: number;
}

function entriesAfter(db: StateDb, school: string, after: number): Promise<EngagementLogEntry[]> {
  return listEngagementEvents(db, school, { types: ENTRIES, after, limit: LOG_LIMIT });
}

export interface HandoverView extends PlannedHandover {
  readonly briefed: boolean;
  readonly accepted: boolean;
  readonly done: boolean;
}

/** Before a boundary the incoming party is briefed, at it the log says what moved, after it both sides get a report. */
export class HandoverRitual {
  readonly #parts: BoundaryParts;
  /** What the log holds of it, by school. */
  readonly #known = new Map<string, Known>();
  readonly #ahead = new Map<
    string,
    { readonly plan: Plan; readonly madeAt: number; readonly list: PlannedHandover[] }
  >();

  readonly #inSchool: SchoolTransaction;

  constructor(parts: BoundaryParts) {
    this.#parts = parts;
    this.#inSchool = parts.inSchool ?? schoolTransactions(parts.db);
  }

  /** Takes up what was said and accepted before a restart; for schools that are configured. */
  async start(): Promise<void> {
    for (const school of this.#parts.router.schools.keys()) await this.#taken(school);
  }

  /** What was said, also by another collector since the last look. */
  async #taken(school: string): Promise<ReadonlySet<string>> {
    const known = this.#known.get(school) ?? { said: new Set(), last: 0 };
    const entries = await entriesAfter(this.#parts.db, school, known.last);
    for (const { seq, type, detail } of entries) {
      known.said.add(`${type} ${detail['id']}`);
      known.last = Math.max(known.last, seq);
    }
    this.#known.set(school, known);
    const accepted = entries.filter((entry) => entry.type === 'handover_accepted');
    if (accepted.length > 0)
      this.#accept(
        school,
        accepted.flatMap((entry) => entry.detail['keys'] as string[]),
      );
    return known.said;
  }

  #accept(school: string, keys: readonly string[]): void {
    const before = this.#parts.router.state(school).accepted ?? {};
    this.#parts.router.setAccepted(school, { ...before, ...Object.fromEntries(keys.map((key) => [key, true])) });
  }

  /** Call it after the boundaries moved what they move. */
  async step(): Promise<void> {
    for (const school of this.#parts.router.schools.keys()) await this.#stepSchool(school);
  }

  async #stepSchool(school: string): Promise<void> {
    const said = await this.#taken(school);
    if (!(this.#parts.holds?.(school) ?? true)) return;
    const now = this.#parts.clock.now();
    for (const handover of this.#list(school)) {
      const { id, at, terms } = handover;
      if (at - terms.briefMs <= now && now < at && !said.has(`handover_briefed ${id}`))
        await this.#brief(school, handover);
      if (at <= now && now - at < CATCH_UP_MS && !said.has(`handover ${id}`)) await this.#happened(school, handover);
    }
  }

  #list(school: string): readonly PlannedHandover[] {
    const plan = this.#parts.router.plan(school);
    if (!plan) return [];
    const now = this.#parts.clock.now();
    const known = this.#ahead.get(school);
    if (known?.plan === plan && now - known.madeAt < LIST_FOR_MS) return known.list;
    const longest = Math.max(0, ...plan.grants.map(({ grant }) => grant.handover.briefMs));
    const list = handoversBetween(plan, now - CATCH_UP_MS, now + Math.max(AHEAD_MS, longest + LIST_FOR_MS));
    this.#ahead.set(school, { plan, madeAt: now, list });
    return list;
  }

  async #brief(school: string, handover: PlannedHandover): Promise<void> {
    const now = this.#parts.clock.now();
    const facts = await briefingOf(this.#parts.db, school, handover, now);
    const directory = this.#parts.directory(school);
    await this.#say(school, 'handover_briefed', handover, { ...facts }, async (tx) => {
      if (directory)
        await this.#tell(tx, school, handover.to, (contact) => briefMessage(handover, facts, contact, now, directory));
    });
  }

  async #happened(school: string, handover: PlannedHandover): Promise<void> {
    const now = this.#parts.clock.now();
    const report = await reportOf(this.#parts.db, school, handover, now);
    const { moved, stayed } = report;
    await this.#say(school, 'handover', handover, { moved: moved.map((a) => a.id), stayed: stayed.map((a) => a.id) });
    const directory = this.#parts.directory(school);
    await this.#say(school, 'handover_reported', handover, { ...report }, async (tx) => {
      if (!directory) return;
      for (const party of [handover.to, handover.from])
        await this.#tell(tx, school, party, (contact) => reportMessage(handover, report, contact, now, directory));
    });
  }

  async #tell(tx: StateDb, school: string, party: string, make: (contact: string) => HandoverMessage): Promise<void> {
    const { router, pager, clock } = this.#parts;
    const now = clock.now();
    const duty = router.plan(school)?.duties.get(party);
    // It is no page: who is off duty reads it when they come, within a few days.
    const due = duty?.contact(now) === undefined ? (duty?.next(now, now + NOTE_WAITS_MS) ?? now) : now;
    const contact = duty?.contact(due) ?? duty?.party.contacts[0];
    if (contact === undefined) return;
    const message = make(contact);
    await pager.note(tx, { about: String(message.data.handover['id']), school, party, contact, message }, now, due);
  }

  /** Writes an entry, and with it whatever is told, in one transaction. */
  async #say(
    school: string,
    type: Entry,
    handover: PlannedHandover,
    detail: Readonly<Record<string, unknown>>,
    tell: (tx: StateDb) => Promise<void> = async () => {},
    by: { readonly party: string | null; readonly actor: string } = { party: null, actor: 'collector' },
    inSchool: SchoolTransaction = this.#inSchool,
  ): Promise<void> {
    const { clock, log, outbox } = this.#parts;
    const { id, at, from, to, why, grants } = handover;
    await inSchool(school, async (tx) => {
      // Somebody may have said it since the last look.
      const news = await entriesAfter(tx, school, this.#known.get(school)?.last ?? 0);
      if (news.some((entry) => entry.type === type && entry.detail['id'] === id)) return;
      await appendEngagementEvent(tx, {
        school,
        engagement: grants[0]!.replace(/#\d+$/, ''),
        version: null,
        type,
        at: clock.now(),
        ...by,
        detail: { id, boundary: at, from, to, why, grants, ...detail },
      });
      await tell(tx);
    });
    await this.#taken(school);
    log.info({ school, id, from, to, why }, type.replaceAll('_', ' '));
    outbox.notify();
  }

  /** The incoming party takes it over: the outgoing one leaves the ladder. Returns why not, or undefined. */
  async accept(school: string, id: string, party: string, by: string): Promise<string | undefined> {
    const handover = this.#list(school).find((h) => h.id === id);
    if (!handover) return `no such hand-over within ${AHEAD_MS / 86_400_000} days`;
    if (handover.to !== party) return `only ${handover.to} can accept it`;
    const said = await this.#taken(school);
    if (said.has(`handover_accepted ${id}`)) return undefined;
    const keys = handover.grants.map((grant) => `${grant}@${new Date(handover.at).toISOString()}`);
    // People's deeds are taken at any collector.
    const { db } = this.#parts;
    await this.#say(
      school,
      'handover_accepted',
      handover,
      { keys },
      undefined,
      { party, actor: by },
      schoolTransactions(db),
    );
    return undefined;
  }

  /** The boundaries of a school from yesterday on. */
  async list(school: string): Promise<HandoverView[]> {
    const said = await this.#taken(school);
    return this.#list(school).map((handover) => ({
      ...handover,
      briefed: said.has(`handover_briefed ${handover.id}`),
      accepted: said.has(`handover_accepted ${handover.id}`),
      done: said.has(`handover ${handover.id}`),
    }));
  }
}
