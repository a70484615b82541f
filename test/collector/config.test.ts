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

describe('a school whose people cannot be reached', () => {
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const school = (url: string): string => `school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [kim], coverage: always }
contacts:
  kim: { channels: [{ type: webhook, url: "${url}", secret: "${secret}" }] }
safety_net: [kim]
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
