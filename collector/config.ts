import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { systemClock } from '../runtime/clock.ts';
import { ConfigError, type Problem } from '../runtime/config-error.ts';
import { type LoadedConfig, loadConfig } from '../runtime/config-file.ts';
import type { ConfigPath } from '../runtime/config-issue.ts';
import { durationFrom, pemCertificates, pemKey, port, sizeFrom } from '../runtime/config-schema.ts';
import { isCron } from '../runtime/schedule.ts';
import type { Rule } from './alert/rule.ts';
import { loadRules } from './alert/rule-file.ts';
import { alertmanagerSchema } from './alertmanager/mapping.ts';
import { httpsAddress } from './calendar/feed-fetch.ts';
import { withCalendarFiles } from './calendar-files.ts';
import { CHANNEL_TYPES } from './engagement/channel-schema.ts';
import { lintCheck } from './engagement/lint/lint-problems.ts';
import { onCallCalendarId } from './engagement/on-call/on-call-schema.ts';
import type { School } from './engagement/school.ts';
import { loadSchools, type SchoolCheck } from './engagement/school-file.ts';
import { mailServerSchema } from './notify/channels/email-schema.ts';
import { refusedUnresolved } from './outbound/guard.ts';
import { clusterSchema, stateSchema } from './state/config.ts';
import { storageSchema } from './storage/config.ts';

const cidr = z.string().refine((text) => ipaddr.isValidCIDR(text), 'an address range such as 127.0.0.0/8 or fd00::/8');

/** As Fastify's trustProxy takes them. */
const proxy = z
  .string()
  .refine(
    (text) =>
      ipaddr.isValid(text) || ipaddr.isValidCIDR(text) || ['loopback', 'linklocal', 'uniquelocal'].includes(text),
    'an address or range such as 10.0.0.7 or 10.0.0.0/24, or loopback, linklocal, uniquelocal',
  );

const collectorSchema = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: port.default(8086),
      /** The certificate with its chain, and its key, for TLS; without them put a TLS proxy in front. */
      cert: pemCertificates.optional(),
      key: pemKey.optional(),
    })
    .prefault({}),
  /** State database, embedded metrics store. Relative to this file. */
  data_dir: z.string().default('./data'),
  storage: storageSchema.prefault({ driver: 'sqlite' }),
  /** PostgreSQL; without it state.db in data_dir. */
  state: stateSchema.optional(),
  /** This collector is one of several over one PostgreSQL. */
  cluster: clusterSchema.optional(),
  /** Files, or folders of *.yaml. */
  rules: z.array(z.string()).min(1),
  schools: z.array(z.string()).min(1),
  webhooks: z
    .strictObject({
      /** Ranges that webhooks may reach although they are not public; http and any port are then allowed there. */
      allow: z.array(cidr).default([]),
      /** Ports besides 443 for public https addresses. */
      ports: z.array(port.min(1)).default([]),
    })
    .prefault({}),
  /** The server for channels of type email. */
  email: mailServerSchema.optional(),
  notify: z
    .strictObject({
      /** What follows a message to the same contact, channel and site within this time is told together, at its end. */
      group: durationFrom('0s', '10m').prefault('60s'),
    })
    .prefault({}),
  /** What the labels of a Prometheus Alertmanager that reports here mean. */
  alertmanager: alertmanagerSchema.prefault({}),
  limits: z
    .strictObject({
      body: sizeFrom('64KiB').prefault('8MiB'),
      /** Parsed in one go, about 30 ms per MB. */
      decompressed: sizeFrom('64KiB').prefault('16MiB'),
      /** Batches being written at once before senders are told to wait. */
      in_flight: z.number().int().min(1).default(64),
      series_per_school: z.number().int().min(1000).default(200_000),
    })
    .prefault({}),
  /** The address people use, when a proxy is in front: decides Secure cookies and where forms may come from. */
  public_url: z.url({ protocol: /^https?$/, error: 'an http(s) URL such as https://collector.example.org' }).optional(),
  /** Addresses or ranges of proxies whose X-Forwarded-* headers are believed. */
  trust_proxy: z.array(proxy).default([]),
  /** How often silence of agents is looked for. */
  tick: durationFrom('100ms', '10m').prefault('5s'),
  /** When retention and roll-ups run (cron, UTC). */
  maintenance: z.string().refine(isCron, 'cron syntax such as */5 * * * *').default('*/5 * * * *'),
  log_level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

type RawConfig = z.output<typeof collectorSchema>;

/** The collector's configuration with rules and schools loaded and checked; all paths absolute. Durations in ms, sizes in bytes. */
export type CollectorConfig = Omit<RawConfig, 'rules' | 'schools' | 'data_dir'> & {
  readonly dataDir: string;
  readonly rules: readonly Rule[];
  readonly schools: readonly School[];
  /** What is unwise in what the schools agreed. */
  readonly warnings: readonly Problem[];
};

/**
 * Reads everything the collector runs on. @throws ConfigError with every problem of every file at once, and with what the linter calls an
 * error in what a school agreed (`now`: what is over, or not yet so, is judged by it).
 */
export function loadCollectorConfig(
  file: string,
  env?: Readonly<Record<string, string | undefined>>,
  now: number = systemClock.now(),
): CollectorConfig {
  const loaded = loadConfig(file, collectorSchema, env ? { env } : {});
  const folder = dirname(resolve(file));
  const problems: Problem[] = [];
  const collect = <T>(fn: () => T): T | undefined => {
    try {
      return fn();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const ruleFiles = yamlFiles(loaded, ['rules'], loaded.value.rules, folder, problems);
  const schoolFiles = yamlFiles(loaded, ['schools'], loaded.value.schools, folder, problems);
  const rules = collect(() => withBuiltIn(loadRules(ruleFiles)));
  const warnings: Problem[] = [];
  const lint = lintCheck(now, { warn: (warning) => warnings.push(warning), channelTypes: CHANNEL_TYPES });
  const check: SchoolCheck = (school, problem) => {
    const { school: complete, unreadable } = withCalendarFiles(school, now);
    // Not refused: the file may be put there later, or anew, and is read again then.
    for (const { calendar, problem: got } of unreadable)
      warnings.push(problem(['calendars', calendar, 'file'], 'a readable iCalendar file', got));
    return [...unreachable(school, loaded.value, problem), ...lint(complete, problem)];
  };
  const schools = collect(() => loadSchools(schoolFiles, { ...(env ? { env } : {}), check }));
  const { cert, key } = loaded.value.listen;
  if ((cert === undefined) !== (key === undefined)) {
    problems.push(
      loaded.problem(['listen'], 'both cert and key, or neither', cert === undefined ? 'key only' : 'cert only'),
    );
  } else if (
    cert !== undefined &&
    key !== undefined &&
    !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  )
    problems.push(loaded.problem(['listen', 'key'], 'the key of the certificate', 'that of another'));
  problems.push(...unshared(loaded));
  if (problems.length > 0 || !rules || !schools) throw new ConfigError(problems);
  const { rules: _rules, schools: _schools, data_dir, ...rest } = loaded.value;
  return { ...rest, dataDir: resolve(folder, data_dir), rules, schools, warnings };
}

/** What several collectors must share so that one can take over from another. */
function unshared({ value, problem }: LoadedConfig<RawConfig>): Problem[] {
  if (!value.cluster) return [];
  const problems: Problem[] = [];
  if (!value.state)
    problems.push(
      problem(['cluster'], '`state: {postgres: ...}`, which all collectors share', 'SQLite, on this machine'),
    );
  if (value.storage.driver === 'sqlite')
    problems.push(
      problem(
        ['cluster'],
        'metrics in InfluxDB or VictoriaMetrics (`storage`), which all collectors share',
        'the embedded store, on this machine',
      ),
    );
  return problems;
}

/** Rules on the collector itself: whatever folder of rules is configured, that deciding failed must not go unnoticed. */
const BUILT_IN = join(import.meta.dirname, '../config/rules/collector.yaml');

/** A rule of the same name in the configuration takes the place of the built-in one. */
function withBuiltIn(rules: readonly Rule[]): Rule[] {
  return [...rules, ...loadRules([BUILT_IN]).filter((own) => !rules.some((rule) => rule.name === own.name))];
}

function yamlFiles(
  loaded: LoadedConfig<RawConfig>,
  path: ConfigPath,
  entries: readonly string[],
  folder: string,
  problems: Problem[],
): string[] {
  return entries.flatMap((entry, i) => {
    const full = resolve(folder, entry);
    if (!existsSync(full)) {
      problems.push(loaded.problem([...path, i], 'a file or folder that exists', full));
      return [];
    }
    if (!statSync(full).isDirectory()) return [full];
    const files = readdirSync(full)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(full, name));
    if (files.length === 0)
      problems.push(loaded.problem([...path, i], 'a folder with *.yaml files', `${full}, which has none`));
    return files;
  });
}

/** What would keep a running collector from reaching the people of a school. Decisions alone can be made without any contact. */
function unreachable(
  school: School,
  { webhooks, email }: Pick<RawConfig, 'webhooks' | 'email'>,
  problem: Parameters<SchoolCheck>[1],
): Problem[] {
  if (school.contacts.size === 0)
    return [problem(['contacts'], 'the people of this school with their channels', 'nothing')];
  const channels = [...school.contacts.values()].flatMap((contact) =>
    contact.channels.map((channel, i) => ({ channel, path: ['contacts', contact.id, 'channels', i] })),
  );
  const urls = [
    ...channels.flatMap(({ channel, path }) =>
      channel.url === undefined ? [] : [{ url: channel.url, path: [...path, 'url'] }],
    ),
    ...[...school.calendars.values()].flatMap(({ id, feed }) =>
      feed && 'url' in feed.location
        ? [{ url: httpsAddress(feed.location.url), path: onCallPath(school, id) ?? ['calendars', id, 'url'] }]
        : [],
    ),
  ];
  const refused = urls.flatMap(({ url, path }) => {
    const reason = refusedUnresolved(url, webhooks);
    return reason === undefined
      ? []
      : [problem(path, 'https to a public address, or a range in webhooks.allow', reason)];
  });
  const withoutServer = channels
    .filter(({ channel }) => channel.type === 'email' && email === undefined)
    .map(({ path }) =>
      problem([...path, 'type'], "`email:` in the collector's configuration for this channel", 'none'),
    );
  return [...refused, ...withoutServer];
}

/** Where a feed stands that a party names by its URL. */
function onCallPath({ parties }: School, calendar: string): ConfigPath | undefined {
  const party = [...parties.keys()].find((id) => onCallCalendarId(id) === calendar);
  return party === undefined ? undefined : ['parties', party, 'on_call', 'calendar'];
}
