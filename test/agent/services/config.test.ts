import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAgentConfig } from '../../../agent/config.ts';
import { BUNDLED_TEST_PLATFORMS, loadTestPlatforms } from '../../../agent/services/preset.ts';
import type { Service } from '../../../agent/services/service.ts';
import { makeCertificates } from '../../support/certificates.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bw-services-config-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** The services of a configuration that has these, each on its line from line 5 on. */
function load(...entries: string[]): readonly Service[] {
  const file = join(dir, 'agent.yaml');
  const lines = [
    'collector: { url: "http://127.0.0.1:8086", token: tok }',
    'credentials: { default: { version: 2c, community: public } }',
    'targets: [{ name: sw1, host: 127.0.0.1 }]',
    'services:',
    ...entries.map((entry) => `  - { ${entry} }`),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return loadAgentConfig(file).services;
}

function problems(...entries: string[]): string {
  try {
    load(...entries);
    return '';
  } catch (error) {
    return (error as Error).message.replaceAll(`${dir}/`, '');
  }
}

describe('a service', () => {
  it.each<[entry: string, service: Partial<Service>]>([
    [
      'type: dns, name: resolver, query: www.school.org',
      {
        name: 'resolver',
        domain: 'dns_dhcp',
        intervalMs: 30_000,
        timeoutMs: 2_000,
        check: { type: 'dns', query: 'www.school.org', record: 'A', server: undefined, expect: 'any' },
      },
    ],
    [
      'type: dns, name: d, query: x.org, record: AAAA, server: "[2001:db8::53]:5353", expect: ["2001:DB8:0::1"]',
      {
        check: {
          type: 'dns',
          query: 'x.org',
          record: 'AAAA',
          server: { address: '2001:db8::53', port: 5353 },
          // As answers have it.
          expect: ['2001:db8::1'],
        },
      },
    ],
    [
      'type: tcp, name: sis, host: sis.school.org, port: 1433, domain: test_platform, tags: { zone: main }',
      { domain: 'test_platform', tags: { zone: 'main' }, check: { type: 'tcp', host: 'sis.school.org', port: 1433 } },
    ],
    [
      'type: tls, name: ldap, host: 192.0.2.7, port: 636, server_name: ldap.school.org, interval: 5m, timeout: 3s',
      {
        domain: 'services',
        intervalMs: 300_000,
        timeoutMs: 3_000,
        check: {
          type: 'tls',
          host: '192.0.2.7',
          port: 636,
          serverName: 'ldap.school.org',
          verify: true,
          ca: undefined,
        },
      },
    ],
    [
      'type: http, name: web, url: "https://www.school.org/", expect_status: [200, 301-302], follow_redirects: true',
      {
        check: {
          type: 'http',
          url: 'https://www.school.org/',
          method: 'GET',
          expectStatus: [
            [200, 200],
            [301, 302],
          ],
          expectText: undefined,
          followRedirects: true,
          verify: true,
          ca: undefined,
        },
      },
    ],
    ['type: gateway, name: gw', { domain: 'wan', timeoutMs: 1_000, check: { type: 'gateway', host: undefined } }],
    // A timeout that nobody gave makes room for a short interval.
    ['type: http, name: fast, url: "http://a.org/", interval: 2s', { timeoutMs: 1_500 }],
    [
      'type: gateway, name: gw, window: { days: [mon-wed, sat, 2026-04-13, 2026-04-20..2026-04-24], hours: "07:30-15:00", tz: America/Chicago, outside: off }',
      {
        window: {
          weekdays: ['mon', 'tue', 'wed', 'sat'],
          dates: [
            ['2026-04-13', '2026-04-13'],
            ['2026-04-20', '2026-04-24'],
          ],
          from: 450,
          to: 900,
          tz: 'America/Chicago',
          outsideMs: undefined,
        },
      },
    ],
  ])('%s', (entry, service) => expect(load(entry)).toMatchObject([service]));
});

it('an authority can stand in a file', () => {
  const { ca } = makeCertificates(dir);
  const [service] = load('type: tls, name: t, host: x.org, ca_file: ca.pem');
  expect(service?.check).toMatchObject({ ca: readFileSync(ca, 'utf8').trim() });
});

describe('is refused:', () => {
  it.each<[entry: string, said: string]>([
    [
      'type: dns, name: d, query: x.org, server: dns.x.org',
      'services[0].server: expected the address of a name server',
    ],
    ['type: dns, name: d, query: x.org, server: "192.0.2.53:0"', 'services[0].server: expected the address'],
    ['type: dns, name: d, query: x.org, expect: ["2001:db8::1"]', 'services[0].expect[0]: expected an address of IPv4'],
    ['type: dns, name: d, query: x.org, expect: []', 'services[0].expect: expected at least 1 entry'],
    ['type: tcp, name: t, host: x.org', 'services[0].port'],
    ['type: tcp, name: t, host: x.org, port: 0', 'services[0].port: expected a port from 1 to 65535'],
    ['type: http, name: h, url: "ftp://x.org/"', 'services[0].url: expected an http(s) URL'],
    ['type: http, name: h, url: "https://u:p@x.org/"', 'services[0].url: expected a URL without user'],
    [
      'type: http, name: h, url: "https://x.org/", expect_status: [99]',
      'services[0].expect_status[0]: expected a status',
    ],
    ['type: http, name: h, url: "https://x.org/", expect_status: [400-200]', 'services[0].expect_status[0]'],
    [
      'type: http, name: h, url: "https://x.org/", method: HEAD, expect_text: ok',
      'services[0].expect_text: expected no text with HEAD, which brings no body, got "ok"',
    ],
    [
      'type: tcp, name: t, host: x.org, port: 80, interval: 1s, timeout: 2s',
      'services[0].timeout: expected a timeout of at most 700ms with an interval of 1s, got 2s',
    ],
    [
      'type: gateway, name: g, interval: 1s, timeout: 500ms',
      'services[0].timeout: expected a timeout of at most 100ms',
    ],
    [
      'type: tcp, name: t, host: x.org, port: 80, domain: wan',
      'services[0].domain: expected one of services, test_platform',
    ],
    ['type: gateway, name: g, tags: { service: x }', 'services[0].tags.service: expected a tag other than'],
    ['type: gateway, name: g, window: { days: [fri-mon] }', 'services[0].window.days[0]: expected a weekday (mon)'],
    ['type: gateway, name: g, window: { days: [2026-02-30] }', 'services[0].window.days[0]'],
    ['type: gateway, name: g, window: { hours: "17:00-07:00" }', 'services[0].window.hours: expected hours of one day'],
    ['type: gateway, name: g, window: { tz: Mars/Olympus }', 'services[0].window.tz: expected a time zone'],
    ['type: tls, name: t, host: x.org, interval: 1h', 'services[0].interval: expected a duration from 1s to 30m'],
    ['type: smtp, name: m', 'services[0].type'],
    ['preset: test-platforms, platforms: [nwea]', 'services[0].platforms[0]: expected one of nwea-map, '],
    ['preset: test-platforms, platforms: nwea', 'services[0].platforms: expected all, or a list'],
    ['preset: test-platforms, platforms: all, file: none.yaml', 'none.yaml'],
  ])('%s', (entry, said) => expect(problems(entry)).toContain(said));

  it('a second service of the same name', () => {
    const twice = ['type: gateway, name: gw', 'type: gateway, name: gw, host: 192.0.2.1'];
    expect(problems(...twice)).toContain(
      '6:28: services[1].name: expected a name of its own, got "gw", as services[0]',
    );
  });
});

describe('the preset of test platforms', () => {
  it('is a check of each host of the platforms named', () => {
    const services = load('preset: test-platforms, platforms: [nwea-map, college-board-bluebook], tags: { zone: lab }');
    expect(services.map((s) => s.name)).toEqual(['nwea-map-test', 'nwea-map-teach', 'college-board-bluebook-app']);
    expect(services[0]).toMatchObject({
      domain: 'test_platform',
      intervalMs: 15_000,
      timeoutMs: 5_000,
      tags: { zone: 'lab', platform: 'nwea-map' },
      window: { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], from: 420, to: 1020, outsideMs: 300_000 },
      check: { url: 'https://test.mapnwea.org/', expectStatus: [[100, 499]], verify: true },
    });
  });

  it('runs on testing days only where it is told so', () => {
    const window = 'window: { days: [2026-04-13..2026-04-24], hours: "08:00-15:00", outside: off }';
    const [first] = load(`preset: test-platforms, platforms: [i-ready], interval: 30s, ${window}`);
    expect(first).toMatchObject({ intervalMs: 30_000, window: { weekdays: [], outsideMs: undefined } });
  });

  it('reads a file of your own', () => {
    const check = '{ name: portal, url: "https://ca.portal.cambiumast.com/" }';
    writeFileSync(
      join(dir, 'ours.yaml'),
      `platforms: { cambium-ca: { title: CA, source: "https://example.org/", checked: 2026-11-24, checks: [${check}] } }\n`,
    );
    expect(load('preset: test-platforms, platforms: all, file: ours.yaml').map((s) => s.name)).toEqual([
      'cambium-ca-portal',
    ]);
    writeFileSync(join(dir, 'ours.yaml'), 'platforms: { x: { title: X, source: s, checks: [] } }\n');
    expect(problems('preset: test-platforms, platforms: all, file: ours.yaml')).toContain('ours.yaml');
  });

  it('ships with hosts over TLS only, and says where they are from', () => {
    const platforms = loadTestPlatforms(BUNDLED_TEST_PLATFORMS);
    expect(platforms.size).toBeGreaterThan(5);
    for (const { check } of [...platforms.values()].flat()) expect(check.url).toMatch(/^https:\/\/[a-z0-9.-]+\//);
  });
});
