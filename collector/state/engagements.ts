import type { Selectable } from 'kysely';
import { ENGAGEMENT_EVENT_TYPES, type EngagementEvent } from '../engagement/agreement/engagement-event.ts';
import { auditEngagementEvent } from './audit-engagement.ts';
import type { StateDb } from './database.ts';
import type { EngagementEventTable } from './schema.ts';

/**
 * One entry of a school's engagement log. Those of the life of engagements (`ENGAGEMENT_EVENT_TYPES`) are kept here beside those of hand-overs
 * and facts, so that one log tells who agreed to what and what came of it.
 */
export interface EngagementLogEntry {
  /** In the order of writing. */
  readonly seq: number;
  readonly school: string;
  /** Null for what is about the school as a whole. */
  readonly engagement: string | null;
  readonly version: number | null;
  readonly type: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly party: string | null;
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface EngagementLogFilter {
  readonly types?: readonly string[];
  /** Only entries with a higher `seq`. */
  readonly after?: number;
  /** At most this many, the oldest. */
  readonly limit: number;
}

/** The log only grows: there is no update or delete of an entry anywhere. Returns its `seq`. */
export async function appendEngagementEvent(db: StateDb, entry: Omit<EngagementLogEntry, 'seq'>): Promise<number> {
  const { school, engagement, version, type, at, party, actor, detail } = entry;
  const { seq } = await db
    .insertInto('engagement_event')
    .values({ school, engagement, version, type, at, party, actor, detail: JSON.stringify(detail) })
    .returning('seq')
    .executeTakeFirstOrThrow();
  await auditEngagementEvent(db, entry);
  return seq;
}

/** Entries of one school, oldest first. */
export async function listEngagementEvents(
  db: StateDb,
  school: string,
  { types, after = 0, limit }: EngagementLogFilter,
): Promise<EngagementLogEntry[]> {
  let query = db
    .selectFrom('engagement_event')
    .selectAll()
    .where('school', '=', school)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit);
  if (types !== undefined) query = query.where('type', 'in', types);
  return (await query.execute()).map(fromRow);
}

/** Entries read at once; a school's log is read in pieces, however long it is. */
const PAGE = 500;

/** The life of a school's engagements after entry `after`, oldest first, with the `seq` of the last. */
export async function readLifecycle(
  db: StateDb,
  school: string,
  after: number,
): Promise<{ readonly events: EngagementEvent[]; readonly last: number }> {
  const events: EngagementEvent[] = [];
  let last = after;
  for (;;) {
    const page = await listEngagementEvents(db, school, { types: ENGAGEMENT_EVENT_TYPES, after: last, limit: PAGE });
    for (const { seq, school: _school, ...event } of page) {
      events.push(event as EngagementEvent);
      last = seq;
    }
    if (page.length < PAGE) return { events, last };
  }
}

/** Whether anything was written to the life of a school's engagements after entry `after`. */
export async function hasNews(db: StateDb, school: string, after: number): Promise<boolean> {
  return (await listEngagementEvents(db, school, { types: ENGAGEMENT_EVENT_TYPES, after, limit: 1 })).length > 0;
}

/** Adds events of the life of engagements; returns the `seq` of the last, or `last` when there are none. */
export async function appendLifecycle(
  db: StateDb,
  school: string,
  events: readonly EngagementEvent[],
  last: number,
): Promise<number> {
  let seq = last;
  for (const event of events)
    seq = await appendEngagementEvent(db, { school, ...event, detail: event.detail as Record<string, unknown> });
  return seq;
}

function fromRow(row: Selectable<EngagementEventTable>): EngagementLogEntry {
  return {
    seq: Number(row.seq),
    school: row.school,
    engagement: row.engagement,
    version: row.version,
    type: row.type,
    at: Number(row.at),
    party: row.party,
    actor: row.actor,
    detail: JSON.parse(row.detail) as Record<string, unknown>,
  };
}
