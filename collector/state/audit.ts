import type { Selectable } from 'kysely';
import type { TenantId } from '../access/access.ts';
import { type Cause, presentCause } from '../audit/cause.ts';
import { type AuditRow, type Head, INSTALLATION, NO_HEAD, nextRow } from '../audit/chain.ts';
import type { StateDb } from './database.ts';
import type { AuditTable } from './schema.ts';

export interface AuditEntry {
  /** Null: it concerns the installation. */
  readonly school: string | null;
  /** `<thing>.<what happened>`: `alert.acked`, `engagement.approved`, `account.disabled`, `login.refused`. */
  readonly action: string;
  /** Plain JSON without secrets. */
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at: number;
  /** Who is behind it, where that is not who asks (collector/audit/cause.ts). */
  readonly cause?: Cause;
}

/** Adds a row to its chain, in the transaction of the change that it tells of: both are there or neither. Returns where the chain now ends. */
export async function appendAudit(tx: StateDb, entry: AuditEntry): Promise<Head> {
  const chain = entry.school ?? INSTALLATION;
  const { actor, via } = entry.cause ?? presentCause();
  // As it will be read back: what JSON leaves out is left out of the hash, too.
  const detail = JSON.parse(JSON.stringify(entry.detail)) as AuditRow['detail'];
  const row = nextRow(await lockedHead(tx, chain), { chain, at: entry.at, actor, via, action: entry.action, detail });
  await tx
    .insertInto('audit')
    .values({ ...row, detail: JSON.stringify(row.detail) })
    .execute();
  const head = { seq: row.seq, hash: row.hash };
  await tx.updateTable('audit_head').set(head).where('chain', '=', chain).execute();
  return head;
}

/** Writing the row of the head, even with what it holds, makes a second writer wait for this transaction. */
async function lockedHead(tx: StateDb, chain: string): Promise<Head> {
  await tx
    .insertInto('audit_head')
    .values({ chain, ...NO_HEAD })
    .onConflict((conflict) => conflict.column('chain').doUpdateSet({ chain }))
    .execute();
  const head = await tx
    .selectFrom('audit_head')
    .select(['seq', 'hash'])
    .where('chain', '=', chain)
    .executeTakeFirstOrThrow();
  return { seq: Number(head.seq), hash: head.hash };
}

export interface AuditPage {
  /** Only rows with a higher `seq`. */
  readonly after: number;
  readonly limit: number;
}

/** Rows of one school, oldest first. */
export function listAudit(db: StateDb, tenant: TenantId, page: AuditPage): Promise<AuditRow[]> {
  return chainRows(db, tenant, page);
}

/** Of any chain: for the command line and for checks, not for requests. */
export async function chainRows(db: StateDb, chain: string, { after, limit }: AuditPage): Promise<AuditRow[]> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where('chain', '=', chain)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

/** Where a school's chain ends. */
export async function auditHead(db: StateDb, tenant: TenantId): Promise<Head> {
  return (await auditHeads(db)).get(tenant) ?? NO_HEAD;
}

/** Rows of the installation's own chain, oldest first. */
export function installationAudit(db: StateDb, page: AuditPage): Promise<AuditRow[]> {
  return chainRows(db, INSTALLATION, page);
}

export async function installationHead(db: StateDb): Promise<Head> {
  return (await auditHeads(db)).get(INSTALLATION) ?? NO_HEAD;
}

/** Where each chain ends, by chain. */
export async function auditHeads(db: StateDb): Promise<Map<string, Head>> {
  const heads = await db.selectFrom('audit_head').selectAll().orderBy('chain').execute();
  return new Map(heads.map(({ chain, seq, hash }) => [chain, { seq: Number(seq), hash }]));
}

function fromRow(row: Selectable<AuditTable>): AuditRow {
  const detail = JSON.parse(row.detail) as AuditRow['detail'];
  return { ...row, seq: Number(row.seq), at: Number(row.at), detail };
}
