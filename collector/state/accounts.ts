import type { Selectable } from 'kysely';
import type { Role } from '../access/permission.ts';
import type { Principal } from '../access/principal.ts';
import { appendAudit } from './audit.ts';
import type { StateDb } from './database.ts';
import type { AccountTable } from './schema.ts';

/** Somebody who logs in, as they can be listed: without the password, of which only a hash is kept. */
export interface Account {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  /** Null: acts for none (an auditor). */
  readonly party: string | null;
  readonly schools: readonly string[];
  readonly createdAt: number;
  readonly disabledAt: number | null;
  readonly lastLoginAt: number | null;
  /** Whether a code of an authenticator app is asked for besides the password. */
  readonly secondFactor: boolean;
}

export type NewAccount = Pick<Account, 'login' | 'name' | 'role' | 'party' | 'schools'>;

/** False when the login is taken, also by an account that was disabled: what the log says of it must stay about one person. */
export function addAccount(db: StateDb, account: NewAccount, passwordHash: string, now: number): Promise<boolean> {
  const { login, name, role, party, schools } = account;
  return db.transaction().execute(async (tx) => {
    const added = await tx
      .insertInto('account')
      .values({
        login,
        name,
        role,
        party,
        schools: JSON.stringify(schools),
        password: passwordHash,
        created_at: now,
        disabled_at: null,
        last_login_at: null,
        totp: null,
        totp_step: 0,
      })
      .onConflict((conflict) => conflict.column('login').doNothing())
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows !== 1n) return false;
    await appendAudit(tx, { school: null, action: 'account.added', detail: { ...account }, at: now });
    return true;
  });
}

/** Ends an account and its sessions; false when there is none of that login that is still good. */
export function disableAccount(db: StateDb, login: string, now: number): Promise<boolean> {
  return changeAccount(db, login, 'account.disabled', { disabled_at: now }, now);
}

/** Sets another password and ends the sessions; false when there is no such account that is still good. */
export function changePassword(db: StateDb, login: string, passwordHash: string, now: number): Promise<boolean> {
  return changeAccount(db, login, 'account.password_changed', { password: passwordHash }, now);
}

/** Asks for a code besides the password from now on, or (null) no longer; ends the sessions. False when there is no such account that is still good. */
export function setTotp(db: StateDb, login: string, secret: string | null, now: number): Promise<boolean> {
  const action = secret === null ? 'account.second_factor_removed' : 'account.second_factor_set';
  return changeAccount(db, login, action, { totp: secret, totp_step: 0 }, now);
}

/** Uses a code up: false when one of this step or a later one was used before, also a moment ago on another collector. */
export async function takeTotpStep(db: StateDb, login: string, step: number): Promise<boolean> {
  const taken = await db
    .updateTable('account')
    .set({ totp_step: step })
    .where('login', '=', login)
    .where('totp_step', '<', step)
    .executeTakeFirst();
  return taken.numUpdatedRows > 0n;
}

function changeAccount(
  db: StateDb,
  login: string,
  action: string,
  change: Partial<AccountTable>,
  now: number,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const changed = await tx
      .updateTable('account')
      .set(change)
      .where('login', '=', login)
      .where('disabled_at', 'is', null)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return false;
    await tx.deleteFrom('session').where('account', '=', login).execute();
    await appendAudit(tx, { school: null, action, detail: { login }, at: now });
    return true;
  });
}

/** Every account, disabled ones too, by login. */
export async function listAccounts(db: StateDb): Promise<Account[]> {
  return (await db.selectFrom('account').selectAll().orderBy('login').execute()).map(fromRow);
}

/** An account that is still good, with what is kept of its password. */
export async function accountForLogin(
  db: StateDb,
  login: string,
): Promise<
  | { readonly account: Account; readonly password: string; readonly totp: string | null; readonly totpStep: number }
  | undefined
> {
  const row = await db
    .selectFrom('account')
    .selectAll()
    .where('login', '=', login)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  return row && { account: fromRow(row), password: row.password, totp: row.totp, totpStep: Number(row.totp_step) };
}

export function accountPrincipal({ login, name, role, party, schools }: Account): Principal {
  return { kind: 'account', id: `account:${login}`, name, role, permissions: null, party, schools };
}

function fromRow(row: Selectable<AccountTable>): Account {
  return {
    login: row.login,
    name: row.name,
    role: row.role as Role,
    party: row.party,
    schools: JSON.parse(row.schools) as string[],
    createdAt: Number(row.created_at),
    disabledAt: row.disabled_at === null ? null : Number(row.disabled_at),
    lastLoginAt: row.last_login_at === null ? null : Number(row.last_login_at),
    secondFactor: row.totp !== null,
  };
}
