import type { Selectable } from 'kysely';
import type { EventView } from '../../core/inventory-api.ts';
import type { Severity } from '../../core/page-api.ts';
import type { TenantId } from '../access/access.ts';
import type { StateDb } from './database.ts';
import type { EventTable } from './schema.ts';

/** Something that happened, as it is written down. */
export interface NewEvent extends Omit<EventView, 'seq'> {
  /** The same event twice is one. */
  readonly id: string;
  readonly school: string;
}

const ROWS_AT_ONCE = 500;

/** Those that are written down already stay as they are. */
export async function addEvents(db: StateDb, events: readonly NewEvent[]): Promise<void> {
  for (let i = 0; i < events.length; i += ROWS_AT_ONCE)
    await db
      .insertInto('event')
      .values(events.slice(i, i + ROWS_AT_ONCE).map(toRow))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
}

export interface EventFilter {
  readonly site?: string | undefined;
  readonly device?: string | undefined;
  readonly type?: string | undefined;
  readonly domain?: string | undefined;
  readonly severity?: Severity | undefined;
  /** ms; from `since` on, before `until`. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only those with a lower `seq`. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** The newest first, in the order in which they were heard of. */
export async function listEvents(db: StateDb, tenant: TenantId, filter: EventFilter): Promise<EventView[]> {
  let query = db
    .selectFrom('event')
    .selectAll()
    .where('school', '=', tenant)
    .orderBy('seq', 'desc')
    .limit(filter.limit);
  for (const name of ['site', 'device', 'type', 'domain', 'severity'] as const) {
    const value = filter[name];
    if (value !== undefined) query = query.where(name, '=', value);
  }
  if (filter.since !== undefined) query = query.where('at', '>=', filter.since);
  if (filter.until !== undefined) query = query.where('at', '<', filter.until);
  if (filter.before !== undefined) query = query.where('seq', '<', filter.before);
  return (await query.execute()).map(fromRow);
}

/** Forgets what was before `before` (ms), and of each school all but the newest `most`. */
export async function purgeEvents(db: StateDb, before: number, most: number): Promise<void> {
  await db.deleteFrom('event').where('at', '<', before).execute();
  const schools = await db.selectFrom('event').select('school').distinct().execute();
  for (const { school } of schools) {
    const last = await db
      .selectFrom('event')
      .select('seq')
      .where('school', '=', school)
      .orderBy('seq', 'desc')
      .offset(most)
      .limit(1)
      .executeTakeFirst();
    if (last) await db.deleteFrom('event').where('school', '=', school).where('seq', '<=', last.seq).execute();
  }
}

function toRow({ ifName, detail, ...event }: NewEvent): Omit<EventTable, 'seq'> {
  return { ...event, if_name: ifName, detail: JSON.stringify(detail) };
}

function fromRow(row: Selectable<EventTable>): EventView {
  return {
    seq: Number(row.seq),
    site: row.site,
    device: row.device,
    ifName: row.if_name,
    at: Number(row.at),
    type: row.type,
    severity: row.severity as Severity,
    domain: row.domain,
    message: row.message,
    detail: JSON.parse(row.detail) as EventView['detail'],
  };
}
