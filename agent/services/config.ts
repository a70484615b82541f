import { isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { formatDuration } from '../../core/duration.ts';
import { ConfigError, type Problem } from '../../runtime/config-error.ts';
import type { LoadedConfig } from '../../runtime/config-file.ts';
import type { ConfigPath } from '../../runtime/config-issue.ts';
import { budgetOf } from '../poll/tick.ts';
import type { checkEntry, presetEntry, serviceEntry } from './config-schema.ts';
import { BUNDLED_TEST_PLATFORMS, loadTestPlatforms, type TestPlatforms } from './preset.ts';
import type { Check, DnsCheck, Service } from './service.ts';
import { toWindow } from './window-config.ts';

type Entry = z.output<typeof serviceEntry>;
type CheckEntry = z.output<typeof checkEntry>;
type PresetEntry = z.output<typeof presetEntry>;

/** Whose a symptom is, where the entry does not say. A gateway that is silent is the way out of the house. */
const DOMAIN_OF = { dns: 'dns_dhcp', gateway: 'wan' } as const;

const INTERVAL_OF: Readonly<Record<CheckEntry['type'], number>> = {
  dns: 30_000,
  gateway: 30_000,
  tcp: 60_000,
  tls: 900_000,
  http: 60_000,
};

const TIMEOUT_OF: Readonly<Record<CheckEntry['type'], number>> = {
  dns: 2_000,
  gateway: 1_000,
  tcp: 5_000,
  tls: 10_000,
  http: 10_000,
};

/** Where an entry stands, for what the schema cannot say of it. */
interface Place {
  readonly problem: (path: ConfigPath, expected: string, got: string) => void;
  readonly path: ConfigPath;
}

/** The services of a configuration, presets unfolded; what is wrong with them goes to `problems`. */
export function decodeServices(
  loaded: LoadedConfig<{ readonly services: readonly Entry[] }>,
  problems: Problem[],
): Service[] {
  const problem: Place['problem'] = (path, expected, got) => {
    problems.push(loaded.problem(path, expected, got));
  };
  const services: Service[] = [];
  const owners = new Map<string, string>();
  loaded.value.services.forEach((entry, i) => {
    const place = { problem, path: ['services', i] };
    const found = 'preset' in entry ? unfold(entry, dirname(loaded.file), place, problems) : [toService(entry, place)];
    for (const service of found) {
      const earlier = owners.get(service.name);
      const at = 'preset' in entry ? [...place.path, 'platforms'] : [...place.path, 'name'];
      if (earlier !== undefined) problem(at, 'a name of its own', `"${service.name}", as ${earlier}`);
      owners.set(service.name, `services[${i}]`);
      services.push(service);
    }
  });
  return services;
}

function toService(entry: CheckEntry, place: Place): Service {
  const { name, type, tags } = entry;
  const intervalMs = entry.interval ?? INTERVAL_OF[type];
  const timeoutMs = entry.timeout ?? Math.min(TIMEOUT_OF[type], longest(type, intervalMs));
  const service: Service = {
    name,
    domain: 'domain' in entry ? entry.domain : DOMAIN_OF[entry.type],
    intervalMs,
    timeoutMs,
    window: entry.window && toWindow(entry.window),
    tags,
    check: toCheck(entry, place),
  };
  checkTime(service, place);
  return service;
}

/** What leaves the check room within its budget. */
function longest(type: CheckEntry['type'], intervalMs: number): number {
  // Three pings, and starting the program that sends them.
  return type === 'gateway' ? Math.floor(intervalMs / 2) - 400 : budgetOf(intervalMs) - 100;
}

function checkTime({ timeoutMs, intervalMs, check }: Service, { problem, path }: Place): void {
  const limit = longest(check.type, intervalMs);
  if (limit < 100)
    problem([...path, 'interval'], 'an interval that leaves time for an answer', formatDuration(intervalMs));
  else if (timeoutMs > limit)
    problem(
      [...path, 'timeout'],
      `a timeout of at most ${formatDuration(limit)} with an interval of ${formatDuration(intervalMs)}`,
      formatDuration(timeoutMs),
    );
}

function toCheck(entry: CheckEntry, place: Place): Check {
  switch (entry.type) {
    case 'dns':
      return toDns(entry, place);
    case 'tcp':
      return { type: 'tcp', host: entry.host, port: entry.port };
    case 'tls': {
      const { host, port, verify, ca } = entry;
      return { type: 'tls', host, port, serverName: entry.server_name ?? host, verify, ca };
    }
    case 'http': {
      const { url, method, verify, ca } = entry;
      if (method === 'HEAD' && entry.expect_text !== undefined)
        place.problem(
          [...place.path, 'expect_text'],
          'no text with HEAD, which brings no body',
          `"${entry.expect_text}"`,
        );
      return {
        type: 'http',
        url,
        method,
        expectStatus: entry.expect_status,
        expectText: entry.expect_text,
        followRedirects: entry.follow_redirects,
        verify,
        ca,
      };
    }
    case 'gateway':
      return { type: 'gateway', host: entry.host };
  }
}

function toDns(entry: Extract<CheckEntry, { type: 'dns' }>, place: Place): DnsCheck {
  const { query, record, server } = entry;
  let { expect } = entry;
  if (typeof expect === 'object' && (record === 'A' || record === 'AAAA')) {
    const right = record === 'A' ? isIPv4 : isIPv6;
    expect.forEach((text, i) => {
      if (!right(text))
        place.problem([...place.path, 'expect', i], `an address of ${record === 'A' ? 'IPv4' : 'IPv6'}`, `"${text}"`);
    });
    // In the one form in which answers come.
    expect = expect.map((text) =>
      isIP(text) === 6 ? new SocketAddress({ address: text, family: 'ipv6' }).address : text,
    );
  }
  return { type: 'dns', query, record, server, expect };
}

function unfold(entry: PresetEntry, folder: string, { problem, path }: Place, problems: Problem[]): Service[] {
  let platforms: TestPlatforms;
  try {
    platforms = loadTestPlatforms(entry.file === undefined ? BUNDLED_TEST_PLATFORMS : resolve(folder, entry.file));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return [];
  }
  const wanted = entry.platforms === 'all' ? [...platforms.keys()] : entry.platforms;
  return wanted.flatMap((platform, i) => {
    const checks = platforms.get(platform);
    if (!checks) problem([...path, 'platforms', i], `one of ${[...platforms.keys()].join(', ')}`, `"${platform}"`);
    return (checks ?? []).map((check): Service => {
      const service: Service = {
        name: `${platform}-${check.name}`,
        domain: 'test_platform',
        intervalMs: entry.interval,
        timeoutMs: entry.timeout,
        window: toWindow(entry.window),
        tags: { ...entry.tags, platform },
        check: check.check,
      };
      if (i === 0) checkTime(service, { problem, path });
      return service;
    });
  });
}
