import { parseDuration } from '../../core/duration.ts';
import { type Arguments, type Command, UsageError } from '../../runtime/command-line.ts';
import { CREDENTIAL_OPTIONS, credentialsFromOptions } from '../credential-options.ts';
import { inOrder, type KnownConfig, loadKnown } from './known.ts';
import type { NamedCredentials } from './probe-one.ts';
import { sweepRange } from './ranges.ts';
import type { PingMode } from './sweep.ts';

export const DISCOVER_OPTIONS: Command['options'] = {
  config: { type: 'string' },
  merge: { type: 'string' },
  exclude: { type: 'string', multiple: true },
  'max-hosts': { type: 'string' },
  'allow-public': { type: 'boolean' },
  'allow-loopback': { type: 'boolean' },
  'no-ping': { type: 'boolean' },
  all: { type: 'boolean' },
  rate: { type: 'string' },
  'snmp-rate': { type: 'string' },
  concurrency: { type: 'string' },
  'max-time': { type: 'string' },
  root: { type: 'string' },
  json: { type: 'boolean' },
  topology: { type: 'boolean' },
  quiet: { type: 'boolean' },
  ...CREDENTIAL_OPTIONS,
};

/** One sweep as it was asked for, checked. */
export interface DiscoverPlan {
  readonly ranges: readonly string[];
  readonly addresses: readonly string[];
  readonly credentials: readonly NamedCredentials[];
  readonly targets: KnownConfig['targets'];
  readonly merge: boolean;
  readonly fping: string;
  readonly pingMode: PingMode;
  /** Packets a second, of ping and of SNMP. */
  readonly pingRate: number;
  readonly snmpRate: number;
  readonly concurrency: number;
  readonly maxTimeMs: number;
  readonly root: string | undefined;
  readonly print: 'targets' | 'json' | 'topology';
  readonly quiet: boolean;
}

/** A /20; a /16 at most. */
const MAX_HOSTS = 4096;
const MOST_HOSTS = 65_536;
/** What old switches and printers bear, and their uplinks do not notice. */
const RATE = 100;
const CONCURRENCY = 32;
const MAX_TIME = '1h';

/** Reads what was typed in, and the configuration it names. @throws UsageError, ConfigError */
export function planOf(args: Arguments): DiscoverPlan {
  const { values, positionals } = args;
  if (positionals.length === 0) throw new UsageError('discover: a network is needed, such as 10.1.0.0/22');
  const { addresses, problems } = sweepRange({
    ranges: positionals,
    exclude: (values['exclude'] as readonly string[] | undefined) ?? [],
    maxHosts: whole(values, 'max-hosts', MAX_HOSTS, MOST_HOSTS),
    allowPublic: values['allow-public'] === true,
    allowLoopback: values['allow-loopback'] === true,
  });
  if (problems.length > 0) throw new UsageError(`discover: ${problems.join('\n')}`);
  if (addresses.length === 0) throw new UsageError('discover: --exclude leaves no address');
  const merge = text(values, 'merge');
  const known = merge ?? text(values, 'config');
  if (values['json'] === true && values['topology'] === true) throw new UsageError('discover: --json or --topology');
  if (values['no-ping'] === true && values['all'] === true) throw new UsageError('discover: --no-ping or --all');
  const rates = {
    pingRate: whole(values, 'rate', RATE, 1000),
    snmpRate: whole(values, 'snmp-rate', RATE, 10_000),
    concurrency: whole(values, 'concurrency', CONCURRENCY, 256),
    maxTimeMs: duration(values, 'max-time', MAX_TIME),
  };
  const own = credentialsFromOptions(args);
  const config = known === undefined ? undefined : loadKnown(known);
  return {
    ranges: positionals,
    addresses,
    credentials: setsOf(values, config, own),
    targets: config?.targets ?? [],
    merge: merge !== undefined,
    fping: config?.fping ?? 'fping',
    pingMode: values['no-ping'] === true ? 'off' : values['all'] === true ? 'all' : 'first',
    ...rates,
    root: text(values, 'root'),
    print: values['json'] === true ? 'json' : values['topology'] === true ? 'topology' : 'targets',
    quiet: values['quiet'] === true,
  };
}

/** Those of the files, in order, and what is spelled out on the command line, under the name that a configuration would give it. */
function setsOf(
  values: Arguments['values'],
  config: KnownConfig | undefined,
  own: NamedCredentials['credentials'] | undefined,
): NamedCredentials[] {
  const merge = text(values, 'merge');
  const other = merge === undefined ? undefined : text(values, 'config');
  const filed = [...(config?.credentials ?? []), ...(other === undefined ? [] : loadKnown(other).credentials)];
  const name = filed.some((set) => set.name === 'default') ? 'command-line' : 'default';
  const sets = own === undefined ? filed : [...filed, { name, credentials: own }];
  if (sets.length === 0)
    throw new UsageError('discover: credentials are needed: --config FILE that has some, --community or --user');
  return inOrder(sets);
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
