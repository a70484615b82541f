import { existsSync } from 'node:fs';
import { parseDuration } from '../../core/duration.ts';
import { type Arguments, type Command, requirePositionals, UsageError } from '../../runtime/command-line.ts';
import { CREDENTIAL_OPTIONS, credentialsFromOptions, hasCredentialOptions } from '../credential-options.ts';
import { inOrder, type KnownConfig, loadKnown, type NamedCredentials } from './known.ts';
import { sweepRange } from './ranges.ts';
import type { PingMode } from './sweep.ts';

/** A /20; a /16 at most. */
const MAX_HOSTS = 4096;
const MOST_HOSTS = 65_536;
/** What old switches bear and no uplink notices; each device is asked one thing at a time besides. */
const RATE = 200;
const CONCURRENCY = 32;
const MAX_TIME = '1h';

export const DISCOVER_OPTIONS: Command['options'] = {
  config: { type: 'string' },
  merge: { type: 'string' },
  write: { type: 'string' },
  json: { type: 'boolean' },
  topology: { type: 'boolean' },
  root: { type: 'string' },
  exclude: { type: 'string', multiple: true },
  'max-hosts': { type: 'string' },
  'allow-public': { type: 'boolean' },
  'no-ping': { type: 'boolean' },
  all: { type: 'boolean' },
  rate: { type: 'string' },
  concurrency: { type: 'string' },
  'max-time': { type: 'string' },
  profiles: { type: 'string' },
  quiet: { type: 'boolean' },
  ...CREDENTIAL_OPTIONS,
};

export const DISCOVER_HELP = `what is shown (docs/discovery.md)
  --config FILE      credentials and names of an agent's configuration
  --merge FILE       the same, and show only what is new, has another address or is gone
  --write FILE       write to a new file instead of standard output
  --json             all that is known, as one JSON document
  --topology         only what hangs on what, for the school's file
  --root NAME        name or address of the device that everything hangs on
  --quiet            no progress and no summary on standard error

what is asked
  --exclude CIDR     leave this out (again for more)
  --max-hosts N      most addresses in all (${MAX_HOSTS})
  --allow-public     also addresses that are not private
  --all              ask by SNMP also what does not answer a ping
  --no-ping          do not ping at all
  --rate N           packets a second, ping and SNMP together (${RATE})
  --concurrency N    addresses asked by SNMP at the same time (${CONCURRENCY})
  --max-time D       end after this long with what was found (${MAX_TIME})
  --profiles DIR     a folder of profiles of your own

credentials besides those of FILE: --community C (v2c; with --version 1 v1), or --user U with --auth-key K, --priv-key K,
  --auth-protocol, --priv-protocol, --level, --context; each secret also as --NAME-file; --port, --timeout, --retries, --max-repetitions`;

/** One sweep as it was asked for, checked. */
export interface DiscoverPlan {
  readonly ranges: readonly string[];
  readonly addresses: readonly string[];
  readonly credentials: readonly NamedCredentials[];
  /** Of the configuration: what is there already. */
  readonly targets: KnownConfig['targets'];
  /** Show only what differs from the configuration. */
  readonly merge: boolean;
  readonly fping: string;
  readonly profiles: string | undefined;
  readonly pingMode: PingMode;
  /** Packets a second, echo and SNMP requests together. */
  readonly rate: number;
  readonly concurrency: number;
  readonly maxTimeMs: number;
  readonly root: string | undefined;
  readonly print: 'targets' | 'json' | 'topology';
  /** A new file for the result, instead of standard output. */
  readonly write: string | undefined;
  readonly quiet: boolean;
}

/** Reads what was typed in, and the configuration it names. @throws UsageError, ConfigError */
export function planOf(args: Arguments): DiscoverPlan {
  const { values, positionals } = args;
  requirePositionals('discover', args, 'at least one network such as 10.1.0.0/22');
  apart(values, ['json', 'topology'], ['no-ping', 'all'], ['config', 'merge']);
  const addresses = addressesOf(args);
  const file = text(values, 'merge') ?? text(values, 'config');
  const config = file === undefined ? undefined : loadKnown(file);
  return {
    ranges: positionals,
    addresses,
    credentials: credentialsOf(args, config),
    targets: config?.targets ?? [],
    merge: values['merge'] !== undefined,
    fping: config?.fping ?? 'fping',
    profiles: text(values, 'profiles') ?? config?.profiles,
    pingMode: values['no-ping'] === true ? 'off' : values['all'] === true ? 'all' : 'first',
    rate: whole(values, 'rate', RATE, 10_000),
    concurrency: whole(values, 'concurrency', CONCURRENCY, 256),
    maxTimeMs: duration(values, 'max-time', MAX_TIME),
    root: text(values, 'root'),
    print: values['json'] === true ? 'json' : values['topology'] === true ? 'topology' : 'targets',
    write: newFile(text(values, 'write')),
    quiet: values['quiet'] === true,
  };
}

function addressesOf({ values, positionals }: Arguments): readonly string[] {
  const { addresses, problems } = sweepRange({
    ranges: positionals,
    exclude: (values['exclude'] as readonly string[] | undefined) ?? [],
    maxHosts: whole(values, 'max-hosts', MAX_HOSTS, MOST_HOSTS),
    allowPublic: values['allow-public'] === true,
  });
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `discover: ${problem}`).join('\n'));
  if (addresses.length === 0) throw new UsageError('discover: --exclude leaves no address');
  return addresses;
}

/** Those of the file, and what is spelled out on the command line, under the name that a configuration would give it. */
function credentialsOf(args: Arguments, config: KnownConfig | undefined): NamedCredentials[] {
  const filed = config?.credentials ?? [];
  const typed = hasCredentialOptions(args);
  const own = typed || filed.length === 0 ? credentialsFromOptions(args) : undefined;
  if (typed && own === undefined)
    throw new UsageError('discover: --community or --user must be given with the options of credentials');
  const name = filed.some((set) => set.name === 'default') ? 'command-line' : 'default';
  const sets = own === undefined ? filed : [...filed, { name, credentials: own }];
  if (sets.length > 0) return inOrder(sets);
  throw new UsageError('discover: credentials are needed: --config FILE that has some, --community or --user');
}

function apart(values: Arguments['values'], ...pairs: readonly (readonly [string, string])[]): void {
  for (const [one, other] of pairs)
    if (values[one] !== undefined && values[other] !== undefined)
      throw new UsageError(`discover: either --${one} or --${other}`);
}

function newFile(file: string | undefined): string | undefined {
  if (file === undefined || !existsSync(file)) return file;
  throw new UsageError(`discover: --write: expected the name of a new file, got "${file}", which exists`);
}

function text(values: Arguments['values'], name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

function whole(values: Arguments['values'], name: string, fallback: number, most: number): number {
  const typed = text(values, name);
  const value = typed === undefined ? fallback : /^\d{1,9}$/.test(typed) ? Number(typed) : 0;
  if (value >= 1 && value <= most) return value;
  throw new UsageError(`discover: --${name}: expected a whole number from 1 to ${most}, got "${typed}"`);
}

function duration(values: Arguments['values'], name: string, fallback: string): number {
  const typed = text(values, name) ?? fallback;
  const ms = parseDuration(typed);
  if (ms !== undefined && ms > 0) return ms;
  throw new UsageError(`discover: --${name}: expected a duration such as 30s, 5m or 1h30m, got "${typed}"`);
}
