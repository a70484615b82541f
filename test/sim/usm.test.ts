import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { OidTable } from '../../sim/oid-table.ts';
import { SnmpResponder } from '../../sim/responder.ts';
import { SimulatedEngine } from '../../sim/usm-engine.ts';
import type { SimAuth, SimPriv, SimUser } from '../../sim/usm-keys.ts';
import { NUMERIC, runTool } from './snmp-tools.ts';

/** As the tools spell them. */
const AUTHS: readonly [SimAuth, string][] = [
  ['md5', 'MD5'],
  ['sha', 'SHA'],
  ['sha224', 'SHA-224'],
  ['sha256', 'SHA-256'],
  ['sha384', 'SHA-384'],
  ['sha512', 'SHA-512'],
];
const PRIVS: readonly [SimPriv, string][] = [
  ['des', 'DES'],
  ['aes', 'AES'],
  ['aes192b', 'AES-192'],
  ['aes192r', 'AES-192-C'],
  ['aes256b', 'AES-256'],
  ['aes256r', 'AES-256-C'],
];
const PAIRS = AUTHS.flatMap(([auth, a]) => PRIVS.map(([priv, p]) => ({ auth, priv, a, p })));
const phrases = { auth: 'auth-phrase-of-tests', priv: 'priv-phrase-of-tests' };
const USERS: readonly SimUser[] = [
  ...PAIRS.map(({ auth, priv }) => ({
    name: `${auth}-${priv}`,
    auth: { protocol: auth, phrase: phrases.auth },
    priv: { protocol: priv, phrase: phrases.priv },
  })),
  { name: 'open' },
  { name: 'signed', auth: { protocol: 'sha256', phrase: phrases.auth } },
];

describe('the simulated v3 engine, seen by the net-snmp tools', () => {
  let responder: SnmpResponder;
  let host = '';
  beforeAll(async () => {
    const device = new OidTable().set('1.3.6.1.2.1.1.5', '0', { type: 'octets', value: 'simulated' });
    device.set('1.3.6.1.4.1.8072.9999', '0', { type: 'integer', value: 1 });
    for (let i = 1; i <= 60; i++)
      device.set('1.3.6.1.2.1.31.1.1.1.6', String(i), { type: 'counter64', value: 2n ** 64n - BigInt(i) });
    responder = new SnmpResponder({
      address: '127.0.0.1',
      port: 0,
      community: 'none',
      device,
      clock: systemClock,
      users: USERS,
    });
    host = `127.0.0.1:${(await responder.start()).port}`;
  });
  afterAll(() => responder.stop());

  const secured = (user: string, a: string, p: string): string[] => [
    ...[...NUMERIC, '-v3', '-l', 'authPriv', '-u', user],
    ...['-a', a, '-A', phrases.auth, '-x', p, '-X', phrases.priv],
  ];

  it.each(PAIRS)('answers Get and GetBulk with $a and $p', async ({ auth, priv, a, p }) => {
    const options = secured(`${auth}-${priv}`, a, p);
    const got = await runTool('snmpget', [...options, host, '1.3.6.1.2.1.1.5.0']);
    expect(got.out).toBe('.1.3.6.1.2.1.1.5.0 = STRING: "simulated"\n');
    const walked = await runTool('snmpbulkwalk', [...options, '-Cr60', host, '1.3.6.1.2.1.31']);
    const lines = walked.out.trim().split('\n');
    expect(lines).toHaveLength(60);
    expect(lines.at(-1)).toBe(`.1.3.6.1.2.1.31.1.1.1.6.60 = Counter64: ${2n ** 64n - 60n}`);
  });

  it('answers without privacy, and without either, only users that have no keys for more', async () => {
    const open = await runTool('snmpget', [
      ...NUMERIC,
      '-v3',
      '-l',
      'noAuthNoPriv',
      '-u',
      'open',
      host,
      '1.3.6.1.2.1.1.5.0',
    ]);
    expect(open.out).toContain('simulated');
    const signed = ['-v3', '-l', 'authNoPriv', '-a', 'SHA-256', '-A', phrases.auth];
    const right = await runTool('snmpget', [...NUMERIC, ...signed, '-u', 'signed', host, '1.3.6.1.2.1.1.5.0']);
    expect(right.out).toContain('simulated');
    const less = await runTool('snmpget', [...NUMERIC, ...signed, '-u', 'sha256-aes', host, '1.3.6.1.2.1.1.5.0']);
    expect(less.err).toMatch(/security level/i);
  });

  it.each<[string, string[], RegExp]>([
    ['a user that it does not know', ['-u', 'nobody'], /unknown user name/i],
    ['a wrong pass phrase', ['-A', 'not-the-phrase'], /authentication failure/i],
    ['a wrong privacy pass phrase', ['-X', 'not-the-phrase'], /decryption error|timeout/i],
  ])('refuses %s', async (_name, change, words) => {
    const options = [...secured('sha256-aes', 'SHA-256', 'AES'), ...change];
    expect((await runTool('snmpget', [...options, host, '1.3.6.1.2.1.1.5.0'])).err).toMatch(words);
  });

  it('takes nobody whose clock is off by more than the window', async () => {
    const options = [
      ...secured('sha256-aes', 'SHA-256', 'AES'),
      '-Z',
      '3,5',
      '-e',
      `0x${responder.engine!.id.toString('hex')}`,
      '-r',
      '1',
    ];
    responder.engine!.boots = 7;
    // The tools put their clock right and ask again.
    expect((await runTool('snmpget', [...options, host, '1.3.6.1.2.1.1.5.0'])).out).toContain('simulated');
    expect(responder.engine?.stats.notInTimeWindows).toBeGreaterThan(0);
  });
});

it('an engine says nothing to what is no request of version 3', () => {
  const engine = new SimulatedEngine(USERS.slice(-2), 0);
  for (const bytes of ['', '30', '3003020103', '30ff7fdeadbeef', `30820100020103${'00'.repeat(40)}`])
    expect(engine.receive(Buffer.from(bytes, 'hex'), 0)).toBeUndefined();
});
