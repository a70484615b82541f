import { createHmac, timingSafeEqual } from 'node:crypto';
import type { StateDb } from './database.ts';
import { hashSecret, newSecret, type RandomBytes } from './secret.ts';

/** From when it is made. */
export const LINK_MS = 24 * 3_600_000;
/** Notes that one link takes; they do not use it up. */
export const NOTES_PER_LINK = 20;

const KEY = 'alert_link_key';
/** Both halves: random, then the signature over it and what it stands for (HMAC-SHA256, cut to 128 bits as RFC 2104 5 allows). */
const HALF_BYTES = 16;
/** 32 bytes in base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** What a link stands for: this contact, acting for this party, on this alert. */
export interface LinkSubject {
  readonly school: string;
  readonly alertId: string;
  readonly party: string;
  readonly contact: string;
}

export interface AlertLink extends LinkSubject {
  /** Names its row. */
  readonly hash: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** What it was used for; null: it still is good. */
  readonly used: { readonly action: string; readonly at: number } | null;
}

/**
 * Makes a link's token, the only time it can be had. Its random half is what nobody can guess, and only a hash of that is kept: whoever reads the
 * database finds the key, but nothing to sign. The signature binds it to its subject and lets one change of the key end every link.
 */
export async function createAlertLink(
  db: StateDb,
  subject: LinkSubject,
  now: number,
  randomBytes: RandomBytes,
): Promise<string> {
  const { school, alertId: alert_id, party, contact } = subject;
  const random = randomBytes(HALF_BYTES);
  const expires_at = now + LINK_MS;
  const signature = sign(await linkKey(db, randomBytes), random, { ...subject, expiresAt: expires_at });
  const row = { alert_id, school, party, contact, created_at: now, expires_at, notes: 0 };
  await db
    .insertInto('alert_link')
    .values({ ...row, hash: hashOf(random), used_at: null, used_action: null })
    .execute();
  return Buffer.concat([random, signature]).toString('base64url');
}

/** The link behind a token, run out or used ones too; undefined for one that was never made, or by another key. */
export async function findAlertLink(db: StateDb, token: string): Promise<AlertLink | undefined> {
  if (!TOKEN.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const random = bytes.subarray(0, HALF_BYTES);
  const row = await db.selectFrom('alert_link').selectAll().where('hash', '=', hashOf(random)).executeTakeFirst();
  const key = await storedKey(db);
  if (!row || key === undefined) return undefined;
  const subject = { school: row.school, alertId: row.alert_id, party: row.party, contact: row.contact };
  const expiresAt = Number(row.expires_at);
  if (!timingSafeEqual(bytes.subarray(HALF_BYTES), sign(key, random, { ...subject, expiresAt }))) return undefined;
  const { hash, used_at, used_action } = row;
  const used = used_at === null ? null : { action: used_action ?? '', at: Number(used_at) };
  return { ...subject, hash, createdAt: Number(row.created_at), expiresAt, used };
}

/** Uses a link up, in the transaction of what it is used for. False: another was faster. */
export async function useAlertLink(tx: StateDb, hash: string, action: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('alert_link')
    .set({ used_at: now, used_action: action })
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Counts a note. False: used up meanwhile, or as many as it takes. */
export async function noteByAlertLink(tx: StateDb, hash: string): Promise<boolean> {
  const result = await tx
    .updateTable('alert_link')
    .set((link) => ({ notes: link('notes', '+', 1) }))
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('notes', '<', NOTES_PER_LINK)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Deletes links that ran out before `before` (ms). */
export async function purgeAlertLinks(db: StateDb, before: number): Promise<void> {
  await db.deleteFrom('alert_link').where('expires_at', '<', before).execute();
}

/** A new key: every link that was sent so far ends. */
export async function replaceLinkKey(db: StateDb, randomBytes: RandomBytes): Promise<void> {
  const value = newSecret(randomBytes);
  await db
    .insertInto('meta')
    .values({ name: KEY, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

/** Made the first time it is asked for; of two that ask at once, both get the one that was written. */
async function linkKey(db: StateDb, randomBytes: RandomBytes): Promise<Buffer> {
  const known = await storedKey(db);
  if (known) return known;
  await db
    .insertInto('meta')
    .values({ name: KEY, value: newSecret(randomBytes) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return (await storedKey(db))!;
}

async function storedKey(db: StateDb): Promise<Buffer | undefined> {
  const row = await db.selectFrom('meta').select('value').where('name', '=', KEY).executeTakeFirst();
  return row && Buffer.from(row.value, 'base64url');
}

function sign(key: Buffer, random: Buffer, of: LinkSubject & { readonly expiresAt: number }): Buffer {
  const { school, alertId, party, contact, expiresAt } = of;
  const text = JSON.stringify([random.toString('base64url'), school, alertId, party, contact, expiresAt]);
  return createHmac('sha256', key).update(text).digest().subarray(0, HALF_BYTES);
}

function hashOf(random: Buffer): string {
  return hashSecret(random.toString('base64url'));
}
