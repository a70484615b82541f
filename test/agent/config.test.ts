import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAgentConfig } from '../../agent/config.ts';

const BASE = `collector: { url: "http://127.0.0.1:8086", token: tok }
credentials:
  default: { version: 2c, community: public }
targets:
  - { name: sw1, host: 127.0.0.1 }
`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bw-agent-config-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What is said of BASE with `from` put as `to`, without the file's name; the empty text when nothing is wrong. */
function problems(from: string, to: string): string {
  const file = join(dir, 'agent.yaml');
  expect(BASE).toContain(from);
  writeFileSync(file, BASE.replace(from, to));
  try {
    loadAgentConfig(file);
    return '';
  } catch (error) {
    return (error as Error).message.replaceAll(`${file}:`, '');
  }
}

describe('an agent is not started on', () => {
  it.each<[from: string, to: string, said: string]>([
    ['targets:', 'interval: 0s\ntargets:', '4:11: interval: expected a duration from 1s to 1d, got "0s"'],
    ['targets:', 'interval: 30d\ntargets:', '4:11: interval: expected a duration from 1s to 1d, got "30d"'],
    ['targets:', 'interval: 5\ntargets:', '4:11: interval: expected a duration such as 30s, 5m or 1h30m, got 5'],
    [
      '127.0.0.1 }',
      '127.0.0.1, interval: 1ms }',
      '5:45: targets[0].interval: expected a duration from 1s to 1d, got "1ms"',
    ],
    [
      'targets:',
      'ping: { interval: 0s }\ntargets:',
      '4:19: ping.interval: expected a duration from 1s to 1d, got "0s"',
    ],
    [
      'public }',
      'public, timeout: 0s }',
      '3:55: credentials.default.timeout: expected a duration from 10ms to 1m, got "0s"',
    ],
    [
      '127.0.0.1 }',
      '127.0.0.1, tags: { zone: main, school: other } }',
      '5:63: targets[0].tags.school: expected a tag other than school, site, device, role, domain, agent_host, source, got "other"',
    ],
    ['tok }', 'tok, timeout: 0s }', '1:65: collector.timeout: expected a duration from 100ms to 5m, got "0s"'],
    ['tok }', 'tok, batch: 0B }', '1:63: collector.batch: expected a size of at least 16KiB, got "0B"'],
    [
      'targets:',
      'spool: { max_bytes: 0B }\ntargets:',
      '4:21: spool.max_bytes: expected a size of at least 1MiB, got "0B"',
    ],
    [
      'targets:',
      'spool: { max_age: 0s }\ntargets:',
      '4:19: spool.max_age: expected a duration from 1m to 365d, got "0s"',
    ],
    [
      'token: tok',
      'token: "a\\nb"',
      '1:51: collector.token: expected a token of visible ASCII characters, got a value that is not shown',
    ],
    [
      'http://127',
      'http://u:hush@127',
      '1:19: collector.url: expected a URL without user, password, query and fragment: it is logged, and the path is added, got',
    ],
    [
      'targets:',
      'traps: { listen: { host: everywhere } }\ntargets:',
      '4:26: traps.listen.host: expected an IPv4 or IPv6 address, got "everywhere"',
    ],
    [
      'targets:',
      'traps: { users: [{ user: u, level: authPriv, auth_key: key-of-auth }] }\ntargets:',
      'traps.users[0].priv_key: expected a priv_key for authPriv, got nothing',
    ],
    [
      'targets:',
      'traps: { sources: { 192.0.2.9: router } }\ntargets:',
      '4:32: traps.sources.192.0.2.9: expected the name of a target, got "router"',
    ],
    ['targets:', 'traps: { relays: [nearby] }\ntargets:', 'expected an IPv4 or IPv6 address, got "nearby"'],
    [
      'targets:',
      'traps: { communities: [4711] }\ntargets:',
      'traps.communities[0]: expected a string, got a value that is not shown',
    ],
    ...['foo bar', '-f/etc/passwd', '127.0.0.1:161', '300.1.1.1', '[::1]', ''].map((host): [string, string, string] => [
      'host: 127.0.0.1',
      `host: "${host}"`,
      `5:24: targets[0].host: expected an IPv4 or IPv6 address without brackets or port, or a host name, got "${host}"`,
    ]),
  ])('%s as %s', (from, to, said) => expect(problems(from, to)).toContain(said));

  it('a URL with a password, which is not said again', () => {
    expect(problems('http://127', 'http://u:hush@127')).not.toContain('hush');
  });
});

it.each(['10.1.2.3', '::1', 'fe80::1%eth0', 'sw1', 'sw_1.lab.example.org', 'localhost', '3com', 'a-1.2b.'])(
  'polls the host %s',
  (host) => expect(problems('host: 127.0.0.1', `host: "${host}"`)).toBe(''),
);

describe('traps', () => {
  const loaded = (traps: string) => {
    const file = join(dir, 'traps.yaml');
    writeFileSync(file, `${BASE}${traps}`);
    return loadAgentConfig(file).traps;
  };

  it('are off unless asked for, and then of this machine alone', () => {
    expect(loaded('')).toBeUndefined();
    expect(loaded('traps: {}\n')).toEqual({ listen: { host: '127.0.0.1', port: 162 }, relays: [], sources: {} });
  });

  it('have their files beside the configuration', () =>
    expect(loaded('traps: { rules: mine.yaml }\n')?.rules).toBe(join(dir, 'mine.yaml')));
});
