import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { systemClock } from '../runtime/clock.ts';
import { processOutput } from '../runtime/command-line.ts';
import { isRole, ROLES, type Role } from './access/permission.ts';
import { TOTP_SECRET_BYTES, toBase32, totpUri } from './access/totp.ts';
import { type CollectorConfig, loadCollectorConfig } from './config.ts';
import { ownParty } from './engagement/agreement/approvals.ts';
import { addAccount, changePassword, disableAccount, listAccounts, setTotp } from './state/accounts.ts';
import { hashPassword, PASSWORD_LENGTH } from './state/password.ts';
import { replaceAdminToken } from './state/sessions.ts';
import { withState } from './state-command.ts';

export interface AccountAsked {
  readonly login: string;
  /** Empty: as the login. */
  readonly name: string;
  readonly role: string;
  /** Empty: by the role. */
  readonly party: string;
  /** Comma-separated. */
  readonly schools: string;
  readonly passwordStdin: boolean;
}

const LOGIN = /^[a-z0-9][a-z0-9._@-]{0,62}$/;
const NAME_LENGTH = 100;

/** `account add`: a password that was made is the only line on stdout. */
export async function accountAdd(file: string, asked: AccountAsked): Promise<number> {
  const config = loadCollectorConfig(file);
  const { schools } = config;
  const login = asked.login.toLowerCase();
  const { role } = asked;
  const name = asked.name.trim() || login;
  const wanted = listOf(asked.schools);
  const party = asked.party || (isRole(role) ? defaultParty(role) : null);
  const problem =
    (LOGIN.test(login) ? undefined : `--login: expected letters, digits and . _ @ -, got "${login}"`) ??
    (isRole(role) ? undefined : `--role: expected one of ${ROLES.join(', ')}, got "${role}"`) ??
    (name.length <= NAME_LENGTH ? undefined : `--name: expected at most ${NAME_LENGTH} characters`) ??
    schoolsProblem(schools, wanted, party, role) ??
    (role === 'auditor' && party !== null ? '--party: an auditor acts for none' : undefined);
  if (problem !== undefined || !isRole(role)) return refuse(problem ?? '');
  const password = await newPassword(asked.passwordStdin);
  if ('problem' in password) return refuse(password.problem);
  const hash = await hashPassword(password.value, randomBytes);
  const added = await withState(config, (db) =>
    addAccount(db, { login, name, role, party, schools: wanted }, hash, systemClock.now()),
  );
  if (!added) return refuse(`the login "${login}" is taken (also by an account that was disabled)`);
  show(password, `${login} is ${role} at ${wanted.join(', ')}`);
  return 0;
}

/** `account list` */
export async function accountList(file: string): Promise<number> {
  const config = loadCollectorConfig(file);
  for (const account of await withState(config, listAccounts)) {
    const { login, name, role, party, schools, disabledAt, lastLoginAt, secondFactor } = account;
    const state = disabledAt === null ? 'good' : `disabled ${new Date(disabledAt).toISOString()}`;
    const seen = lastLoginAt === null ? 'never' : new Date(lastLoginAt).toISOString();
    processOutput.out(
      [login, role, party ?? '-', schools.join(','), state, seen, secondFactor ? 'code' : 'no code', name].join('\t'),
    );
  }
  return 0;
}

/** `account disable` */
export async function accountDisable(file: string, login: string): Promise<number> {
  const config = loadCollectorConfig(file);
  const done = await withState(config, (db) => disableAccount(db, login.toLowerCase(), systemClock.now()));
  return done ? 0 : refuse(`no account "${login}" that is still good`);
}

/** `account password` */
export async function accountPassword(file: string, login: string, stdin: boolean): Promise<number> {
  const config = loadCollectorConfig(file);
  const password = await newPassword(stdin);
  if ('problem' in password) return refuse(password.problem);
  const hash = await hashPassword(password.value, randomBytes);
  const done = await withState(config, (db) => changePassword(db, login.toLowerCase(), hash, systemClock.now()));
  if (!done) return refuse(`no account "${login}" that is still good`);
  show(password, `the password of ${login} was changed and its sessions ended`);
  return 0;
}

/** What is wrong with a list of schools for somebody of a party; undefined: nothing. */
export function schoolsProblem(
  configured: CollectorConfig['schools'],
  wanted: readonly string[],
  party: string | null,
  role: string | null,
): string | undefined {
  const known = configured.map((s) => s.school);
  if (wanted.length === 0) return `--schools: expected one or more of ${known.join(', ')}`;
  const unknown = wanted.filter((school) => !known.includes(school));
  if (unknown.length > 0) return `--schools: unknown ${unknown.join(', ')}; the configuration has ${known.join(', ')}`;
  if (party === null) return undefined;
  for (const school of configured.filter((s) => wanted.includes(s.school))) {
    if (!school.parties.has(party))
      return `--party: expected a party of ${school.school} (${[...school.parties.keys()].join(', ')}), got "${party}"`;
    // Else one side could approve what the other has to.
    const own = ownParty(school);
    const provider = role?.startsWith('provider') ?? false;
    if (role !== null && provider === (party === own))
      return `--party: expected ${provider ? `another party than ${own}` : own} for a ${role} of ${school.school}, got "${party}"`;
  }
  return undefined;
}

/** `account totp`: the secret, as an authenticator app reads it, is the only line on stdout. */
export async function accountTotp(file: string, login: string, remove: boolean): Promise<number> {
  const config = loadCollectorConfig(file);
  const name = login.toLowerCase();
  const secret = remove ? null : toBase32(randomBytes(TOTP_SECRET_BYTES));
  const done = await withState(config, (db) => setTotp(db, name, secret, systemClock.now()));
  if (!done) return refuse(`no account "${login}" that is still good`);
  const asked =
    secret === null
      ? 'no code is asked for any more'
      : 'a code is asked for from now on; the secret is shown this once:';
  processOutput.err(`${name}: ${asked}`);
  if (secret !== null) processOutput.out(totpUri(name, secret));
  return 0;
}

/** `admin-token replace`: for one that was lost or seen by others. The new one is the only line on stdout. */
export async function adminTokenReplace(file: string): Promise<number> {
  const config = loadCollectorConfig(file);
  const token = await withState(config, (db) => replaceAdminToken(db, randomBytes, systemClock.now()));
  processOutput.err(
    'the admin token before is no longer good, and every session has ended; the new one is shown this once:',
  );
  processOutput.out(token);
  return 0;
}

export function listOf(words: string): string[] {
  return [...new Set(words.split(',').map((word) => word.trim()))].filter((word) => word !== '');
}

export function refuse(problem: string): number {
  processOutput.err(problem);
  return 1;
}

/** By the usual names; another one is given by --party. */
export function defaultParty(role: Role): string | null {
  if (role === 'auditor') return null;
  return role.startsWith('provider') ? 'provider' : 'internal';
}

type NewPassword = { readonly value: string; readonly made: boolean };

/** Never as an argument: those are read by anybody on the machine, and kept by the shell. */
async function newPassword(stdin: boolean): Promise<NewPassword | { readonly problem: string }> {
  if (!stdin) return { value: randomBytes(15).toString('base64url'), made: true };
  const value = (await text(process.stdin)).split(/\r?\n/)[0]!;
  const { min, max } = PASSWORD_LENGTH;
  if ([...value].length < min || value.length > max)
    return { problem: `the password: expected ${min} to ${max} characters on the first line of stdin` };
  return { value, made: false };
}

function show({ value, made }: NewPassword, done: string): void {
  processOutput.err(made ? `${done}; the password is shown this once:` : done);
  if (made) processOutput.out(value);
}
