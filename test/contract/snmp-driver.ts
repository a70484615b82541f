import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SnmpCredentials } from '../../agent/config.ts';
import type { HostAddress } from '../../agent/drivers/resolve.ts';
import type { OpenSnmpSession, SnmpFault, SnmpSession } from '../../agent/drivers/snmp-session.ts';
import { systemClock } from '../../runtime/clock.ts';
import { OidTable } from '../../sim/oid-table.ts';
import { type Behaviour, SnmpResponder } from '../../sim/responder.ts';
import { answer } from '../../sim/snmp-agent.ts';
import { decodeRequest } from '../../sim/snmp-message.ts';
import { isVersion3, SimulatedEngine } from '../../sim/usm-engine.ts';
import type { SimUser } from '../../sim/usm-keys.ts';

const COMMUNITY = 'contract';
const LOOPBACK: HostAddress = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 };

function table(): OidTable {
  const device = new OidTable()
    .set('1.3.6.1.2.1.1.1', '0', { type: 'octets', value: Buffer.from([0x42, 0xfc, 0x00]) })
    .set('1.3.6.1.2.1.1.2', '0', { type: 'oid', value: '1.3.6.1.4.1.8072.4294967295' })
    .set('1.3.6.1.2.1.1.3', '0', { type: 'timeticks', value: 4_294_967_295 })
    .set('1.3.6.1.2.1.1.9', '0', { type: 'ip', value: '10.0.255.1' })
    .set('1.3.6.1.2.1.1.10', '0', { type: 'integer', value: -7 });
  for (let i = 1; i <= 4; i++)
    device
      .set('1.3.6.1.2.1.2.2.1.10', `${i}`, { type: 'counter32', value: 4_294_967_290 + i })
      .set('1.3.6.1.2.1.31.1.1.1.6', `${i}`, { type: 'counter64', value: 2n ** 64n - BigInt(i) });
  return device;
}

const ANOTHER_REQUEST: [string, Behaviour, string, SnmpFault] = [
  'answers another request',
  { requestIdOffset: 5 },
  'BW_SNMP_TIMEOUT',
  'late',
];

const USER: SimUser = {
  name: 'contract',
  auth: { protocol: 'sha256', phrase: 'auth-phrase-of-contract' },
  priv: { protocol: 'aes', phrase: 'priv-phrase-of-contract' },
};

/** How the device is asked, in either kind of version. */
function credentialsOf(port: number, timeout: number, version: '1' | '2c' | '3'): SnmpCredentials {
  const common = { port, timeout, retries: 0, max_repetitions: 20 };
  if (version !== '3') return { version, community: COMMUNITY, ...common };
  const { name: user, auth, priv } = USER;
  const keys = { auth_protocol: auth!.protocol, auth_key: auth!.phrase, priv_protocol: priv!.protocol };
  return { version, user, context: '', ...keys, priv_key: priv!.phrase, ...common };
}

/**
 * What every SNMP driver must do, run against a device that misbehaves on demand, in SNMPv2c or authPriv of SNMPv3. `loose`: net-snmp in version 3, which
 * does not look at the request-id within a message and gives up its socket with a failure, so that it does not see what comes late.
 */
export function snmpDriverContract(
  name: string,
  open: OpenSnmpSession,
  { spoken = '2c', loose = false }: { readonly spoken?: '2c' | '3'; readonly loose?: boolean } = {},
): void {
  describe(`${name} keeps the contract of an SNMP driver, version ${spoken}`, () => {
    let responder: SnmpResponder;
    let port = 0;
    beforeAll(async () => {
      responder = new SnmpResponder({
        address: '127.0.0.1',
        port: 0,
        community: COMMUNITY,
        device: table(),
        clock: systemClock,
        users: [USER],
      });
      ({ port } = await responder.start());
    });
    afterAll(() => responder.stop());

    /** Runs `use` on a session to the device behaving so; gives the faults reported meanwhile. */
    async function talk<T>(
      behaviour: Behaviour,
      use: (session: SnmpSession, signal: AbortSignal) => Promise<T>,
      more: { readonly version?: '1'; readonly timeout?: number } = {},
    ): Promise<{ result: T; faults: SnmpFault[] }> {
      responder.behaviour = behaviour;
      const faults: SnmpFault[] = [];
      const credentials = credentialsOf(port, more.timeout ?? 150, more.version ?? spoken);
      const session = open({
        address: LOOPBACK,
        credentials,
        clock: systemClock,
        onFault: (fault) => faults.push(fault),
      });
      try {
        return { result: await use(session, new AbortController().signal), faults };
      } finally {
        session.close();
      }
    }
    const ask = (session: SnmpSession, signal: AbortSignal) => session.get(['1.3.6.1.2.1.1.3.0'], signal);

    it('reads every type exactly', async () => {
      const before = systemClock.monotonic();
      const { result } = await talk({}, (s, signal) =>
        s.get(
          [
            '1.3.6.1.2.1.1.1.0',
            '1.3.6.1.2.1.1.2.0',
            '1.3.6.1.2.1.1.3.0',
            '1.3.6.1.2.1.1.9.0',
            '1.3.6.1.2.1.1.10.0',
            '1.3.6.1.2.1.31.1.1.1.6.1',
            '1.3.6.1.2.1.2.2.1.10.5',
            '1.3.6.9.9.0',
          ],
          signal,
        ),
      );
      expect(result.varbinds.map((v) => [v.type, v.value instanceof Uint8Array ? [...v.value] : v.value])).toEqual([
        ['OctetString', [0x42, 0xfc, 0]],
        ['ObjectIdentifier', '1.3.6.1.4.1.8072.4294967295'],
        ['TimeTicks', 4_294_967_295],
        ['IpAddress', '10.0.255.1'],
        ['Integer', -7],
        ['Counter64', 2n ** 64n - 1n],
        ['noSuchInstance', null],
        ['noSuchObject', null],
      ]);
      expect(result.receivedAt).toBeGreaterThan(before);
      expect(result.receivedAt).toBeLessThanOrEqual(systemClock.monotonic());
    });

    it('gives a GetBulk back by column, the non-repeaters apart', async () => {
      const { result } = await talk({}, (s, signal) =>
        s.getBulk(
          {
            nonRepeaters: ['1.3.6.1.2.1.1.3'],
            repeaters: ['1.3.6.1.2.1.2.2.1.10', '1.3.6.1.2.1.31.1.1.1.6.3'],
            maxRepetitions: 3,
          },
          signal,
        ),
      );
      expect(result.nonRepeaters.map((v) => v.oid)).toEqual(['1.3.6.1.2.1.1.3.0']);
      expect(result.columns[0]!.map((v) => v.value)).toEqual([4_294_967_291, 4_294_967_292, 4_294_967_293]);
      expect(result.columns[1]!.map((v) => v.type)).toEqual(['Counter64', 'endOfMibView', 'endOfMibView']);
    });

    if (spoken !== '3')
      it('asks one by one in SNMPv1, and says which name does not exist', async () => {
        const { result } = await talk(
          {},
          (s, signal) => s.getNext(['1.3.6.1.2.1.1.2', '1.3.6.1.2.1.2.2.1.10'], signal),
          {
            version: '1',
          },
        );
        expect(result.varbinds.map((v) => v.oid)).toEqual(['1.3.6.1.2.1.1.2.0', '1.3.6.1.2.1.2.2.1.10.1']);
        const missing = talk({}, (s, signal) => s.get(['1.3.6.1.2.1.1.3.0', '1.3.6.9.9.0'], signal), { version: '1' });
        await expect(missing).rejects.toMatchObject({
          code: 'BW_SNMP_ERROR',
          status: 'NoSuchName',
          oid: '1.3.6.9.9.0',
        });
      });

    it('passes on what an agent repeats, without judging it', async () => {
      const { result } = await talk({ repeatOid: true }, (s, signal) =>
        s.getBulk({ nonRepeaters: [], repeaters: ['1.3.6.1.2.1.2.2.1.10'], maxRepetitions: 2 }, signal),
      );
      expect(result.columns[0]!.map((v) => v.oid)).toEqual(['1.3.6.1.2.1.2.2.1.10', '1.3.6.1.2.1.2.2.1.10']);
    });

    it.each<[string, Behaviour, string, SnmpFault | undefined]>([
      ['never answers', { silent: true }, 'BW_SNMP_TIMEOUT', undefined],
      ['answers with garbage', { garbage: true }, 'BW_SNMP_MALFORMED', 'malformed'],
      ['answers with half a message', { truncateTo: 20 }, 'BW_SNMP_MALFORMED', 'malformed'],
      ['answers with nothing', { truncateTo: 0 }, 'BW_SNMP_MALFORMED', 'malformed'],
      ['answers from another port', { answerFrom: 'other-port' }, 'BW_SNMP_SOURCE', 'wrong_source'],
      ['answers from another address', { answerFrom: { address: '127.0.0.2' } }, 'BW_SNMP_SOURCE', 'wrong_source'],
      ...(loose ? [] : [ANOTHER_REQUEST]),
    ])('names a device that %s', async (_name, behaviour, code, fault) => {
      const faults: SnmpFault[] = [];
      const run = talk(behaviour, async (s, signal) => {
        await expect(ask(s, signal)).rejects.toMatchObject({ code });
        // The same session is good for a device that has come to its senses.
        responder.behaviour = {};
        expect((await ask(s, signal)).varbinds).toHaveLength(1);
      });
      faults.push(...(await run).faults);
      expect([...new Set(faults)]).toEqual(fault ? [fault] : []);
    });

    it('survives every way a reply can be cut', async () => {
      for (let length = 1; length < 45; length++)
        await talk(
          { truncateTo: length },
          (s, signal) =>
            expect(ask(s, signal), `cut to ${length}`).rejects.toMatchObject({ code: 'BW_SNMP_MALFORMED' }),
          { timeout: 40 },
        );
    });

    /** As `talk`, with a device that answers when the test says so. */
    async function talkByHand<T>(
      use: (session: SnmpSession, device: HandDevice, faults: SnmpFault[]) => Promise<T>,
    ): Promise<T> {
      const device = await HandDevice.start();
      const faults: SnmpFault[] = [];
      const credentials = credentialsOf(device.port, 2000, spoken);
      const session = open({
        address: LOOPBACK,
        credentials,
        clock: systemClock,
        onFault: (fault) => faults.push(fault),
      });
      try {
        return await use(session, device, faults);
      } finally {
        session.close();
        device.stop();
      }
    }

    it('does not let a stranger end the wait for the right answer', () =>
      talkByHand(async (session, device, faults) => {
        const asked = ask(session, new AbortController().signal);
        const request = await device.next();
        await device.strangerSays(request.port);
        await expect.poll(() => faults).toEqual(['wrong_source']);
        request.answer();
        expect((await asked).varbinds[0]!.value).toBe(4_294_967_295);
      }));

    if (!loose)
      it('ends at once when told to, and takes the late answer for what it is', () =>
        talkByHand(async (session, device, faults) => {
          const stop = new AbortController();
          const first = ask(session, stop.signal);
          const late = await device.next();
          stop.abort();
          await expect(first).rejects.toMatchObject({ code: 'BW_SNMP_BUDGET' });
          const second = ask(session, new AbortController().signal);
          const request = await device.next();
          late.answer();
          request.answer();
          await second;
          expect(faults).toEqual(['late']);
        }));

    it('can be closed twice, also while it waits, and not used after', async () => {
      await talk({ silent: true }, async (s, signal) => {
        const asked = ask(s, signal);
        s.close();
        s.close();
        await expect(asked).rejects.toMatchObject({ code: 'BW_SNMP_BUDGET' });
        await expect(ask(s, signal)).rejects.toMatchObject({ code: 'BW_SNMP_BUDGET' });
      });
    });
  });
}

interface HandRequest {
  readonly port: number;
  answer(): void;
}

/** A device whose every answer waits for the test. */
class HandDevice {
  readonly #socket: Socket;
  readonly #stranger: Socket;
  readonly #waiting: HandRequest[] = [];
  #arrived: (() => void) | undefined;

  static async start(): Promise<HandDevice> {
    const [socket, stranger] = [createSocket('udp4'), createSocket('udp4')];
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new HandDevice(socket, stranger);
  }

  private constructor(socket: Socket, stranger: Socket) {
    this.#socket = socket;
    this.#stranger = stranger;
    const device = table();
    const engine = new SimulatedEngine([USER], 0);
    socket.on('message', (datagram, from) => {
      const limits = { maxBytes: 1200, maxRows: 100 };
      const received = isVersion3(datagram) ? engine.receive(datagram, 0)! : { request: decodeRequest(datagram)! };
      // Discovery is not what a test waits for.
      if ('report' in received) return socket.send(received.report, from.port, from.address);
      const bare = answer(received.request, device, 0, limits)!;
      const reply = 'wrap' in received ? received.wrap(bare) : bare;
      this.#waiting.push({ port: from.port, answer: () => socket.send(reply, from.port, from.address) });
      this.#arrived?.();
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async next(): Promise<HandRequest> {
    if (this.#waiting.length === 0)
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    return this.#waiting.shift()!;
  }

  async strangerSays(port: number): Promise<void> {
    await new Promise((resolve) => this.#stranger.send('boo', port, '127.0.0.1', resolve));
  }

  stop(): void {
    this.#socket.close();
    this.#stranger.close();
  }
}
