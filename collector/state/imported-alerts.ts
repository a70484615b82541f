import type { StateDb } from './database.ts';

/** What is remembered of an alert that an Alertmanager tells of, as long as it tells that it fires. Times in ms. */
export interface ImportedAlert {
  /** Of the alert. */
  readonly key: string;
  readonly school: string;
  readonly site: string;
  /** As the Alertmanager has it. */
  readonly startsAt: number;
  /** When it last said so; 0: it has said that a watchdog is over. */
  readonly heardAt: number;
}

export async function findImported(db: StateDb, key: string): Promise<ImportedAlert | undefined> {
  const row = await db.selectFrom('imported_alert').selectAll().where('key', '=', key).executeTakeFirst();
  return row && fromRow(row);
}

export async function saveImported(
  db: StateDb,
  { key, school, site, startsAt, heardAt }: ImportedAlert,
): Promise<void> {
  const row = { school, site, starts_at: startsAt, heard_at: heardAt };
  await db
    .insertInto('imported_alert')
    .values({ key, ...row })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
    .execute();
}

export async function forgetImported(db: StateDb, key: string): Promise<void> {
  await db.deleteFrom('imported_alert').where('key', '=', key).execute();
}

/** Those of these keys, whether or not an alert is open. */
export async function importedOfKeys(db: StateDb, keys: readonly string[]): Promise<ImportedAlert[]> {
  if (keys.length === 0) return [];
  const rows = await db.selectFrom('imported_alert').selectAll().where('key', 'in', keys).execute();
  return rows.map(fromRow);
}

/** Those whose alert is not over. */
export async function openImported(db: StateDb): Promise<ImportedAlert[]> {
  const rows = await db
    .selectFrom('imported_alert')
    .innerJoin('alert', 'alert.key', 'imported_alert.key')
    .selectAll('imported_alert')
    .where('alert.state', '<>', 'resolved')
    .execute();
  return rows.map(fromRow);
}

/** Deletes what was not heard of since `before` (ms) and is not open either: people ended it. Those of the keys `kept` stay. */
export async function purgeImported(db: StateDb, before: number, kept: readonly string[]): Promise<void> {
  const open = db.selectFrom('alert').select('key').where('state', '<>', 'resolved');
  let purge = db.deleteFrom('imported_alert').where('heard_at', '<', before).where('key', 'not in', open);
  if (kept.length > 0) purge = purge.where('key', 'not in', kept);
  await purge.execute();
}

function fromRow(row: {
  readonly key: string;
  readonly school: string;
  readonly site: string;
  readonly starts_at: number;
  readonly heard_at: number;
}): ImportedAlert {
  const { key, school, site } = row;
  return { key, school, site, startsAt: Number(row.starts_at), heardAt: Number(row.heard_at) };
}
