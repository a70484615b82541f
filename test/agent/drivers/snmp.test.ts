import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SnmpCredentials } from '../../../agent/config.ts';
import { createFastDriver } from '../../../agent/drivers/fast/session.ts';
import type { SnmpSession } from '../../../agent/drivers/snmp-session.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { snmpDriverContract } from '../../contract/snmp-driver.ts';
import { openSnmpSession } from '../../support/net-snmp-session.ts';
import { type Snmpd, startSnmpd } from '../../support/snmpd.ts';
import { user } from '../poll/fixture.ts';

snmpDriverContract('net-snmp', openSnmpSession);
snmpDriverContract('net-snmp', openSnmpSession, { spoken: '3', loose: true });
snmpDriverContract('the fast path', createFastDriver(systemClock));
snmpDriverContract('the fast path', createFastDriver(systemClock), { spoken: '3' });

describe('SNMPv3 against a real snmpd', () => {
  let snmpd: Snmpd;
  const sessions: SnmpSession[] = [];
  const signal = new AbortController().signal;
  beforeAll(async () => {
    snmpd = await startSnmpd();
  });
  afterAll(async () => {
    for (const session of sessions) session.close();
    await snmpd.stop();
  });
  function open(credentials: SnmpCredentials): SnmpSession {
    const address = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 } as const;
    const session = openSnmpSession({ address, credentials, clock: systemClock, onFault: () => {} });
    sessions.push(session);
    return session;
  }
  const sysName = async (session: SnmpSession) => {
    const { varbinds } = await session.get(['1.3.6.1.2.1.1.5.0'], signal);
    return Buffer.from(varbinds[0]!.value as Uint8Array).toString();
  };

  it('reads with SHA-256 and AES', async () => {
    expect(await sysName(open(user(snmpd.port, snmpd.user)))).toBe('snmpd-under-test');
  });

  it.each([
    ['an unknown user', { name: 'nobody' }],
    ['a wrong authentication key', { authKey: 'not-the-auth-key' }],
    ['a wrong privacy key', { privKey: 'not-the-priv-key' }],
  ])('%s is BW_SNMP_AUTH, without a key or digest in its text', async (_name, wrong) => {
    const error = await sysName(open(user(snmpd.port, { ...snmpd.user, ...wrong }))).then(
      () => undefined,
      (e: Error) => e,
    );
    expect(error).toMatchObject({ code: 'BW_SNMP_AUTH' });
    expect(error?.message).not.toMatch(/[0-9a-f]{16}|key-of-tests|not-the/);
  });

  it('goes on with the same session after the engine restarted', async () => {
    const session = open(user(snmpd.port, snmpd.user));
    expect(await sysName(session)).toBe('snmpd-under-test');
    for (let i = 0; i < 2; i++) {
      await snmpd.restart();
      expect(await sysName(session)).toBe('snmpd-under-test');
    }
  });
});
