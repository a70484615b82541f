import type { Selectable } from 'kysely';
import type { EndpointRecord } from '../notify/endpoint-health.ts';
import type { StateDb } from './database.ts';
import type { EndpointTable } from './schema.ts';

/** One channel of one contact. */
export interface EndpointKey {
  readonly school: string;
  readonly contact: string;
  readonly channel: string;
}

export async function findEndpoint(db: StateDb, key: EndpointKey): Promise<EndpointRecord | undefined> {
  const row = await db
    .selectFrom('endpoint')
    .selectAll()
    .where('school', '=', key.school)
    .where('contact', '=', key.contact)
    .where('channel', '=', key.channel)
    .executeTakeFirst();
  return row && fromRow(row);
}

/** Those of one school, or of all. */
export async function listEndpoints(db: StateDb, school?: string): Promise<EndpointRecord[]> {
  let query = db.selectFrom('endpoint').selectAll().orderBy('school').orderBy('contact').orderBy('channel');
  if (school !== undefined) query = query.where('school', '=', school);
  return (await query.execute()).map(fromRow);
}

/** Those whose last attempt failed. */
export async function troubledEndpoints(db: StateDb, school: string): Promise<EndpointRecord[]> {
  const rows = await db
    .selectFrom('endpoint')
    .selectAll()
    .where('school', '=', school)
    .where('failures', '>', 0)
    .execute();
  return rows.map(fromRow);
}

export async function saveEndpoint(db: StateDb, record: EndpointRecord): Promise<void> {
  const { school, contact, channel, ...rest } = toRow(record);
  await db
    .insertInto('endpoint')
    .values({ school, contact, channel, ...rest })
    .onConflict((conflict) => conflict.columns(['school', 'contact', 'channel']).doUpdateSet(rest))
    .execute();
}

export async function forgetEndpoint(db: StateDb, { school, contact, channel }: EndpointKey): Promise<void> {
  await db
    .deleteFrom('endpoint')
    .where('school', '=', school)
    .where('contact', '=', contact)
    .where('channel', '=', channel)
    .execute();
}

/** Messages waiting for each contact and channel of a school that are due by `now`, or were tried before. */
export async function waitingByEndpoint(
  db: StateDb,
  school: string,
  now: number,
): Promise<(Omit<EndpointKey, 'school'> & { readonly waiting: number })[]> {
  const rows = await db
    .selectFrom('outbox')
    .select(['contact', 'channel'])
    .select((outbox) => outbox.fn.countAll().as('waiting'))
    .where('school', '=', school)
    .where('status', '=', 'waiting')
    .where((row) => row.or([row('due_at', '<=', now), row('attempts', '>', 0)]))
    .groupBy(['contact', 'channel'])
    .execute();
  return rows.map((row) => ({ ...row, waiting: Number(row.waiting) }));
}

function toRow(record: EndpointRecord): EndpointTable {
  return {
    school: record.school,
    contact: record.contact,
    channel: record.channel,
    type: record.type,
    fingerprint: record.fingerprint,
    succeeded_at: record.succeededAt,
    failed_at: record.failedAt,
    error: record.error,
    failures: record.failures,
    failing_since: record.failingSince,
    disabled_at: record.disabledAt,
  };
}

function fromRow(row: Selectable<EndpointTable>): EndpointRecord {
  const time = (value: number | null): number | null => (value === null ? null : Number(value));
  return {
    school: row.school,
    contact: row.contact,
    channel: row.channel,
    type: row.type,
    fingerprint: row.fingerprint,
    succeededAt: time(row.succeeded_at),
    failedAt: time(row.failed_at),
    error: row.error,
    failures: row.failures,
    failingSince: time(row.failing_since),
    disabledAt: time(row.disabled_at),
  };
}
