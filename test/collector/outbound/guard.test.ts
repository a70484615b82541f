import { describe, expect, it } from 'vitest';
import {
  checkAddresses,
  type GuardPolicy,
  literalAddress,
  parseOutboundUrl,
} from '../../../collector/outbound/guard.ts';

const CLOSED: GuardPolicy = { allow: [], ports: [] };

function verdict(text: string, addresses: readonly string[] | undefined, policy: GuardPolicy): string {
  const url = parseOutboundUrl(text);
  if (typeof url === 'string') return url;
  const literal = literalAddress(url);
  const result = checkAddresses(url, literal === undefined ? (addresses ?? []) : [literal], policy);
  return result.ok ? 'ok' : result.reason;
}

describe('addresses that no webhook may reach', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'carrierGradeNat'],
    ['100.127.255.255', 'carrierGradeNat'],
    ['169.254.169.254', 'linkLocal'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['192.0.2.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['192.88.99.1', 'reserved'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::127.0.0.1', 'ipv4Mapped'],
    ['::7f00:1', 'not global unicast'],
    ['::ffff:10.0.0.1', 'ipv4Mapped'],
    ['::ffff:93.184.216.34', 'ipv4Mapped'],
    ['::ffff:0:10.0.0.1', 'rfc6145'],
    ['64:ff9b::7f00:1', 'rfc6052'],
    ['64:ff9b:1::7f00:1', 'rfc6052'],
    ['2002:7f00:1::', '6to4'],
    ['2001:0:53aa:64c:0:0:80ff:fffe', 'teredo'],
    ['2001:db8::1', 'reserved'],
    ['fd00::1', 'uniqueLocal'],
    ['fc00::1', 'uniqueLocal'],
    ['fe80::1', 'linkLocal'],
    ['fe80::1%eth0', 'linkLocal'],
    ['fec0::1', 'deprecatedSiteLocal'],
    ['ff02::1', 'multicast'],
    ['100::1', 'discard'],
    ['4000::1', 'not global unicast'],
    ['nonsense', 'not an address'],
  ])('%s (%s)', (address, kind) => {
    expect(verdict('https://hooks.example/x', [address], CLOSED)).toBe(`${address} is not public (${kind})`);
  });

  it.each([
    '93.184.216.34',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('%s is public', (address) => expect(verdict('https://hooks.example/x', [address], CLOSED)).toBe('ok'));

  it('one bad address among good ones refuses the name', () => {
    expect(verdict('https://hooks.example/', ['93.184.216.34', '10.0.0.1'], CLOSED)).toContain('10.0.0.1');
    expect(verdict('https://hooks.example/', ['93.184.216.34', '::1'], CLOSED)).toContain('::1');
  });

  it('a name without addresses is refused', () => {
    expect(verdict('https://hooks.example/', [], CLOSED)).toBe('the name has no address');
  });
});

describe('spellings of 127.0.0.1', () => {
  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://127.1/',
    'https://127.0.1/',
    'https://127.0.0.1./',
    'https://１２７.０.０.１/',
    'https://127%2E0%2E0%2E1/',
  ])('%s', (text) => expect(verdict(text, undefined, CLOSED)).toBe('127.0.0.1 is not public (loopback)'));

  it.each(['https://[::1]/', 'https://[0:0:0:0:0:0:0:1]/', 'https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/'])(
    '%s',
    (text) => expect(verdict(text, undefined, CLOSED)).toContain('is not public'),
  );
});

describe('schemes and ports', () => {
  it.each([
    ['ftp://hooks.example/', 'scheme ftp, not https'],
    ['file:///etc/passwd', 'scheme file, not https'],
    ['hooks.example/x', 'not a URL'],
    ['https://user:pw@hooks.example/', 'user information in the URL'],
    ['http://hooks.example/', 'http to a public address: https only'],
    ['https://hooks.example:8443/', 'port 8443: only 443 is allowed'],
    ['https://hooks.example:443/', 'ok'],
    ['https://hooks.example/path?x=1', 'ok'],
  ])('%s: %s', (text, expected) => expect(verdict(text, ['93.184.216.34'], CLOSED)).toBe(expected));

  it('a configured port opens https on public addresses, and not http', () => {
    const policy = { allow: [], ports: [8443] };
    expect(verdict('https://hooks.example:8443/', ['93.184.216.34'], policy)).toBe('ok');
    expect(verdict('http://hooks.example:8443/', ['93.184.216.34'], policy)).toContain('https only');
  });
});

describe('allowed ranges', () => {
  const policy = { allow: ['127.0.0.0/8', '192.168.7.0/24', 'fd12:3456::/32'], ports: [] };
  it.each([
    ['http://127.0.0.1:9099/x', undefined, 'ok'],
    ['https://127.0.0.2:1234/x', undefined, 'ok'],
    ['http://ntfy.lan/x', ['192.168.7.9'], 'ok'],
    ['http://ntfy.lan/x', ['fd12:3456::9'], 'ok'],
    ['http://[::ffff:127.0.0.1]:80/', undefined, 'ok'],
    ['http://ntfy.lan/x', ['192.168.8.9'], '192.168.8.9 is not public (private)'],
    ['http://ntfy.lan/x', ['192.168.7.9', '10.0.0.1'], '10.0.0.1 is not public (private)'],
    ['http://ntfy.lan/x', ['192.168.7.9', '93.184.216.34'], 'http to a public address: https only'],
    ['http://[::1]/', undefined, '::1 is not public (loopback)'],
  ])('%s %j: %s', (text, addresses, expected) => expect(verdict(text, addresses, policy)).toBe(expected));
});
