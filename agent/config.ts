import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ROLE_DOMAIN, type Role } from '../core/domain.ts';
import { ConfigError, type Problem } from '../runtime/config-error.ts';
import { type LoadedConfig, loadConfig } from '../runtime/config-file.ts';
import { durationFrom, pemCertificates, port, sizeFrom, slug } from '../runtime/config-schema.ts';
import { extraTags, host, pace } from './config-parts.ts';
import { decodeServices } from './services/config.ts';
import { serviceEntry } from './services/config-schema.ts';
import type { Service } from './services/service.ts';
import { hasItsKeys, snmpUserShape } from './snmp-user.ts';
import { trapSettings } from './trap/settings.ts';

const snmpCommon = {
  port: port.default(161),
  timeout: durationFrom('10ms', '1m').prefault('2s'),
  retries: z.number().int().min(0).max(10).default(1),
  /** Rows asked for in one GetBulk; halved and remembered when a device cannot answer that many. */
  max_repetitions: z.number().int().min(1).max(200).default(20),
  /** Requests to one device that wait for their answer at once; 1 for a weak management processor. Default 16. */
  max_outstanding: z.number().int().min(1).max(64).optional(),
};

const snmpCommunity = z.strictObject({ version: z.enum(['1', '2c']), community: z.string().min(1), ...snmpCommon });

const snmpUser = z
  .strictObject({ version: z.literal('3'), ...snmpUserShape, context: z.string().default(''), ...snmpCommon })
  .superRefine(hasItsKeys);

// YAML reads an unquoted 1 or 3 as a number; both spellings mean the same version.
export const snmp = z.preprocess(
  (v) =>
    v !== null && typeof v === 'object' && 'version' in v && typeof v.version === 'number'
      ? { ...v, version: String(v.version) }
      : v,
  z.discriminatedUnion('version', [snmpCommunity, snmpUser]),
);

const ping = z.strictObject({
  interval: pace.prefault('20s'),
  count: z.number().int().min(1).max(20).default(5),
  timeout: durationFrom('10ms', '1m').prefault('1s'),
});

/** Set by us on every point, or by the collector from the token: one written here would be overwritten without a word. */
const RESERVED_TAGS: readonly string[] = ['school', 'site', 'device', 'role', 'domain', 'agent_host', 'source'];

const target = z.strictObject({
  /** Unique in this file; becomes the tag `device`. */
  name: slug,
  /** IPv4, IPv6 or a host name. */
  host,
  role: z.enum(Object.keys(ROLE_DOMAIN) as [Role, ...Role[]]).default('other'),
  /** Poll interval; the whole poll of one device must fit in 80 % of it. */
  interval: pace.optional(),
  /** A credential set by name, or written out here; `false` for a device that speaks no SNMP. */
  snmp: z.union([z.literal(false), z.string(), snmp]).optional(),
  ping: z.union([z.boolean(), ping]).default(true),
  /** Extra tags on every point of this device, such as `zone` or `grades`. */
  tags: extraTags(RESERVED_TAGS),
});

const agentSchema = z.strictObject({
  collector: z.strictObject({
    /** Base URL; `/api/v2/write` is added. */
    url: z
      .url({ protocol: /^https?$/, error: 'an http(s) URL such as https://collector.example.org' })
      .refine(isBaseUrl, 'a URL without user, password, query and fragment: it is logged, and the path is added'),
    token: z.string().regex(/^[!-~]+$/, 'a token of visible ASCII characters'),
    timeout: durationFrom('100ms', '5m').prefault('15s'),
    /** Certificate authorities to trust instead of the public ones, for a collector with a private certificate. */
    ca: pemCertificates.optional(),
    /** Most bytes (uncompressed) in one request. */
    batch: sizeFrom('16KiB').prefault('1MiB'),
  }),
  spool: z
    .strictObject({
      path: z.string().default('./spool.db'),
      max_bytes: sizeFrom('1MiB').prefault('512MiB'),
      max_age: durationFrom('1m', '365d').prefault('72h'),
    })
    .prefault({}),
  interval: pace.prefault('60s'),
  /** Names, speeds, types and admin status of interfaces are read at every so many polls, and when something shows that they may have changed. */
  slow_columns: z.number().int().min(1).max(1000).default(10),
  /** Named credential sets. */
  credentials: z.record(z.string(), snmp).default({}),
  icmp: z
    .strictObject({
      /** Path of fping; the system's ping is used per host where it is missing. */
      fping: z.string().default('fping'),
    })
    .prefault({}),
  ping: ping.prefault({}),
  /** Where this agent's own metrics can be read (Prometheus text), and how each device is polled; off unless set. */
  listen: z.strictObject({ host: z.string().default('127.0.0.1'), port }).optional(),
  /** Traps and informs; off unless set. */
  traps: trapSettings.optional(),
  /** What is read of a device besides its interfaces: processors, memory, sensors, wireless, PoE, parts, neighbours. */
  facts: z
    .union([
      z.literal(false),
      z.strictObject({
        /** Between two readings of what changes by itself; not more often than the device is polled. */
        interval: durationFrom('10s', '1d').prefault('60s'),
        /** Between two readings of everything: names, parts, serial numbers, neighbours. */
        inventory: durationFrom('5m', '7d').prefault('1h'),
      }),
    ])
    .prefault({}),
  /** A folder of profiles of your own; each goes before the bundled one of the same name. */
  profiles: z.strictObject({ path: z.string().min(1) }).optional(),
  log_level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  targets: z.array(target).min(1),
  /** What is asked from here as a user would ask it: docs/services.md. */
  services: z.array(serviceEntry).default([]),
});

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  // What is no URL at all has been said already.
  return !url || (url.username === '' && url.password === '' && url.search === '' && url.hash === '');
}

export type SnmpCredentials = z.output<typeof snmpCommunity> | z.output<typeof snmpUser>;
export type PingSettings = z.output<typeof ping>;

/** One device to poll, with everything resolved. Durations in ms. */
export interface Target {
  readonly name: string;
  readonly host: string;
  readonly role: Role;
  readonly intervalMs: number;
  readonly snmp: SnmpCredentials | undefined;
  readonly ping: PingSettings | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

type RawConfig = z.output<typeof agentSchema>;
export type AgentConfig = Omit<RawConfig, 'targets' | 'credentials' | 'ping' | 'interval' | 'services'> & {
  readonly targets: readonly Target[];
  readonly services: readonly Service[];
};

/** Reads and checks an agent's configuration. @throws ConfigError with every problem at once. */
export function loadAgentConfig(file: string, env?: Readonly<Record<string, string | undefined>>): AgentConfig {
  const loaded = loadConfig(file, agentSchema, env ? { env } : {});
  const problems: Problem[] = [];
  const names = new Map<string, number>();
  const targets = loaded.value.targets.map((raw, i): Target => {
    const earlier = names.get(raw.name);
    if (earlier !== undefined)
      problems.push(
        loaded.problem(['targets', i, 'name'], 'a name of its own', `"${raw.name}", as targets[${earlier}]`),
      );
    names.set(raw.name, i);
    return {
      name: raw.name,
      host: raw.host,
      role: raw.role,
      intervalMs: raw.interval ?? loaded.value.interval,
      snmp: credentialsOf(raw.snmp, loaded, i, problems),
      ping: raw.ping === true ? loaded.value.ping : raw.ping === false ? undefined : raw.ping,
      tags: raw.tags,
    };
  });
  targets.forEach((t, i) => {
    if (!t.snmp && !t.ping) problems.push(loaded.problem(['targets', i], 'snmp or ping to be on', 'both off'));
  });
  for (const [at, name] of Object.entries(loaded.value.traps?.sources ?? {}))
    if (!names.has(name)) problems.push(loaded.problem(['traps', 'sources', at], 'the name of a target', `"${name}"`));
  const services = decodeServices(loaded, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const { targets: _targets, credentials: _credentials, ping: _ping, interval: _interval, ...rest } = loaded.value;
  const spool = { ...rest.spool, path: resolve(dirname(file), rest.spool.path) };
  const profiles = rest.profiles && { path: resolve(dirname(file), rest.profiles.path) };
  const rules = rest.traps?.rules;
  const traps = rules === undefined ? rest.traps : { ...rest.traps!, rules: resolve(dirname(file), rules) };
  return { ...rest, spool, profiles, traps, targets, services };
}

function credentialsOf(
  raw: RawConfig['targets'][number]['snmp'],
  loaded: LoadedConfig<RawConfig>,
  index: number,
  problems: Problem[],
): SnmpCredentials | undefined {
  if (raw === false) return undefined;
  if (typeof raw === 'object') return raw;
  const name = raw ?? 'default';
  const found = loaded.value.credentials[name];
  if (!found) {
    const known = Object.keys(loaded.value.credentials).join(', ') || 'none';
    problems.push(
      raw === undefined
        ? loaded.problem(
            ['targets', index],
            'snmp settings, `snmp: false`, or credentials named "default"',
            'none of them',
          )
        : loaded.problem(['targets', index, 'snmp'], `the name of a credential set (${known})`, `"${name}"`),
    );
  }
  return found;
}
