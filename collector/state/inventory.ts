import type { Selectable } from 'kysely';
import type { InventoryDocument } from '../../core/inventory-api.ts';
import type { TenantId } from '../access/access.ts';
import { type DeviceLinks, deviceLinks } from '../inventory/device-links.ts';
import { type InventorySummary, summaryOf } from '../inventory/summary.ts';
import type { StateDb } from './database.ts';
import type { InventoryDeviceTable } from './schema.ts';

export interface DeviceKey {
  readonly school: string;
  readonly site: string;
  readonly device: string;
}

/** What is kept of a device besides its document. Times are ms, collector clock, but `readAt`. */
export interface DeviceRecord extends DeviceKey {
  /** The id of the token that it was delivered with last. */
  readonly agent: string;
  readonly digest: string;
  readonly summary: InventorySummary;
  readonly firstSeen: number;
  readonly changedAt: number;
  /** When it was last read, agent clock. */
  readonly readAt: number;
  readonly seenAt: number;
  /** Null: it is there. */
  readonly goneAt: number | null;
}

const RECORD = [
  'school',
  'site',
  'device',
  'agent',
  'digest',
  'summary',
  'first_seen',
  'changed_at',
  'read_at',
  'seen_at',
  'gone_at',
] as const;

export async function findDevice(db: StateDb, key: DeviceKey): Promise<DeviceRecord | undefined> {
  const row = await ofDevice(db, key).select(RECORD).executeTakeFirst();
  return row && fromRow(row);
}

export async function documentOf(db: StateDb, key: DeviceKey): Promise<InventoryDocument | undefined> {
  const row = await ofDevice(db, key).select('document').executeTakeFirst();
  return row && (JSON.parse(row.document) as InventoryDocument);
}

export async function saveDevice(
  db: StateDb,
  record: Omit<DeviceRecord, 'summary'>,
  document: InventoryDocument,
): Promise<void> {
  const { school, site, device } = record;
  const row = {
    agent: record.agent,
    digest: record.digest,
    document: JSON.stringify(document),
    summary: JSON.stringify(summaryOf(document)),
    links: JSON.stringify(deviceLinks(document)),
    first_seen: record.firstSeen,
    changed_at: record.changedAt,
    read_at: record.readAt,
    seen_at: record.seenAt,
    gone_at: record.goneAt,
  };
  await db
    .insertInto('inventory_device')
    .values({ school, site, device, ...row })
    .onConflict((conflict) => conflict.columns(['school', 'site', 'device']).doUpdateSet(row))
    .execute();
}

/** It was heard of, and has not changed. */
export async function touchDevice(
  db: StateDb,
  { school, site, device }: DeviceKey,
  { agent, readAt, seenAt }: Pick<DeviceRecord, 'agent' | 'readAt' | 'seenAt'>,
): Promise<void> {
  await db
    .updateTable('inventory_device')
    .set({ agent, read_at: readAt, seen_at: seenAt })
    .where('school', '=', school)
    .where('site', '=', site)
    .where('device', '=', device)
    .execute();
}

/** A device with all its parts counts as gone from `at` on; null: it is there. */
export async function setGone(db: StateDb, { school, site, device }: DeviceKey, at: number | null): Promise<void> {
  for (const table of ['inventory_device', 'inventory_serial'] as const)
    await db
      .updateTable(table)
      .set({ gone_at: at })
      .where('school', '=', school)
      .where('site', '=', site)
      .where('device', '=', device)
      .execute();
}

/** Forgets devices that are gone since before `before` (ms), and who had which serial number till then. */
export async function purgeInventory(db: StateDb, before: number): Promise<void> {
  for (const table of ['inventory_device', 'inventory_serial'] as const)
    await db.deleteFrom(table).where('gone_at', '<', before).execute();
}

export async function countInventory(db: StateDb, school: string): Promise<number> {
  const row = await db
    .selectFrom('inventory_device')
    .select((device) => device.fn.countAll().as('count'))
    .where('school', '=', school)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Devices of a site that are there, and were last delivered by this agent. */
export async function devicesOfAgent(
  db: StateDb,
  { school, site, agent }: Omit<DeviceKey, 'device'> & Pick<DeviceRecord, 'agent'>,
): Promise<DeviceRecord[]> {
  const rows = await db
    .selectFrom('inventory_device')
    .select(RECORD)
    .where('school', '=', school)
    .where('site', '=', site)
    .where('agent', '=', agent)
    .where('gone_at', 'is', null)
    .execute();
  return rows.map(fromRow);
}

/** Devices of a school that are there and were not heard of since `before`. */
export async function unheardDevices(db: StateDb, school: string, before: number): Promise<DeviceRecord[]> {
  const rows = await db
    .selectFrom('inventory_device')
    .select(RECORD)
    .where('school', '=', school)
    .where('gone_at', 'is', null)
    .where('seen_at', '<', before)
    .orderBy('site')
    .orderBy('device')
    .execute();
  return rows.map(fromRow);
}

/** What the devices of a site say of themselves and of their neighbours; without those that are gone. */
export async function linksOfSite(
  db: StateDb,
  school: string,
  site: string,
): Promise<{ readonly device: string; readonly links: DeviceLinks; readonly seenAt: number }[]> {
  const rows = await db
    .selectFrom('inventory_device')
    .select(['device', 'links', 'seen_at'])
    .where('school', '=', school)
    .where('site', '=', site)
    .where('gone_at', 'is', null)
    .orderBy('device')
    .execute();
  return rows.map((row) => ({
    device: row.device,
    links: JSON.parse(row.links) as DeviceLinks,
    seenAt: Number(row.seen_at),
  }));
}

/** The roles of a school's devices that are there. */
export async function rolesOfSchool(
  db: StateDb,
  school: string,
): Promise<{ readonly site: string; readonly device: string; readonly role: string | null }[]> {
  const rows = await db
    .selectFrom('inventory_device')
    .select(['site', 'device', 'summary'])
    .where('school', '=', school)
    .where('gone_at', 'is', null)
    .execute();
  return rows.map(({ site, device, summary }) => ({
    site,
    device,
    role: (JSON.parse(summary) as InventorySummary).role,
  }));
}

export interface InventoryPage {
  readonly site?: string | undefined;
  /** Only those behind this one. */
  readonly after?: { readonly site: string; readonly device: string } | undefined;
  readonly limit: number;
}

/** Devices of a school by site and name, also those that are gone. */
export async function listInventory(db: StateDb, tenant: TenantId, page: InventoryPage): Promise<DeviceRecord[]> {
  const rows = await pageOf(db, tenant, page).select(RECORD).execute();
  return rows.map(fromRow);
}

/** The same with all that they are made of. */
export async function listDocuments(
  db: StateDb,
  tenant: TenantId,
  page: InventoryPage,
): Promise<{ readonly record: DeviceRecord; readonly document: InventoryDocument }[]> {
  const rows = await pageOf(db, tenant, page)
    .select([...RECORD, 'document'])
    .execute();
  return rows.map(({ document, ...row }) => ({
    record: fromRow(row),
    document: JSON.parse(document) as InventoryDocument,
  }));
}

export async function inventoryOf(
  db: StateDb,
  tenant: TenantId,
  site: string,
  device: string,
): Promise<{ readonly record: DeviceRecord; readonly document: InventoryDocument } | undefined> {
  const key = { school: tenant, site, device };
  const record = await findDevice(db, key);
  const document = record && (await documentOf(db, key));
  return record && document && { record, document };
}

function pageOf(db: StateDb, school: string, { site, after, limit }: InventoryPage) {
  let query = db
    .selectFrom('inventory_device')
    .where('school', '=', school)
    .orderBy('site')
    .orderBy('device')
    .limit(limit);
  if (site !== undefined) query = query.where('site', '=', site);
  if (after)
    query = query.where((row) =>
      row.or([row('site', '>', after.site), row.and([row('site', '=', after.site), row('device', '>', after.device)])]),
    );
  return query;
}

function ofDevice(db: StateDb, { school, site, device }: DeviceKey) {
  return db
    .selectFrom('inventory_device')
    .where('school', '=', school)
    .where('site', '=', site)
    .where('device', '=', device);
}

function fromRow(row: Pick<Selectable<InventoryDeviceTable>, (typeof RECORD)[number]>): DeviceRecord {
  return {
    school: row.school,
    site: row.site,
    device: row.device,
    agent: row.agent,
    digest: row.digest,
    summary: JSON.parse(row.summary) as InventorySummary,
    firstSeen: Number(row.first_seen),
    changedAt: Number(row.changed_at),
    readAt: Number(row.read_at),
    seenAt: Number(row.seen_at),
    goneAt: row.gone_at === null ? null : Number(row.gone_at),
  };
}
