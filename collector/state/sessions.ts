import type { Clock } from '../../core/clock.ts';
import { OPERATOR, type Principal } from '../access/principal.ts';
import { accountForLogin, accountPrincipal } from './accounts.ts';
import { appendAudit } from './audit.ts';
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
export function replaceAdminToken(db: StateDb, randomBytes: RandomBytes, now: number): Promise<string> {
  return db.transaction().execute(async (trx) => {
    await trx.deleteFrom('session').execute();
    await trx.deleteFrom('meta').where('name', '=', ADMIN_TOKEN).execute();
    const token = newSecret(randomBytes, ADMIN_PREFIX);
    await trx
      .insertInto('meta')
      .values({ name: ADMIN_TOKEN, value: hashSecret(token) })
      .execute();
    await appendAudit(trx, { school: null, action: 'admin_token.replaced', detail: {}, at: now });
    return token;
  });
}

export async function isAdminToken(db: StateDb, token: string): Promise<boolean> {
  const row = await db.selectFrom('meta').select('value').where('name', '=', ADMIN_TOKEN).executeTakeFirst();
  return row !== undefined && matchesHash(token, row.value);
}

/** Who logged in with what; `account` null is the operator. */
export interface LoggedIn {
  readonly account: string | null;
  /** The cookie that was presented with the login: its session ends, so that nobody who knew it before is logged in with it now. */
  readonly replaces?: string | undefined;
}

/**
 * Opens a session and returns the cookie's value; only its hash is kept. Sessions that have run out are removed on the way. The login stands in the audit
 * log of the installation.
 */
export function openSession(
  db: StateDb,
  clock: Clock,
  randomBytes: RandomBytes,
  { account, replaces }: LoggedIn = { account: null },
): Promise<string> {
  const value = newSecret(randomBytes);
  const now = clock.now();
  const cause = { actor: account === null ? 'operator' : `account:${account}`, via: 'session' };
  return db.transaction().execute(async (tx) => {
    await tx.deleteFrom('session').where('expires_at', '<=', now).execute();
    if (replaces !== undefined) await tx.deleteFrom('session').where('hash', '=', hashSecret(replaces)).execute();
    await tx
      .insertInto('session')
      .values({ hash: hashSecret(value), account, created_at: now, expires_at: now + SESSION_MS })
      .execute();
    if (account !== null)
      await tx.updateTable('account').set({ last_login_at: now }).where('login', '=', account).execute();
    await appendAudit(tx, { school: null, action: 'login', detail: {}, at: now, cause });
    return value;
  });
}

/** Whose session it is; undefined: no session, or its account was disabled. */
export async function sessionPrincipal(db: StateDb, value: string, now: number): Promise<Principal | undefined> {
  const row = await db
    .selectFrom('session')
    .select('account')
    .where('hash', '=', hashSecret(value))
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (!row || row.account === null) return row && OPERATOR;
  const found = await accountForLogin(db, row.account);
  return found && accountPrincipal(found.account);
}

export async function closeSession(db: StateDb, value: string): Promise<void> {
  await db.deleteFrom('session').where('hash', '=', hashSecret(value)).execute();
}
