import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { BerWriter } from 'asn1-ber';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { OidTable, type SimValue } from '../../sim/oid-table.ts';
import { type Behaviour, SnmpResponder } from '../../sim/responder.ts';
import { decodeRequest } from '../../sim/snmp-message.ts';
import { NUMERIC, runTool } from './snmp-tools.ts';

const ADDRESS = '127.20.9.1';
const started: SnmpResponder[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((r) => r.stop()));
});

function device(): OidTable {
  const table = new OidTable()
    .set('1.3.6.1.2.1.1.1', '0', { type: 'octets', value: 'Simulated switch' })
    .set('1.3.6.1.2.1.1.2', '0', { type: 'oid', value: '1.3.6.1.4.1.8072.9999' })
    .set('1.3.6.1.2.1.1.3', '0', { type: 'timeticks', value: 4_294_967_295 })
    .set('1.3.6.1.2.1.4.20.1.1', '10.0.0.1', { type: 'ip', value: '10.200.0.255' });
  const columns: [number, (i: number) => SimValue][] = [
    [1, (i) => ({ type: 'integer', value: i })],
    [5, () => ({ type: 'gauge32', value: 4_294_967_295 })],
    [9, (i) => ({ type: 'integer', value: -i })],
    [10, (i) => ({ type: 'counter32', value: 2 ** 31 + i })],
  ];
  for (const [column, value] of columns)
    for (let i = 1; i <= 50; i++) table.set(`1.3.6.1.2.1.2.2.1.${column}`, String(i), value(i));
  for (let i = 1; i <= 50; i++)
    table.set('1.3.6.1.2.1.31.1.1.1.6', String(i), { type: 'counter64', value: 2n ** 64n - BigInt(i) });
  return table;
}

async function start(
  behaviour: Behaviour = {},
  maxBytes?: number,
): Promise<{ host: string; responder: SnmpResponder }> {
  const responder = new SnmpResponder({
    address: ADDRESS,
    port: 0,
    community: 'school-ro',
    device: device(),
    clock: systemClock,
    behaviour,
    ...(maxBytes ? { maxBytes } : {}),
  });
  started.push(responder);
  const { port } = await responder.start();
  return { host: `${ADDRESS}:${port}`, responder };
}

const v2 = [...NUMERIC, '-v2c', '-c', 'school-ro'];
const v1 = [...NUMERIC, '-v1', '-c', 'school-ro'];

describe('SnmpResponder, seen by the net-snmp tools', () => {
  it('answers Get with every value type exact', async () => {
    const { host } = await start();
    const { code, out } = await runTool('snmpget', [
      ...v2,
      host,
      '1.3.6.1.2.1.1.1.0',
      '1.3.6.1.2.1.1.2.0',
      '1.3.6.1.2.1.1.3.0',
      '1.3.6.1.2.1.4.20.1.1.10.0.0.1',
      '1.3.6.1.2.1.2.2.1.5.7',
      '1.3.6.1.2.1.2.2.1.9.50',
      '1.3.6.1.2.1.2.2.1.10.7',
      '1.3.6.1.2.1.31.1.1.1.6.1',
    ]);
    expect(out.trim().split('\n')).toEqual([
      '.1.3.6.1.2.1.1.1.0 = STRING: "Simulated switch"',
      '.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.8072.9999',
      '.1.3.6.1.2.1.1.3.0 = Timeticks: (4294967295) 497 days, 2:27:52.95',
      '.1.3.6.1.2.1.4.20.1.1.10.0.0.1 = IpAddress: 10.200.0.255',
      '.1.3.6.1.2.1.2.2.1.5.7 = Gauge32: 4294967295',
      '.1.3.6.1.2.1.2.2.1.9.50 = INTEGER: -50',
      '.1.3.6.1.2.1.2.2.1.10.7 = Counter32: 2147483655',
      '.1.3.6.1.2.1.31.1.1.1.6.1 = Counter64: 18446744073709551615',
    ]);
    expect(code).toBe(0);
  });

  it.each([
    ['snmpwalk', v2],
    ['snmpbulkwalk', v2],
    ['snmpwalk', v1],
  ])('%s sees the whole table in order, exactly once', async (tool, args) => {
    const { host } = await start();
    const { code, out } = await runTool(tool, [...args, host, '1.3.6.1.2.1.2.2']);
    const oids = out
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    const expected = [1, 5, 9, 10].flatMap((c) =>
      Array.from({ length: 50 }, (_, i) => `.1.3.6.1.2.1.2.2.1.${c}.${i + 1}`),
    );
    expect(oids).toEqual(expected);
    expect(code).toBe(0);
  });

  it('tells a missing instance from a missing object, and the end of the MIB', async () => {
    const { host } = await start();
    const missing = await runTool('snmpget', [...v2, host, '1.3.6.1.2.1.2.2.1.5.99', '1.3.6.1.2.1.99.1.0']);
    expect(missing.out).toContain('1.3.6.1.2.1.2.2.1.5.99 = No Such Instance');
    expect(missing.out).toContain('1.3.6.1.2.1.99.1.0 = No Such Object');
    const end = await runTool('snmpgetnext', [...v2, host, '1.3.6.1.2.1.31.1.1.1.6.50']);
    expect(end.out).toContain('No more variables left in this MIB View');
  });

  it('speaks version 1: noSuchName with its index, no Counter64, no Set', async () => {
    const { host } = await start();
    const missing = await runTool('snmpget', [...v1, '-Cf', host, '1.3.6.1.2.1.1.1.0', '1.3.6.1.2.1.99.1.0']);
    expect(missing.err).toContain('noSuchName');
    expect(missing.err).toContain('.1.3.6.1.2.1.99.1.0');
    expect(missing.code).not.toBe(0);
    const counter = await runTool('snmpget', [...v1, '-Cf', host, '1.3.6.1.2.1.31.1.1.1.6.1']);
    expect(counter.err).toContain('noSuchName');
    const after = await runTool('snmpgetnext', [...v1, host, '1.3.6.1.2.1.4.20.1.1.10.0.0.1']);
    expect(after.err).toContain('noSuchName');
    const set = await runTool('snmpset', [...v1, host, '1.3.6.1.2.1.1.1.0', 's', 'x']);
    expect(set.err).toContain('noSuchName');
  });

  it('refuses Set in version 2c', async () => {
    const { host } = await start();
    const { err } = await runTool('snmpset', [...v2, host, '1.3.6.1.2.1.1.1.0', 's', 'x']);
    expect(err).toContain('notWritable');
  });

  it('answers tooBig when a Get does not fit, and cuts a GetBulk to what fits', async () => {
    const { host } = await start({}, 200);
    const oids = Array.from({ length: 20 }, (_, i) => `1.3.6.1.2.1.2.2.1.10.${i + 1}`);
    const { err } = await runTool('snmpget', [...v2, host, ...oids]);
    expect(err).toContain('tooBig');
    const bulk = await runTool('snmpbulkget', [
      ...v2,
      '-Cn1',
      '-Cr50',
      host,
      '1.3.6.1.2.1.1.2',
      '1.3.6.1.2.1.2.2.1.10',
    ]);
    const lines = bulk.out.trim().split('\n');
    expect(lines[0]).toContain('.1.3.6.1.2.1.1.2.0 = OID');
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.length).toBeLessThan(12);
  });

  it('does not answer another community, and counts it', async () => {
    const { host, responder } = await start();
    const { code, err } = await runTool('snmpget', [...NUMERIC, '-v2c', '-c', 'wrong', host, '1.3.6.1.2.1.1.1.0']);
    expect(err).toContain('Timeout');
    expect(code).not.toBe(0);
    expect(responder.stats).toEqual({ requests: 1, replies: 0, dropped: 1 });
  });
});

const IF_IN_OCTETS = '1.3.6.1.2.1.2.2.1.10';

function requestBytes(pdu: number, first: number, second: number, oids: readonly string[]): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(1);
  writer.writeString('school-ro');
  writer.startSequence(pdu);
  for (const value of [7, first, second]) writer.writeInt(value);
  writer.startSequence();
  for (const oid of oids) {
    writer.startSequence();
    writer.writeOID(oid);
    writer.writeNull();
    writer.endSequence();
  }
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

/** Sends `request` and waits for one reply; undefined when none comes within `ms`. */
async function exchange(
  host: string,
  request: Buffer,
  ms: number,
): Promise<{ reply: Buffer; from: string } | undefined> {
  const [address, port] = host.split(':') as [string, string];
  const socket = createSocket('udp4');
  try {
    socket.send(request, Number(port), address);
    const [reply, from] = (await once(socket, 'message', { signal: AbortSignal.timeout(ms) })) as [Buffer, RemoteInfo];
    return { reply, from: `${from.address}:${from.port}` };
  } catch (error) {
    if ((error as Error).name === 'AbortError') return undefined;
    throw error;
  } finally {
    socket.close();
  }
}

describe('SnmpResponder, misbehaving', () => {
  const bulk = requestBytes(0xa5, 0, 60, [IF_IN_OCTETS]);

  it('is by the book with no misbehaviour: from the address asked, at most 1400 bytes', async () => {
    const { host } = await start();
    const answer = await exchange(host, bulk, 5_000);
    expect(answer?.from).toBe(host);
    expect(answer?.reply.length).toBeGreaterThan(900);
    expect(answer?.reply.length).toBeLessThanOrEqual(1400);
  });

  it('silent, and heard again once it is not', async () => {
    const { host, responder } = await start({ silent: true });
    expect(await exchange(host, bulk, 200)).toBeUndefined();
    responder.behaviour = {};
    expect(await exchange(host, bulk, 5_000)).toBeDefined();
  });

  it('late by delayMs', async () => {
    const { host } = await start({ delayMs: 300 });
    const asked = systemClock.monotonic();
    expect(await exchange(host, bulk, 5_000)).toBeDefined();
    expect(systemClock.monotonic() - asked).toBeGreaterThanOrEqual(295);
  });

  it('stop does not wait for delayed replies, and start works again', async () => {
    const { host, responder } = await start({ delayMs: 60_000 });
    await exchange(host, bulk, 100);
    await responder.stop();
    await responder.stop();
    responder.behaviour = {};
    const { address, port } = await responder.start();
    expect(await responder.start()).toEqual({ address, port });
    expect(await exchange(`${address}:${port}`, bulk, 5_000)).toBeDefined();
  });

  it('garbage: no SNMP message', async () => {
    const { host } = await start({ garbage: true });
    const answer = await exchange(host, bulk, 5_000);
    expect(answer && decodeRequest(answer.reply)).toBeUndefined();
    expect(answer).toBeDefined();
  });

  it('truncated: the first bytes of the true reply', async () => {
    const { host, responder } = await start();
    const request = requestBytes(0xa0, 0, 0, ['1.3.6.1.2.1.1.1.0']);
    const full = await exchange(host, request, 5_000);
    responder.behaviour = { truncateTo: 20 };
    expect((await exchange(host, request, 5_000))?.reply).toEqual(full?.reply.subarray(0, 20));
  });

  it('from another port, and from another address', async () => {
    const { host, responder } = await start({ answerFrom: 'other-port' });
    const port = await exchange(host, bulk, 5_000);
    expect(port?.from).toMatch(new RegExp(`^${ADDRESS}:`));
    expect(port?.from).not.toBe(host);
    responder.behaviour = { answerFrom: { address: '127.20.9.2' } };
    expect((await exchange(host, bulk, 5_000))?.from).toMatch(/^127\.20\.9\.2:/);
  });

  it('with a request-id that nobody asked for', async () => {
    const { host } = await start({ requestIdOffset: 1 });
    const answer = await exchange(host, bulk, 5_000);
    expect(answer && decodeRequest(answer.reply)?.requestId).toBe(8);
  });

  it('repeats the same OID for ever, which a walk notices', async () => {
    const { host } = await start({ repeatOid: true });
    for (const tool of ['snmpwalk', 'snmpbulkwalk']) {
      const { err, code } = await runTool(tool, [...v2, host, IF_IN_OCTETS]);
      expect(err).toContain('OID not increasing');
      expect(code).not.toBe(0);
    }
  });

  it('small buffers: few rows in a GetBulk, or silence above a limit', async () => {
    const { host, responder } = await start({ maxRows: 3 });
    const few = await runTool('snmpbulkget', [...v2, '-Cr20', host, IF_IN_OCTETS]);
    expect(few.out.trim().split('\n')).toHaveLength(3);
    responder.behaviour = { dropBulkAbove: 10 };
    expect(await exchange(host, bulk, 200)).toBeUndefined();
    expect(await exchange(host, requestBytes(0xa5, 0, 10, [IF_IN_OCTETS]), 5_000)).toBeDefined();
  });

  it('survives any bytes', async () => {
    const { host, responder } = await start();
    const [address, port] = host.split(':') as [string, string];
    const socket = createSocket('udp4');
    const attacks = fc.sample(
      fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 80 }),
        fc.tuple(fc.nat(bulk.length - 1), fc.nat(255)).map(([i, b]) => Uint8Array.from(bulk).with(i, b)),
        fc.nat(bulk.length - 1).map((n) => Uint8Array.from(bulk.subarray(0, n + 1))),
      ),
      { numRuns: 300, seed: 7 },
    );
    // A few at a time: more would overflow the socket's buffer, and nothing would be shown.
    for (let i = 0; i < attacks.length; i += 25) {
      for (const attack of attacks.slice(i, i + 25))
        await new Promise((sent) => socket.send(attack, Number(port), address, sent));
      expect(await exchange(host, bulk, 5_000)).toBeDefined();
    }
    socket.close();
    expect(responder.stats.requests).toBe(attacks.length + attacks.length / 25);
  });
});
