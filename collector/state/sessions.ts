import type { Clock } from '../../core/clock.ts';
import type { StateDb } from './database.ts';
import { hashSecret, matchesHash, newSecret, type RandomBytes } from './secret.ts';

/** How long a login lasts. */
export const SESSION_MS = 12 * 3600_000;

const ADMIN_TOKEN = 'admin_token_hash';
const ADMIN_PREFIX = 'bwa_';

/** Makes the admin token when there is none yet, and returns it: the only time it can be read. Undefined when one exists. */
export async function createAdminToken(db: StateDb, randomBytes: RandomBytes): Promise<string | undefined> {
  const token = newSecret(randomBytes, ADMIN_PREFIX);
  const result = await db
    .insertInto('meta')
    .values({ name: ADMIN_TOKEN, value: hashSecret(token) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n ? token : undefined;
}

/** For a lost or leaked admin token: a new one; the old one and every login end. */
export function replaceAdminToken(db: StateDb, randomBytes: RandomBytes): Promise<string> {
  return db.transaction().execute(async (trx) => {
    await trx.deleteFrom('session').execute();
    await trx.deleteFrom('meta').where('name', '=', ADMIN_TOKEN).execute();
    const token = newSecret(randomBytes, ADMIN_PREFIX);
    await trx
      .insertInto('meta')
      .values({ name: ADMIN_TOKEN, value: hashSecret(token) })
      .execute();
    return token;
  });
}

export async function isAdminToken(db: StateDb, token: string): Promise<boolean> {
  const row = await db.selectFrom('meta').select('value').where('name', '=', ADMIN_TOKEN).executeTakeFirst();
  return row !== undefined && matchesHash(token, row.value);
}

/** Opens a session and returns the cookie's value; only its hash is kept. Sessions that have run out are removed on the way. */
export async function openSession(db: StateDb, clock: Clock, randomBytes: RandomBytes): Promise<string> {
  const value = newSecret(randomBytes);
  const now = clock.now();
  await db.deleteFrom('session').where('expires_at', '<=', now).execute();
  await db
    .insertInto('session')
    .values({ hash: hashSecret(value), created_at: now, expires_at: now + SESSION_MS })
    .execute();
  return value;
}

export async function isSession(db: StateDb, value: string, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('session')
    .select('hash')
    .where('hash', '=', hashSecret(value))
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row !== undefined;
}

export async function closeSession(db: StateDb, value: string): Promise<void> {
  await db.deleteFrom('session').where('hash', '=', hashSecret(value)).execute();
}
