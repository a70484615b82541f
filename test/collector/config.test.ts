import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCollectorConfig } from '../../collector/config.ts';
import { ROOT } from '../support/source-files.ts';

const BASE = `rules: ["${join(ROOT, 'config/rules')}"]\nschools: ["${join(ROOT, 'config/engagements')}"]\n`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bw-collector-config-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What is said of BASE and `more`, without the file's name; the empty text when nothing is wrong. */
function problems(more: string): string {
  const file = join(dir, 'collector.yaml');
  writeFileSync(file, BASE + more);
  try {
    loadCollectorConfig(file);
    return '';
  } catch (error) {
    return (error as Error).message.replaceAll(`${file}:`, '');
  }
}

describe('a collector is not started on', () => {
  it.each([
    ['maintenance: every day', '3:14: maintenance: expected cron syntax such as */5 * * * *, got "every day"'],
    ['maintenance: "99 * * * *"', '3:14: maintenance: expected cron syntax such as */5 * * * *, got "99 * * * *"'],
    ['tick: 0s', '3:7: tick: expected a duration from 100ms to 10m, got "0s"'],
    ['tick: 60d', '3:7: tick: expected a duration from 100ms to 10m, got "60d"'],
    ['limits: { body: 0B }', '3:17: limits.body: expected a size of at least 64KiB, got "0B"'],
    ['trust_proxy: [proxy.lan]', '3:15: trust_proxy[0]: expected an address or range such as 10.0.0.7 or 10.0.0.0/24'],
  ])('%s', (more, said) => expect(problems(more)).toContain(said));
});

it.each(['maintenance: "0 */10 * * * *"', 'trust_proxy: [loopback, 10.0.0.7, "fd00::/8"]', 'tick: 1s'])(
  'takes %s',
  (more) => expect(problems(more)).toBe(''),
);

describe('several collectors', () => {
  const cluster = 'cluster: { url: "http://collector-1.example.org:8086" }\n';
  const state = 'state: { postgres: "postgres://bw:s3cret@db.example.org/bw" }\n';
  const storage = 'storage: { driver: influx1, url: "http://127.0.0.1:8087", database: bw }\n';

  it('share PostgreSQL and a metrics store', () => {
    expect(problems(cluster + state + storage)).toBe('');
    expect(problems(cluster + storage)).toContain(
      'cluster: expected `state: {postgres: ...}`, which all collectors share, got SQLite, on this machine',
    );
    expect(problems(cluster + state)).toContain(
      'cluster: expected metrics in InfluxDB or VictoriaMetrics (`storage`), which all collectors share, got the embedded store',
    );
  });

  it('one may keep its state on PostgreSQL and its metrics with itself', () => expect(problems(state)).toBe(''));

  it('a wrong address is named without its password', () => {
    const said = problems('state: { postgres: "postgres://bw:s3cret@db.example.org/bw?sslmode=disable" }');
    expect(said).toContain('state.postgres: expected postgres://user:password@host:port/database');
    expect(said).not.toContain('s3cret');
  });
});

describe('a school whose people cannot be reached', () => {
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const school = (url: string): string => `school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
contacts:
  kim: { channels: [{ type: webhook, url: "${url}", secret: "${secret}" }, { type: ntfy, url: "https://ntfy.example.org/kim" }] }
  noc: { channels: [{ type: webhook, url: "https://hooks.example.net/noc", secret: "${secret}" }] }
safety_net: [kim, noc]
base: { owner: internal }
`;
  const said = (url: string, webhooks = '{}'): string => {
    writeFileSync(join(dir, 'school.yaml'), school(url));
    const file = join(dir, 'with-school.yaml');
    writeFileSync(file, `rules: ["${join(ROOT, 'config/rules')}"]\nschools: [school.yaml]\nwebhooks: ${webhooks}\n`);
    try {
      loadCollectorConfig(file);
      return '';
    } catch (error) {
      return (error as Error).message.replaceAll(`${dir}/`, '');
    }
  };

  it.each([
    ['http://hooks.example.org/secret-path', '{}', 'http://hooks.example.org: http to a public address: https only'],
    ['https://10.1.2.3/x', '{}', 'https://10.1.2.3: 10.1.2.3 is not public (private)'],
    ['https://hooks.example.org:8443/x', '{}', 'https://hooks.example.org:8443: port 8443: only 443 is allowed'],
    ['https://127.0.0.1/x', '{ allow: [10.0.0.0/8] }', 'https://127.0.0.1: 127.0.0.1 is not public (loopback)'],
  ])('%s with webhooks %s is named', (url, webhooks, reason) => {
    expect(said(url, webhooks)).toContain(
      `school.yaml:7:43: contacts.kim.channels[0].url: expected https to a public address, or a range in webhooks.allow, got ${reason}`,
    );
    expect(said(url, webhooks)).not.toContain('secret-path');
  });

  it.each([
    ['https://hooks.example.org/x', '{}'],
    ['https://hooks.example.org:8443/x', '{ ports: [8443] }'],
    ['http://10.1.2.3:8080/x', '{ allow: [10.0.0.0/8] }'],
    // Where the name leads is seen at delivery.
    ['http://ntfy.lan/x', '{ allow: [10.0.0.0/8] }'],
  ])('%s with webhooks %s is taken', (url, webhooks) => expect(said(url, webhooks)).toBe(''));
});

describe('a contact who is reached by mail', () => {
  const said = (more: string): string => {
    const mail = (name: string) => `${name}: { channels: [{ type: email, to: ${name}@example.org }] }`;
    writeFileSync(
      join(dir, 'by-mail.yaml'),
      `school: hilltop
tz: America/Chicago
parties: { internal: { contacts: [kim], coverage: always }, provider: { contacts: [noc], coverage: always } }
contacts:
  ${mail('kim')}
  noc: { channels: [{ type: ntfy, url: "https://ntfy.sh/hilltop-7f3k" }] }
safety_net: [kim, noc]
base: { owner: internal }
`,
    );
    const file = join(dir, 'with-mail.yaml');
    writeFileSync(file, `rules: ["${join(ROOT, 'config/rules')}"]\nschools: [by-mail.yaml]\n${more}`);
    try {
      loadCollectorConfig(file);
      return '';
    } catch (error) {
      return (error as Error).message.replaceAll(`${dir}/`, '');
    }
  };

  it('needs a mail server, which the collector has', () => {
    expect(said('')).toBe(
      "by-mail.yaml:5:29: contacts.kim.channels[0].type: expected `email:` in the collector's configuration for this channel, got none",
    );
    expect(said('email: { host: mail.example.org, from: "Bellwether <watch@example.org>" }\n')).toBe('');
  });

  it.each([
    ['{ host: mail.example.org }', 'email.from: expected a mail address'],
    [
      '{ host: mail.example.org, from: a@example.org, tls: ssl }',
      'email.tls: expected one of starttls, implicit, none',
    ],
    [
      '{ host: m.example, from: a@example.org, tls: none, user: a, password: b }',
      'email.tls: expected starttls or implicit',
    ],
    ['{ host: m.example, from: a@example.org, user: a }', 'email.user: expected both user and password'],
  ])('%s', (server, reason) => expect(said(`email: ${server}\n`)).toContain(reason));
});

describe('what a school agreed', () => {
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const channel = `{ channels: [{ type: webhook, url: "https://hooks.example.org/x", secret: "${secret}" }, { type: ntfy, url: "https://ntfy.example.org/x" }] }`;
  const write = (until: string, calendar = 'calendars: {}'): string => {
    writeFileSync(
      join(dir, 'agreed.yaml'),
      `school: hilltop
tz: America/Chicago
parties: { internal: { contacts: [kim], coverage: always }, provider: { contacts: [noc], coverage: always } }
contacts: { kim: ${channel}, noc: ${channel} }
safety_net: [kim, noc]
base: { owner: internal }
${calendar}
engagements:
  - id: help
    kind: adhoc
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-11-01
    grants: [{ owner: provider }]
${until}
`,
    );
    const file = join(dir, 'with-agreed.yaml');
    writeFileSync(file, `rules: ["${join(ROOT, 'config/rules')}"]\nschools: [agreed.yaml]\n`);
    return file;
  };
  const at = (date: string): number => Date.parse(`${date}T12:00-06:00`);

  it('is refused where the linter calls it an error', () => {
    expect(() => loadCollectorConfig(write(''))).toThrow(
      `${join(dir, 'agreed.yaml')}:9:5: engagements[0].until: expected an end: an ad-hoc engagement expires by itself, got none [adhoc-without-until]`,
    );
  });

  it('comes with warnings, by the date on which it is read', () => {
    const file = write('    until: 2026-12-19');
    const codes = (now: number) =>
      loadCollectorConfig(file, undefined, now).warnings.map(
        ({ line, got }) => `${line} ${/\[(.*)\]$/.exec(got)?.[1]}`,
      );
    expect(codes(at('2026-11-24'))).toEqual([]);
    expect(codes(at('2026-12-17'))).toEqual(['15 ends-soon']);
    expect(codes(at('2026-12-20'))).toEqual(['15 never-wins']);
  });

  it('is judged by the calendars it gives as files; one that cannot be read is told of', () => {
    const file = write('    until: 2026-12-19', 'calendars: { district: { file: district.ics } }');
    const got = () => loadCollectorConfig(file, undefined, at('2026-11-24')).warnings.map((w) => `${w.path} ${w.got}`);
    expect(got()[0]).toMatch(/^calendars\.district\.file ENOENT/);
    const lines = ['UID:1', 'DTSTART;VALUE=DATE:20261214', 'DTEND;VALUE=DATE:20261218', 'SUMMARY:State tests'];
    const event = ['BEGIN:VEVENT', ...lines, 'CATEGORIES:TESTING', 'END:VEVENT'];
    const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...event, 'END:VCALENDAR', ''].join('\r\n');
    writeFileSync(join(dir, 'district.ics'), text);
    expect(got().join()).toContain('with TESTING (State tests) from Mon 14 Dec 2026, 00:00 to Fri 18 Dec 2026, 00:00');
  });
});
