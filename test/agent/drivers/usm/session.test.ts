import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SnmpCredentials } from '../../../../agent/config.ts';
import { createFastDriver } from '../../../../agent/drivers/fast/session.ts';
import type { SnmpFault, SnmpSession } from '../../../../agent/drivers/snmp-session.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { SnmpResponder } from '../../../../sim/responder.ts';
import { device, PRIVATE, USERS } from './exchange.ts';

type UserCredentials = Extract<SnmpCredentials, { version: '3' }>;

const open = createFastDriver(systemClock);
const signal = new AbortController().signal;

describe('a v3 session', () => {
  let responder: SnmpResponder;
  let port = 0;
  let sessions: SnmpSession[] = [];
  const start = async (at: number): Promise<void> => {
    const options = { address: '127.0.0.1', community: 'none', clock: systemClock, users: USERS };
    responder = new SnmpResponder({ ...options, port: at, device: device() });
    ({ port } = await responder.start());
  };
  beforeEach(() => start(0));
  afterEach(async () => {
    for (const session of sessions) session.close();
    sessions = [];
    await responder.stop();
  });

  function session(more: Partial<UserCredentials> = {}, faults: SnmpFault[] = []): SnmpSession {
    const credentials: UserCredentials = {
      ...{ version: '3', user: PRIVATE.name, context: '', port, timeout: 400, retries: 0, max_repetitions: 20 },
      ...{ auth_protocol: 'sha256', auth_key: PRIVATE.auth!.phrase },
      ...{ priv_protocol: 'aes', priv_key: PRIVATE.priv!.phrase },
      ...more,
    };
    const address = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 } as const;
    const opened = open({ address, credentials, clock: systemClock, onFault: (fault) => faults.push(fault) });
    sessions.push(opened);
    return opened;
  }
  const uptime = async (of: SnmpSession): Promise<unknown> =>
    (await of.get(['1.3.6.1.2.1.1.3.0'], signal)).varbinds[0]!.value;
  /** Datagrams that a call takes. */
  const spent = async (call: Promise<unknown>): Promise<number> => {
    const before = responder.stats.requests;
    await call.catch(() => {});
    return responder.stats.requests - before;
  };

  it('discovers the engine once, then spends one message for each request', async () => {
    const one = session();
    expect(await spent(uptime(one))).toBe(2);
    expect(await spent(uptime(one))).toBe(1);
    expect(await spent(one.getNext(['1.3.6.1.2.1.1'], signal))).toBe(1);
  });

  it.each([true, false])(
    'puts its clock right with one message more after a restart (boots kept: %s)',
    async (kept) => {
      const one = session();
      await uptime(one);
      // As if it had run for an hour when it was asked.
      responder.engine!.restart(systemClock.monotonic() - 3_600_000);
      expect(await spent(uptime(one))).toBe(2);
      responder.engine!.restart(systemClock.monotonic(), kept);
      expect(await spent(uptime(one))).toBe(2);
      expect(await uptime(one)).toBe(4_294_967_295);
      expect(await spent(uptime(one))).toBe(1);
    },
  );

  it('learns the engine that is at the address now', async () => {
    const one = session();
    await uptime(one);
    await responder.stop();
    await start(port);
    expect(await uptime(one)).toBe(4_294_967_295);
  });

  it('discovers anew after silence', async () => {
    const one = session({ timeout: 60 });
    await uptime(one);
    responder.behaviour = { silent: true };
    await expect(uptime(one)).rejects.toMatchObject({ code: 'BW_SNMP_TIMEOUT', retryable: true });
    responder.behaviour = {};
    expect(await spent(uptime(one))).toBe(2);
    expect(await spent(uptime(one))).toBe(1);
  });

  it('asks once for what the device refuses, and says why', async () => {
    for (const [more, words] of [
      [{ user: 'nobody' }, /does not know the user \(unknownUserNames\)/],
      [{ auth_key: 'something-else' }, /auth_key .*\(wrongDigests\)/],
      [{ priv_key: 'something-else' }, /priv_key .*\(decryptionErrors\)/],
      [{ level: 'authNoPriv' }, /security level .*\(unsupportedSecLevels\)/],
    ] as const) {
      const one = session(more);
      const asked = uptime(one);
      await expect(asked).rejects.toMatchObject({ code: 'BW_SNMP_AUTH', message: expect.stringMatching(words) });
      expect(await spent(uptime(one))).toBe(1);
    }
  });

  it('one device of many does not see the others', async () => {
    const faults: SnmpFault[] = [];
    const many = Array.from({ length: 20 }, () => session({}, faults));
    const values = await Promise.all(many.flatMap((one) => [uptime(one)]));
    expect(new Set(values)).toEqual(new Set([4_294_967_295]));
    expect(faults).toEqual([]);
  });

  it('takes one request at a time', async () => {
    const one = session();
    const first = uptime(one);
    await expect(uptime(one)).rejects.toThrow(/one request at a time/);
    expect(await first).toBe(4_294_967_295);
  });
});
