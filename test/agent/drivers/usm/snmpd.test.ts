import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SnmpCredentials } from '../../../../agent/config.ts';
import { createFastDriver } from '../../../../agent/drivers/fast/session.ts';
import type { SnmpSession } from '../../../../agent/drivers/snmp-session.ts';
import { AUTH, type AuthProtocol, PRIV, type PrivProtocol } from '../../../../agent/drivers/usm/protocol.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { openSnmpSession } from '../../../support/net-snmp-session.ts';
import { type Snmpd, startSnmpd } from '../../../support/snmpd.ts';

type UserCredentials = Extract<SnmpCredentials, { version: '3' }>;

/** As snmpd.conf spells them. */
const AUTH_NAMES: Readonly<Record<AuthProtocol, string>> = {
  md5: 'MD5',
  sha: 'SHA',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};
const PRIV_NAMES: Readonly<Record<PrivProtocol, string>> = {
  des: 'DES',
  aes: 'AES',
  aes192b: 'AES-192',
  aes192r: 'AES-192-C',
  aes256b: 'AES-256',
  aes256r: 'AES-256-C',
};
const PAIRS = (Object.keys(AUTH) as AuthProtocol[]).flatMap((auth) =>
  (Object.keys(PRIV) as PrivProtocol[]).map((priv) => [auth, priv] as const),
);
const authKey = (auth: string): string => `auth-phrase-${auth}`;
const privKey = (auth: string, priv: string): string => `priv-phrase-${auth}-${priv}`;

const CONFIG = [
  ...PAIRS.flatMap(([auth, priv]) => [
    `createUser ${auth}-${priv} ${AUTH_NAMES[auth]} "${authKey(auth)}" ${PRIV_NAMES[priv]} "${privKey(auth, priv)}"`,
    `rouser ${auth}-${priv} authPriv`,
  ]),
  'createUser open',
  'rouser open noauth',
  'createUser signed SHA-512 "auth-phrase-signed"',
  'rouser signed auth',
];

const signal = new AbortController().signal;
const SYS_NAME = '1.3.6.1.2.1.1.5.0';

describe.each([
  ['net-snmp', openSnmpSession],
  ['the fast path', createFastDriver(systemClock)],
])('%s against a real snmpd', (driver, openSession) => {
  let snmpd: Snmpd;
  const sessions: SnmpSession[] = [];
  beforeAll(async () => {
    snmpd = await startSnmpd(CONFIG);
  });
  afterAll(async () => {
    for (const session of sessions) session.close();
    await snmpd.stop();
  });

  function open(user: string, more: Partial<UserCredentials> = {}): SnmpSession {
    const address = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 } as const;
    const credentials: UserCredentials = {
      version: '3',
      user,
      auth_protocol: 'sha512',
      priv_protocol: 'aes',
      context: '',
      port: snmpd.port,
      timeout: 1000,
      retries: 0,
      max_repetitions: 20,
      ...more,
    };
    const session = openSession({ address, credentials, clock: systemClock, onFault: () => {} });
    sessions.push(session);
    return session;
  }
  const pair = (auth: AuthProtocol, priv: PrivProtocol, more: Partial<UserCredentials> = {}): SnmpSession =>
    open(`${auth}-${priv}`, {
      auth_protocol: auth,
      auth_key: authKey(auth),
      priv_protocol: priv,
      priv_key: privKey(auth, priv),
      ...more,
    });
  const sysName = async (session: SnmpSession): Promise<string> => {
    const { varbinds } = await session.get([SYS_NAME], signal);
    return Buffer.from(varbinds[0]!.value as Uint8Array).toString();
  };
  const errorOf = (asked: Promise<unknown>): Promise<Error | undefined> =>
    asked.then(
      () => undefined,
      (e: Error) => e,
    );

  // net-snmp asks OpenSSL for single DES, which version 3 does not offer, and knows no AES-192.
  const known = PAIRS.filter(([, priv]) => driver !== 'net-snmp' || !/^(des|aes192.)$/.test(priv));
  it.each(known)('reads with %s and %s, Get and GetBulk', async (auth, priv) => {
    const session = pair(auth, priv);
    expect(await sysName(session)).toBe('snmpd-under-test');
    const bulk = await session.getBulk(
      { nonRepeaters: ['1.3.6.1.2.1.1.3'], repeaters: ['1.3.6.1.2.1.1'], maxRepetitions: 7 },
      signal,
    );
    expect(bulk.nonRepeaters[0]).toMatchObject({ oid: '1.3.6.1.2.1.1.3.0', type: 'TimeTicks' });
    expect(bulk.columns[0]!.map((v) => v.oid)).toContain(SYS_NAME);
  });

  it('reads without privacy, and without either', async () => {
    expect(await sysName(open('signed', { auth_key: 'auth-phrase-signed' }))).toBe('snmpd-under-test');
    expect(await sysName(open('open'))).toBe('snmpd-under-test');
  });

  it.each<[string, () => SnmpSession, RegExp]>([
    ['a user that it does not know', () => open('nobody'), /user/i],
    ['a wrong auth_key', () => pair('sha256', 'aes', { auth_key: 'not-the-auth-key' }), /digest/i],
    ['another auth_protocol', () => pair('sha256', 'aes', { auth_protocol: 'sha384' }), /digest/i],
    ['a wrong priv_key', () => pair('sha256', 'aes', { priv_key: 'not-the-priv-key' }), /decrypt|priv_key/i],
    ['the other key localisation', () => pair('sha', 'aes256b', { priv_protocol: 'aes256r' }), /decrypt|priv_key/i],
    [
      'a level that the user has no key for',
      () => open('signed', { auth_key: 'auth-phrase-signed', priv_key: 'priv-phrase-no' }),
      /level/i,
    ],
  ])('says so for %s, without a key or digest in its text', async (_name, make, words) => {
    const error = await errorOf(sysName(make()));
    expect(error).toMatchObject({ code: 'BW_SNMP_AUTH' });
    expect(error?.message).toMatch(words);
    expect(error?.message).not.toMatch(/[0-9a-f]{16}|phrase|not-the/);
  });

  it('goes on with the same session after the engine restarted', async () => {
    const session = pair('sha512', 'aes256b');
    expect(await sysName(session)).toBe('snmpd-under-test');
    for (let i = 0; i < 2; i++) {
      await snmpd.restart();
      expect(await sysName(session)).toBe('snmpd-under-test');
    }
  });
});
