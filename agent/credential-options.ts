import { readFileSync } from 'node:fs';
import { errorMessage } from '../core/errors.ts';
import { type Arguments, type Command, UsageError } from '../runtime/command-line.ts';
import { problemsOfIssue } from '../runtime/config-issue.ts';
import { type SnmpCredentials, snmp } from './config.ts';

/** Options that say how devices are asked. Secrets can also come from a file or the environment: the process list shows what is typed. */
export const CREDENTIAL_OPTIONS: Command['options'] = {
  version: { type: 'string' },
  community: { type: 'string' },
  'community-file': { type: 'string' },
  user: { type: 'string' },
  level: { type: 'string' },
  'auth-protocol': { type: 'string' },
  'auth-key': { type: 'string' },
  'auth-key-file': { type: 'string' },
  'priv-protocol': { type: 'string' },
  'priv-key': { type: 'string' },
  'priv-key-file': { type: 'string' },
  context: { type: 'string' },
  port: { type: 'string' },
  timeout: { type: 'string' },
  retries: { type: 'string' },
  'max-repetitions': { type: 'string' },
};

export const CREDENTIAL_USAGE = '[--community C | --user U --auth-key K --priv-key K]';

/** Where a secret may come from besides its option and its file. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  community: 'BELLWETHER_COMMUNITY',
  auth_key: 'BELLWETHER_AUTH_KEY',
  priv_key: 'BELLWETHER_PRIV_KEY',
};

/** Options for one version, by the keys of a credential set. */
const COMMUNITY_KEYS = ['community'];
const USER_KEYS = ['user', 'level', 'auth_protocol', 'auth_key', 'priv_protocol', 'priv_key', 'context'];
const NUMBERS = ['port', 'retries', 'max_repetitions'];
const COMMON_KEYS = [...NUMBERS, 'timeout'];

/**
 * The credential set that the options spell out: SNMPv3 with `--user`, else v2c with a community. Undefined when neither is given, by option, file
 * or environment. @throws UsageError for what does not go together or has no meaning; it never holds a secret.
 */
export function credentialsFromOptions(
  { values }: Arguments,
  env: Readonly<Record<string, string | undefined>> = process.env,
): SnmpCredentials | undefined {
  const given = (key: string): string | undefined => option(values, key, env);
  const version = textOf(values, 'version') ?? (textOf(values, 'user') === undefined ? '2c' : '3');
  const [own, other] = version === '3' ? [USER_KEYS, COMMUNITY_KEYS] : [COMMUNITY_KEYS, USER_KEYS];
  for (const key of other)
    if (isTyped(values, key)) throw new UsageError(`--${dashed(key)} does not go with version ${version}`);
  if (version !== '3' && given('community') === undefined) {
    if (textOf(values, 'version') === undefined) return undefined;
    throw new UsageError(`version ${version} needs --community, --community-file or BELLWETHER_COMMUNITY`);
  }
  const raw: Record<string, unknown> = { version };
  for (const key of [...own, ...COMMON_KEYS]) {
    const text = given(key);
    if (text !== undefined) raw[key] = NUMBERS.includes(key) ? Number(text) : text;
  }
  return decode(raw);
}

/** Whether any option is given that only means something together with credentials. */
export function hasCredentialOptions({ values }: Arguments): boolean {
  return Object.keys(CREDENTIAL_OPTIONS).some((name) => values[name] !== undefined);
}

function decode(raw: Record<string, unknown>): SnmpCredentials {
  const result = snmp.safeParse(raw);
  if (result.success) return result.data;
  const shown = Object.fromEntries(Object.keys(raw).map((key) => [key, key in ENVIRONMENT ? 'another' : raw[key]]));
  const say = (path: readonly (string | number)[], expected: string, got: string): string =>
    `--${dashed(String(path[0] ?? 'version'))}: expected ${expected}, got ${got}`;
  throw new UsageError(result.error.issues.flatMap((issue) => problemsOfIssue(issue, shown, say, say)).join('\n'));
}

function option(
  values: Arguments['values'],
  key: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const name = dashed(key);
  const typed = textOf(values, name);
  const file = textOf(values, `${name}-file`);
  if (typed !== undefined && file !== undefined) throw new UsageError(`either --${name} or --${name}-file`);
  if (file !== undefined) return secretFile(name, file);
  const variable = ENVIRONMENT[key];
  return typed ?? (variable === undefined ? undefined : env[variable] || undefined);
}

function secretFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--${name}-file: ${errorMessage(error)}`);
  }
}

function isTyped(values: Arguments['values'], key: string): boolean {
  return values[dashed(key)] !== undefined || values[`${dashed(key)}-file`] !== undefined;
}

function textOf(values: Arguments['values'], name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

function dashed(key: string): string {
  return key.replaceAll('_', '-');
}
