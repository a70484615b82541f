import type { Selectable } from 'kysely';
import type { StateDb } from './database.ts';
import type { PushoverReceiptTable } from './schema.ts';

/** What one emergency notification told somebody about one alert. Times in ms. */
export interface PushoverReceipt {
  readonly receipt: string;
  readonly alertId: string;
  readonly school: string;
  readonly contact: string;
  /** The endpoint's name among the contact's. */
  readonly channel: string;
  /** Of the alert's ladder when it was sent. */
  readonly round: number;
  /** A later one tells the same person of the same alert. */
  readonly superseded: boolean;
  readonly createdAt: number;
  /** Then it stops by itself. */
  readonly expiresAt: number;
}

/** Between two looks at one receipt, as Pushover asks. */
const SOONEST_MS = 5_000;

/** Keeps what a notification told; earlier ones about the same to the same person are to be ended. */
export async function saveReceipts(db: StateDb, rows: readonly PushoverReceipt[], nextAt: number): Promise<void> {
  for (const row of rows) {
    await db
      .updateTable('pushover_receipt')
      .set({ superseded: 1, next_at: row.createdAt + SOONEST_MS })
      .where('alert_id', '=', row.alertId)
      .where('contact', '=', row.contact)
      .where('channel', '=', row.channel)
      .where('receipt', '<>', row.receipt)
      .execute();
    await db
      .insertInto('pushover_receipt')
      .values(toRow(row, nextAt))
      .onConflict((conflict) => conflict.columns(['receipt', 'alert_id']).doNothing())
      .execute();
  }
}

/** Those to be looked at by now, the longest due first: at most `limit` receipts, each whole. */
export async function dueReceipts(db: StateDb, now: number, limit: number): Promise<PushoverReceipt[][]> {
  const due = await db
    .selectFrom('pushover_receipt')
    .select('receipt')
    .select((row) => row.fn.min('next_at').as('due'))
    .where('next_at', '<=', now)
    .groupBy('receipt')
    .orderBy('due')
    .orderBy('receipt')
    .limit(limit)
    .execute();
  if (due.length === 0) return [];
  const names = due.map(({ receipt }) => receipt);
  const rows = await db.selectFrom('pushover_receipt').selectAll().where('receipt', 'in', names).execute();
  return names.map((name) => rows.filter(({ receipt }) => receipt === name).map(fromRow));
}

export async function postponeReceipt(db: StateDb, receipt: string, nextAt: number): Promise<void> {
  await db.updateTable('pushover_receipt').set({ next_at: nextAt }).where('receipt', '=', receipt).execute();
}

export async function forgetReceipt(db: StateDb, receipt: string): Promise<void> {
  await db.deleteFrom('pushover_receipt').where('receipt', '=', receipt).execute();
}

/** Keeps the newest `limit` rows. Returns how many were dropped. */
export async function dropOldReceipts(db: StateDb, limit: number): Promise<number> {
  const oldest = await db
    .selectFrom('pushover_receipt')
    .select('receipt')
    .orderBy('created_at', 'desc')
    .orderBy('receipt', 'desc')
    .offset(limit)
    .limit(limit)
    .execute();
  if (oldest.length === 0) return 0;
  const names = oldest.map(({ receipt }) => receipt);
  const gone = await db.deleteFrom('pushover_receipt').where('receipt', 'in', names).executeTakeFirst();
  return Number(gone.numDeletedRows);
}

function toRow(of: PushoverReceipt, nextAt: number): PushoverReceiptTable {
  const { receipt, alertId, school, contact, channel, round, superseded, createdAt, expiresAt } = of;
  const times = { created_at: createdAt, expires_at: expiresAt, next_at: nextAt };
  return { receipt, alert_id: alertId, school, contact, channel, round, superseded: superseded ? 1 : 0, ...times };
}

function fromRow(row: Selectable<PushoverReceiptTable>): PushoverReceipt {
  const { receipt, alert_id, school, contact, channel, round, superseded, created_at, expires_at } = row;
  return {
    receipt,
    alertId: alert_id,
    school,
    contact,
    channel,
    round,
    superseded: superseded === 1,
    createdAt: Number(created_at),
    expiresAt: Number(expires_at),
  };
}
