import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  InventoryPush,
  type InventoryPushOptions,
  type InventoryTransport,
} from '../../../agent/push/inventory-push.ts';
import type { Reply } from '../../../agent/push/reply.ts';
import { HttpTransport } from '../../../agent/push/transport.ts';
import type { DeviceFacts } from '../../../core/device-facts.ts';
import { BellwetherError } from '../../../core/errors.ts';
import type { InventoryDocument, InventoryReply } from '../../../core/inventory-api.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { InventoryServer } from '../../collector/http/inventory-server.ts';
import { listen } from '../../collector/http/test-server.ts';
import { facts } from '../../support/device-facts.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { recordingLogger } from '../spool/fixture.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

let clock: FakeClock;
let metrics: SelfMetrics;
let abort: AbortController;
let running: Promise<void> | undefined;

beforeEach(() => {
  clock = new FakeClock();
  metrics = new SelfMetrics();
  abort = new AbortController();
});
afterEach(async () => {
  abort.abort();
  await clock.advance(SECOND);
  await running;
});

type Line = { device?: string; digest?: string; document?: InventoryDocument; roster?: string[] };

/** A collector that remembers what it was given, unless it is told to answer otherwise. */
class Scripted implements InventoryTransport {
  readonly requests: string[][] = [];
  readonly times: number[] = [];
  readonly known = new Map<string, string>();
  encodings = 2;
  answer: ((lines: Line[]) => Reply | number | Partial<InventoryReply> | undefined) | undefined;

  async postInventory(frames: readonly Uint8Array[], bytes: number): Promise<Reply> {
    const text = frames.map((frame) => zstdDecompressSync(frame).toString('utf8')).join('');
    expect(text.length).toBe(bytes);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    this.requests.push(
      lines.map(({ device, document, roster }) =>
        roster ? `roster ${roster}` : `${document ? 'send' : 'ask'} ${device}`,
      ),
    );
    this.times.push(clock.now());
    const said = this.answer?.(lines);
    if (typeof said === 'number') return { status: said, headers: {}, body: '' };
    if (said && 'status' in said) return said;
    const wanted = lines.flatMap(({ device, digest, document }) =>
      device && !document && this.known.get(device) !== digest ? [device] : [],
    );
    for (const { device, digest, document } of lines) if (document) this.known.set(device!, digest!);
    return { status: 200, headers: {}, body: JSON.stringify({ wanted, refused: [], ...said }) };
  }

  changeEncoding(): boolean {
    this.encodings--;
    return this.encodings > 0;
  }
}

let recorder: ReturnType<typeof recordingLogger>;

function start(transport: InventoryTransport, options: Partial<InventoryPushOptions> = {}): InventoryPush {
  recorder = recordingLogger();
  const push = new InventoryPush({ transport, clock, log: recorder.log, metrics, random: () => 0, ...options });
  running = push.run(abort.signal);
  return push;
}
const sw = (version: string, more: Partial<DeviceFacts> = {}) => facts({ vendor: 'Cisco', version, ...more });

async function metric(name: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

describe('the inventory of devices', () => {
  it('is asked about first; what the collector lacks is sent, then only what has changed', async () => {
    const transport = new Scripted();
    const push = start(transport);
    push.offer(sw('1'), { device: 'sw1' });
    push.offer(sw('1'), { device: 'sw2' });
    await clock.advance(SECOND);
    expect(transport.requests).toEqual([
      ['ask sw1', 'ask sw2'],
      ['send sw1', 'send sw2'],
    ]);
    for (let pass = 0; pass < 10; pass++) {
      push.offer(sw('1', { sysUpTime_ticks: pass }), { device: 'sw1' });
      await clock.advance(60 * SECOND);
    }
    expect(transport.requests).toHaveLength(2);
    push.offer(sw('2'), { device: 'sw1' });
    await clock.advance(SECOND);
    expect(transport.requests.slice(2)).toEqual([['send sw1']]);
    expect(await metric('bellwether_agent_inventory_documents_total{result="stored"}')).toBe(3);
    expect(await metric('bellwether_agent_inventory_waiting')).toBe(0);
  });

  it('after a restart nothing is sent that the collector has', async () => {
    const transport = new Scripted();
    start(transport).offer(sw('1'), { device: 'sw1' });
    await clock.advance(SECOND);
    abort.abort();
    await running;
    abort = new AbortController();
    start(transport).offer(sw('1'), { device: 'sw1' });
    await clock.advance(SECOND);
    expect(transport.requests).toEqual([['ask sw1'], ['send sw1'], ['ask sw1']]);
  });

  it('an unchanged device is mentioned once an hour, as long as it is read', async () => {
    const transport = new Scripted();
    const push = start(transport);
    for (let pass = 0; pass < 24; pass++) {
      push.offer(sw('1'), { device: 'sw1' });
      await clock.advance(HOUR / 4);
    }
    await clock.advance(24 * HOUR);
    expect(transport.requests.map(([line]) => line)).toEqual(['ask sw1', 'send sw1', ...Array(5).fill('ask sw1')]);
  });

  it('the newest of a device takes the place of the one before, also while a request is under way', async () => {
    const transport = new Scripted();
    const push = start(transport);
    transport.answer = () => 503;
    for (const version of ['1', '2', '3']) {
      push.offer(sw(version), { device: 'sw1' });
      await clock.advance(20 * SECOND);
    }
    const before = transport.requests.length;
    transport.answer = () => {
      push.offer(sw('4'), { device: 'sw1' });
      transport.answer = undefined;
      return undefined;
    };
    await clock.advance(10 * 60 * SECOND);
    expect(transport.requests.slice(before)).toEqual([['send sw1'], ['send sw1']]);
    push.offer(sw('4'), { device: 'sw1' });
    await clock.advance(SECOND);
    expect(transport.requests).toHaveLength(before + 2);
  });

  it('which devices are polled is told at the start, when it changes, and until it has got through', async () => {
    const transport = new Scripted();
    const push = start(transport);
    transport.answer = () => 503;
    push.retain(new Set(['sw2', 'sw1']));
    await clock.advance(HOUR);
    // Nothing was read yet, so there is nothing to say.
    expect(transport.requests).toEqual([]);
    push.offer(sw('1'), { device: 'sw1' });
    push.offer(sw('1'), { device: 'sw2' });
    await clock.advance(SECOND);
    transport.answer = undefined;
    await clock.advance(60 * SECOND);
    push.retain(new Set(['sw2']));
    await clock.advance(HOUR);
    expect(transport.requests).toEqual([
      ['roster sw1,sw2'],
      ['roster sw1,sw2'],
      ['ask sw1', 'ask sw2'],
      ['send sw1', 'send sw2'],
      ['roster sw2'],
    ]);
  });

  it('goes in requests of a bounded size', async () => {
    const transport = new Scripted();
    const push = start(transport, { requestBytes: 2_000 });
    const long = { sysLocation: 'x'.repeat(250), sysName: 'y'.repeat(250) };
    for (let n = 0; n < 6; n++) push.offer(sw('1', long), { device: `sw${n}` });
    await clock.advance(SECOND);
    const sent = transport.requests.filter(([line]) => line!.startsWith('send'));
    expect(sent.map((lines) => lines.length)).toEqual([2, 2, 2]);
  });
});

describe('a collector that does not take it', () => {
  it.each<[string, number, number]>([
    ['is down', 503, 5],
    ['does not know the token', 401, 5],
    ['knows no inventory (an older one, an InfluxDB)', 404, 1],
  ])('%s: it is tried again, ever more seldom', async (_name, status, atLeast) => {
    const transport = new Scripted();
    const push = start(transport);
    transport.answer = () => status;
    push.offer(sw('1'), { device: 'sw1' });
    await clock.advance(HOUR);
    const failed = transport.requests.length;
    expect(failed).toBeGreaterThanOrEqual(atLeast);
    expect(failed).toBeLessThan(150);
    expect(recorder.messages().filter((text) => text.includes('does not get to the collector'))).toHaveLength(1);
    transport.answer = undefined;
    await clock.advance(12 * HOUR);
    expect(transport.requests.at(-1)).toEqual(['send sw1']);
  });

  it('does not answer at all, or with something else', async () => {
    const transport = new Scripted();
    const push = start(transport);
    const answers: (() => Reply | number)[] = [
      () => {
        throw new BellwetherError('BW_PUSH_RETRY', 'connect ECONNREFUSED', { retryable: true });
      },
      () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in to the Wi-Fi' }),
      () => ({ status: 200, headers: {}, body: '{"ok":true}' }),
      () => 204,
    ];
    transport.answer = () => answers.shift()?.();
    push.offer(sw('1'), { device: 'sw1' });
    await clock.advance(48 * HOUR);
    expect(answers).toEqual([]);
    expect(transport.requests.slice(-2)).toEqual([['ask sw1'], ['send sw1']]);
  });

  it('refuses one device: the others get through, and it is tried again when it has changed', async () => {
    const transport = new Scripted();
    const push = start(transport);
    transport.answer = (lines) =>
      lines.some(({ document }) => document?.identity.version === 'bad')
        ? { refused: [{ device: 'sw1', reason: 'document.format: expected format 1' }] }
        : undefined;
    push.offer(sw('bad'), { device: 'sw1' });
    push.offer(sw('1'), { device: 'sw2' });
    await clock.advance(24 * HOUR);
    push.offer(sw('bad'), { device: 'sw1' });
    await clock.advance(24 * HOUR);
    expect(transport.requests).toEqual([
      ['ask sw1', 'ask sw2'],
      ['send sw1', 'send sw2'],
    ]);
    expect(await metric('bellwether_agent_inventory_documents_total{result="refused"}')).toBe(1);
    push.offer(sw('good'), { device: 'sw1' });
    await clock.advance(SECOND);
    expect(transport.requests.at(-1)).toEqual(['send sw1']);
  });

  it('refuses a request as a whole: it is halved until the device at fault stands alone', async () => {
    const transport = new Scripted();
    const push = start(transport);
    transport.answer = (lines) =>
      lines.some(({ device, document }) => document && device === 'sw3') ? 400 : undefined;
    for (let n = 0; n < 8; n++) push.offer(sw('1'), { device: `sw${n}` });
    await clock.advance(HOUR);
    expect([...transport.known.keys()].sort()).toEqual(['sw0', 'sw1', 'sw2', 'sw4', 'sw5', 'sw6', 'sw7']);
    expect(transport.requests.length).toBeLessThan(16);
  });

  it('does not take the encoding: the other one, at once', async () => {
    const transport = new Scripted();
    const push = start(transport);
    transport.answer = () => (transport.encodings === 2 ? 415 : undefined);
    push.offer(sw('1'), { device: 'sw1' });
    await clock.advance(SECOND);
    expect(transport.requests).toEqual([['ask sw1'], ['ask sw1'], ['send sw1']]);
  });
});

it('gets to a real collector over HTTP', async () => {
  const collector = await new InventoryServer().start();
  const { url } = await listen(collector.server.app);
  const transport = new HttpTransport({ url, token: collector.server.north, timeoutMs: 5_000, clock: systemClock });
  transport.start();
  const push = start(transport);
  push.retain(new Set(['sw1']));
  push.offer(sw('17.9.4', { serial: 'FOC1', interfaces: [{ ifIndex: 1, ifName: 'Gi1/0/1', inOctets: 7 }] }), {
    device: 'sw1',
    role: 'switch',
    host: '10.1.0.2',
  });
  await expect
    .poll(async () => {
      await clock.advance(SECOND);
      return (await collector.get('north/inventory')).json<{ devices: object[] }>().devices;
    })
    .toMatchObject([
      { device: 'sw1', role: 'switch', host: '10.1.0.2', vendor: 'Cisco', firmware: '17.9.4', serial: 'FOC1' },
    ]);
  abort.abort();
  await running;
  await transport.stop();
  await collector.close();
});
