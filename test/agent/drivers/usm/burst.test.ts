import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SnmpCredentials } from '../../../../agent/config.ts';
import { createFastDriver } from '../../../../agent/drivers/fast/session.ts';
import {
  type BulkRequest,
  type BurstOutcome,
  type BurstSession,
  canBurst,
} from '../../../../agent/drivers/snmp-session.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { SnmpResponder } from '../../../../sim/responder.ts';
import { device, PRIVATE, USERS } from './exchange.ts';

const COMMUNITY = 'burst';
const REQUESTS: readonly BulkRequest[] = [
  '1.3.6.1.2.1.2.2.1.5',
  '1.3.6.1.2.1.2.2.1.10',
  '1.3.6.1.2.1.31.1.1.1.6',
].flatMap((column) =>
  [column, `${column}.1`, `${column}.2`, `${column}.3`].map((from) => ({
    nonRepeaters: ['1.3.6.1.2.1.1.3'],
    repeaters: [from],
    maxRepetitions: 1,
  })),
);

describe('a burst of version 3', () => {
  const open = createFastDriver(systemClock);
  let responder: SnmpResponder;
  let port = 0;
  let sessions: BurstSession[] = [];
  beforeEach(async () => {
    const options = { address: '127.0.0.1', port: 0, community: COMMUNITY, clock: systemClock, users: USERS };
    responder = new SnmpResponder({ ...options, device: device() });
    ({ port } = await responder.start());
  });
  afterEach(async () => {
    for (const session of sessions) session.close();
    sessions = [];
    await responder.stop();
  });

  function session(more: object = {}): BurstSession {
    const common = { port, timeout: 300, retries: 0, max_repetitions: 20 };
    const keys = {
      auth_protocol: 'sha256',
      auth_key: PRIVATE.auth!.phrase,
      priv_protocol: 'aes',
      priv_key: PRIVATE.priv!.phrase,
    };
    const credentials = {
      version: '3',
      user: PRIVATE.name,
      context: '',
      ...keys,
      ...common,
      ...more,
    } as SnmpCredentials;
    const address = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 } as const;
    const opened = open({ address, credentials, clock: systemClock, onFault: () => {} });
    if (!canBurst(opened)) throw new Error('no burst');
    sessions.push(opened);
    return opened;
  }

  /** The bindings of each answer, as they came. */
  async function burst(
    of: BurstSession,
    more: { readonly retries?: number; readonly signal?: AbortSignal; readonly onTake?: () => void } = {},
  ): Promise<{ outcome: BurstOutcome; bindings: string[] }> {
    const bindings: string[] = [];
    const outcome = await of.burst(REQUESTS, {
      window: 4,
      retries: more.retries ?? 0,
      signal: more.signal ?? new AbortController().signal,
      take: (index, bytes, from, to) => {
        bindings[index] = Buffer.from(bytes.subarray(from, to)).toString('hex');
        more.onTake?.();
        return true;
      },
    });
    return { outcome, bindings };
  }
  const whole = {
    error: undefined,
    unexpected: false,
    timeouts: 0,
    retries: 0,
    taken: REQUESTS.length,
  };

  it('gives the bindings that version 2c gives, octet for octet, with one message more for the first', async () => {
    const plain = await burst(session({ version: '2c', community: COMMUNITY }));
    const secured = session();
    const first = await burst(secured);
    expect(first.bindings).toEqual(plain.bindings);
    expect(first.outcome).toMatchObject({ ...whole, sent: REQUESTS.length + 1 });
    const second = await burst(secured);
    expect(second.outcome).toMatchObject({ ...whole, sent: REQUESTS.length });
    expect(second.outcome.longest).toBe(plain.outcome.longest);
  });

  it.each([true, false])('survives a restart of the engine in its midst (boots kept: %s)', async (kept) => {
    const one = session();
    responder.engine!.restart(systemClock.monotonic() - 3_600_000);
    let taken = 0;
    const { outcome } = await burst(one, {
      onTake: () => {
        if (++taken === 3) responder.engine!.restart(systemClock.monotonic(), kept);
      },
    });
    expect(outcome).toMatchObject(whole);
    expect(outcome.sent).toBeGreaterThan(REQUESTS.length + 1);
  });

  it('says why, for a device that refuses or is silent', async () => {
    const refused = await burst(session({ auth_key: 'something-else' }));
    expect(refused.outcome.error).toMatchObject({ code: 'BW_SNMP_AUTH', message: expect.stringMatching(/auth_key/) });
    const one = session({ timeout: 40 });
    responder.behaviour = { silent: true };
    const unknown = await burst(one, { retries: 1 });
    expect(unknown.outcome).toMatchObject({ timeouts: 2, retries: 1, sent: 2, error: { code: 'BW_SNMP_TIMEOUT' } });
    responder.behaviour = {};
    expect((await burst(one)).outcome).toMatchObject(whole);
    responder.behaviour = { silent: true };
    expect((await burst(one)).outcome).toMatchObject({ error: { code: 'BW_SNMP_TIMEOUT' } });
    responder.behaviour = { requestIdOffset: 1 };
    expect((await burst(one)).outcome).toMatchObject({ error: { code: 'BW_SNMP_TIMEOUT' } });
  });

  it('ends when told to, and is not taken up on a closed session', async () => {
    const one = session();
    const stop = new AbortController();
    const cut = await burst(one, { signal: stop.signal, onTake: () => stop.abort() });
    expect(cut.outcome).toMatchObject({ error: { code: 'BW_SNMP_BUDGET' } });
    expect(cut.bindings.filter(Boolean)).toHaveLength(1);
    one.close();
    expect((await burst(one)).outcome).toMatchObject({ error: { code: 'BW_SNMP_BUDGET' }, sent: 0 });
  });
});
