import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../support/process.ts';
import { snmpinform, snmptrap, type V3, v1, v2c, v3 } from '../support/trap-sender.ts';
import { community, target, user } from './poll/fixture.ts';
import { shortly, startTraps, type TestTraps } from './trap-fixture.ts';

const LINK_DOWN = '1.3.6.1.6.3.1.1.5.3';
const IF = '1.3.6.1.2.1.2.2.1';
const engine = '0x80007ed90401020304';
const keys = { name: 'poller', authKey: 'auth-key-of-tests', privKey: 'priv-key-of-tests' };
const whole: V3 = { user: 'poller', auth: ['SHA-256', keys.authKey], priv: ['AES', keys.privKey] };

const sw = target('sw', { snmp: community(161) });
const link = (index: number, status = 1): string[] => [
  ...['', LINK_DOWN],
  ...[`${IF}.1.${index}`, 'i', `${index}`, `${IF}.7.${index}`, 'i', `${status}`, `${IF}.8.${index}`, 'i', '2'],
];

let traps: TestTraps;
afterEach(() => traps.stop());

const eventsOf = async (n: number) =>
  shortly(await until(`${n} events`, 10_000, () => (traps.events.length >= n ? traps.events : undefined)));
const counted = (name: string, outcome: string, n: number): Promise<true> =>
  until(`${n} ${outcome}`, 10_000, async () => ((await traps.count(name, outcome)) >= n ? true : undefined));
const received = (outcome: string, n = 1): Promise<true> => counted('trap_datagrams_total', outcome, n);

describe("traps of net-snmp's tools", () => {
  it('v2c: an event with the interface as the polls know it, and a poll at once', async () => {
    traps = await startTraps([sw]);
    traps.learn([
      { measurement: 'interface', tags: { device: 'sw', ifIndex: '7', ifName: 'ge-0/0/7' }, fields: {}, time: 0 },
    ]);
    await snmptrap(traps.port, v2c, link(7));
    expect(await eventsOf(1)).toEqual([
      {
        ...{ device: 'sw', type: 'link_down', severity: 'warning', domain: 'switching' },
        ...{ ifIndex: '7', ifName: 'ge-0/0/7', message: 'ge-0/0/7 is down' },
      },
    ]);
    expect(traps.events[0]!.fields).toMatchObject({
      raised: 1n,
      count: 1n,
      oid: LINK_DOWN,
      detail: 'ifIndex.7=7; ifAdminStatus.7=up; ifOperStatus.7=down',
    });
    expect(traps.polled).toEqual(['sw']);
  });

  it('v1: generic and enterprise-specific ones mean what they mean in v2c (RFC 3584)', async () => {
    traps = await startTraps([sw]);
    const minutes = ['1.3.6.1.2.1.33.1.2.3.0', 'i', '12'];
    await snmptrap(traps.port, v1, ['1.3.6.1.4.1.9.1.1', '127.0.0.1', '2', '0', '100', `${IF}.1.3`, 'i', '3']);
    await snmptrap(traps.port, v1, ['1.3.6.1.2.1.33.2', '127.0.0.1', '6', '1', '200', ...minutes]);
    expect(await eventsOf(2)).toMatchObject([
      { type: 'link_down', ifIndex: '3', message: 'interface 3 is down' },
      { type: 'ups_on_battery', severity: 'critical', domain: 'power', message: 'UPS runs on battery, 12 min left' },
    ]);
    expect(traps.events[1]!.fields['oid']).toBe('1.3.6.1.2.1.33.2.0.1');
  });

  const algorithms: [string, V3, Record<string, string>][] = [
    ['noAuthNoPriv', { user: 'poller' }, { level: 'noAuthNoPriv' }],
    ['MD5', { user: 'poller', auth: ['MD5', keys.authKey] }, { auth_protocol: 'md5', level: 'authNoPriv' }],
    ['SHA-512', { user: 'poller', auth: ['SHA-512', keys.authKey] }, { auth_protocol: 'sha512', level: 'authNoPriv' }],
    [
      'SHA-1 and DES',
      { ...whole, auth: ['SHA', keys.authKey], priv: ['DES', keys.privKey] },
      { auth_protocol: 'sha', priv_protocol: 'des' },
    ],
    ['SHA-256 and AES-128', whole, {}],
    [
      'SHA-512 and AES-256 (Blumenthal)',
      { ...whole, auth: ['SHA-512', keys.authKey], priv: ['AES-256', keys.privKey] },
      { auth_protocol: 'sha512', priv_protocol: 'aes256b' },
    ],
    [
      'SHA-1 and AES-192 (Blumenthal)',
      { ...whole, auth: ['SHA', keys.authKey], priv: ['AES-192', keys.privKey] },
      { auth_protocol: 'sha', priv_protocol: 'aes192b' },
    ],
    [
      'MD5 and AES-192 (Reeder)',
      { ...whole, auth: ['MD5', keys.authKey], priv: ['AES-192-C', keys.privKey] },
      { auth_protocol: 'md5', priv_protocol: 'aes192r' },
    ],
    [
      'SHA-1 and AES-256 (Blumenthal)',
      { ...whole, auth: ['SHA', keys.authKey], priv: ['AES-256', keys.privKey] },
      { auth_protocol: 'sha', priv_protocol: 'aes256b' },
    ],
    [
      'SHA-1 and AES-256 (Reeder)',
      { ...whole, auth: ['SHA', keys.authKey], priv: ['AES-256-C', keys.privKey] },
      { auth_protocol: 'sha', priv_protocol: 'aes256r' },
    ],
  ];
  it.each(algorithms)('v3 %s: a trap, and an inform that is answered', async (_name, sender, settings) => {
    traps = await startTraps([target('sw', { snmp: { ...user(161, keys), ...settings } as never })]);
    await snmptrap(traps.port, v3({ ...sender, engine }), link(7));
    expect(await eventsOf(1)).toMatchObject([{ type: 'link_down', ifIndex: '7' }]);
    expect(await snmpinform(traps.port, v3(sender), link(8))).toBe(true);
    expect(await eventsOf(2)).toMatchObject([{ ifIndex: '7' }, { ifIndex: '8' }]);
  });

  it('v2c informs are answered', async () => {
    traps = await startTraps([sw]);
    expect(await snmpinform(traps.port, v2c, link(7))).toBe(true);
    expect(await eventsOf(1)).toMatchObject([{ device: 'sw', type: 'link_down' }]);
  });
});

describe('who may speak', () => {
  it('a wrong community, user or key is a finding, told once, and no event', async () => {
    traps = await startTraps([target('sw', { snmp: user(161, keys) })], { communities: ['right'] });
    await snmptrap(traps.port, v2c, link(7));
    await snmptrap(traps.port, v2c, link(7));
    await snmptrap(traps.port, v3({ ...whole, user: 'nobody', engine }), link(7));
    await snmptrap(traps.port, v3({ ...whole, auth: ['SHA-256', 'another-key'], engine }), link(7));
    await snmptrap(traps.port, v3({ ...whole, priv: ['AES', 'another-key'], engine }), link(7));
    await snmptrap(traps.port, v3({ user: 'poller', engine }), link(7));
    expect(await snmpinform(traps.port, v3({ ...whole, auth: ['SHA-256', 'another-key'] }), link(7))).toBe(false);
    await received('bad_community', 2);
    for (const outcome of ['unknown_user', 'undecryptable', 'bad_level']) await received(outcome);
    await received('bad_digest', 2);
    expect(await eventsOf(1)).toEqual([
      {
        ...{ device: 'sw', type: 'trap_unauthenticated', severity: 'warning', domain: 'agent' },
        ...{ ifIndex: undefined, ifName: undefined },
        message: 'A trap from sw (127.0.0.1) was not accepted: its community is none of ours',
      },
    ]);
    expect(traps.polled).toEqual([]);
  });

  it('a sender that is no target is a finding, unless it is a further address of one', async () => {
    traps = await startTraps([sw], { sources: { '127.0.0.3': 'sw' } });
    await snmptrap(traps.port, v2c, link(7), '127.0.0.2');
    expect(await eventsOf(1)).toMatchObject([
      {
        device: undefined,
        type: 'trap_unknown_source',
        domain: 'agent',
        message: '127.0.0.2 sends traps and is no target of this agent',
      },
    ]);
    await snmptrap(traps.port, v2c, link(7), '127.0.0.3');
    expect(await eventsOf(2)).toMatchObject([{}, { device: 'sw', type: 'link_down' }]);
  });

  it('the address inside a trap counts for relays only', async () => {
    const far = target('far', { host: '192.0.2.9', snmp: community(161) });
    const about = ['1.3.6.1.4.1.9.1.1', '192.0.2.9', '2', '0', '100', `${IF}.1.3`, 'i', '3'];
    traps = await startTraps([sw, far], { relays: ['127.0.0.4'] });
    await snmptrap(traps.port, v1, about, '127.0.0.1');
    await snmptrap(traps.port, v1, about, '127.0.0.4');
    expect((await eventsOf(2)).map((e) => e['device'])).toEqual(['sw', 'far']);
  });
});

describe('what a flood does', () => {
  it('10,000 traps of one device: its share is taken, the rest counted, and another device is heard', async () => {
    const other = target('other', { host: '127.0.0.5', snmp: community(161) });
    traps = await startTraps([sw, other]);
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const datagram = await captured(v2c, link(7));
    for (let i = 0; i < 10_000; i++) socket.send(datagram, traps.port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.send(datagram, traps.port, '127.0.0.1', () => resolve()));
    socket.close();
    await received('rate_limited');
    await snmptrap(traps.port, v2c, link(9), '127.0.0.5');
    await until('the other', 10_000, () => traps.events.find((e) => e.tags['device'] === 'other'));
    const sum =
      (await traps.count('trap_datagrams_total', 'accepted')) +
      (await traps.count('trap_datagrams_total', 'rate_limited'));
    expect(sum).toBeLessThanOrEqual(10_002);
    expect(await traps.count('trap_datagrams_total', 'accepted')).toBeGreaterThan(200);
    // The very same trap again and again is one event.
    expect(traps.events.filter((e) => e.tags['device'] === 'sw')).toHaveLength(1);
  });
});

/** The datagram that net-snmp makes of it. */
async function captured(sender: readonly string[], rest: readonly string[]): Promise<Buffer> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const message = once(socket, 'message');
  await snmptrap(socket.address().port, sender, rest);
  const [bytes] = (await message) as [Buffer];
  socket.close();
  return bytes;
}
