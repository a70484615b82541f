import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../../collector/alert/alert.ts';
import { channelRegistry, type DeliveryResult } from '../../../collector/notify/channels/channel.ts';
import { renderingOf } from '../../../collector/notify/channels/rendering.ts';
import { Outbox, type OutboxOptions } from '../../../collector/notify/outbox.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import { listEvents } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { messagesOf } from '../../../collector/state/outbox.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  alert,
  change,
  decision,
  deps,
  directory,
  endpoint,
  RecordingChannel,
  responsibility,
  schoolDirectory,
  step,
  T0,
  testState,
} from './fixtures.ts';

let db: StateDb;
let clock: FakeClock;
let channel: RecordingChannel;
let stop: AbortController;
let running: Promise<void>[];
let pipeline: AlertPipeline;
let bodies: string[];
const FAIL: DeliveryResult = { ok: false, retryable: true, reason: 'status 500' };

beforeEach(async () => {
  clock = new FakeClock(T0);
  db = await testState(clock);
  channel = new RecordingChannel(clock, (delivery) => {
    bodies.push(delivery.body);
    return { ok: true };
  });
  bodies = [];
  running = [];
  start();
});
afterEach(async () => {
  stop.abort();
  await clock.advance(20_000);
  await Promise.all(running);
  await db.destroy();
});

function start(options: Partial<OutboxOptions> = {}): void {
  stop = new AbortController();
  const parts = { db, ...deps(clock), directory: directory(), random: () => 0.5, groupMs: () => 60_000, ...options };
  const outbox = new Outbox({ channels: channelRegistry([channel]), ...parts });
  pipeline = new AlertPipeline({
    ...parts,
    outbox,
    responsibility: responsibility(decision({ steps: [step('provider', 'cts.oncall', 0)] })),
  });
  running.push(outbox.run(stop.signal));
}

const numbered = (n: number, more: Partial<Alert> = {}): Alert =>
  alert({ id: `a${n}`, key: `k${n}`, severity: 'warning', summary: `number ${n}`, openedAt: T0 + n, ...more });
const open = async (n: number, more: Partial<Alert> = {}) => {
  await pipeline.apply([change('opened', numbered(n, more))]);
  await clock.advance(0);
};
const resolve = async (n: number) => {
  await pipeline.apply([change('resolved', numbered(n))]);
  await clock.advance(0);
};
/** Seconds since T0, kind, and which alerts each message was about. */
const told = () =>
  channel.got.map(({ at, kind }, i) => {
    const { data } = JSON.parse(bodies[i] ?? '{}');
    const ids = (data.alerts ?? [data]).map((part: { alert: { id: string } }) => part.alert.id);
    return `${(at - T0) / 1000} ${kind} ${ids.join()}`;
  });
const row = async (n: number) => (await messagesOf(db, `a${n}`)).find(({ kind }) => kind === 'open')!;

describe('alerts of one site, to one contact over one channel', () => {
  it('the first goes at once, what follows within the window goes together at its end', async () => {
    for (const n of [1, 2, 3]) await open(n);
    await clock.advance(30_000);
    await open(4);
    await clock.advance(300_000);
    expect(told()).toEqual(['0 alert.open a1', '60 alerts.open a2,a3,a4']);
    await open(5);
    expect(told().at(-1)).toBe('330 alert.open a5');
  });

  it('one that is alone at the end of the window goes as itself, under its own id', async () => {
    for (const n of [1, 2]) await open(n);
    await clock.advance(60_000);
    expect(told()).toEqual(['0 alert.open a1', '60 alert.open a2']);
    expect(channel.got[1]!.id).toBe((await row(2)).id);
  });

  it('a critical one waits for no warning, and for criticals no longer than the window', async () => {
    await open(1);
    await clock.advance(10_000);
    await open(2, { severity: 'critical' });
    await clock.advance(10_000);
    await open(3, { severity: 'critical' });
    await clock.advance(100_000);
    expect(told()).toEqual(['0 alert.open a1', '10 alert.open a2', '70 alert.open a3']);
  });

  it('every alert keeps its row, its events and one end of its own; ends go together too', async () => {
    for (const n of [1, 2, 3]) await open(n);
    await clock.advance(60_000);
    for (const n of [1, 2, 3]) await resolve(n);
    await clock.advance(120_000);
    expect(told()).toEqual([
      '0 alert.open a1',
      '60 alerts.open a2,a3',
      '60 alert.resolved a1',
      '120 alerts.resolved a2,a3',
    ]);
    for (const n of [2, 3]) {
      const { id, groupId, status } = await row(n);
      expect({ groupId, status }).toEqual({ groupId: channel.got[1]!.id, status: 'sent' });
      const events = await listEvents(db, `a${n}`);
      expect(events.map(({ type }) => type)).toEqual(['opened', 'notified', 'resolved', 'notified']);
      expect(events[1]!.detail).toMatchObject({ message: id, group: groupId });
      expect(bodies[1]).toContain(id);
    }
  });

  it('one that is over before its group goes is left out, and nobody hears of it', async () => {
    for (const n of [1, 2, 3]) await open(n);
    await resolve(2);
    await clock.advance(120_000);
    expect(told()).toEqual(['0 alert.open a1', '60 alert.open a3']);
  });

  it('other sites, contacts and channels are told by themselves', async () => {
    await open(1);
    await open(2, { site: 'annex' });
    expect(told()).toEqual(['0 alert.open a1', '0 alert.open a2']);
  });

  it('a service that knows alerts apart gets each by itself', async () => {
    stop.abort();
    await clock.advance(5_000);
    start({ channels: channelRegistry([Object.assign(channel, { perAlert: true })]) });
    for (const n of [1, 2, 3]) await open(n);
    expect(told()).toEqual(['5 alert.open a1', '5 alert.open a2', '5 alert.open a3']);
  });

  it('more than one message holds go in several, at the same moment', async () => {
    for (let n = 1; n <= 231; n++) await pipeline.apply([change('opened', numbered(n))]);
    for (let i = 0; i < 20; i++) await clock.advance(100);
    await clock.advance(58_000);
    expect(told().map((line) => `${line.split(' ')[0]} ${line.split(',').length}`)).toEqual([
      '0 1',
      '60 100',
      '60 100',
      '60 30',
    ]);
    expect(new Set(told().flatMap((line) => line.split(' ')[2]!.split(','))).size).toBe(231);
  });
});

describe('a group that does not arrive at once', () => {
  it('is tried again together, by one id, and takes up nobody on the way', async () => {
    for (const n of [1, 2, 3]) await open(n);
    channel.reply = (delivery) => {
      bodies.push(delivery.body);
      return channel.got.length < 4 ? FAIL : { ok: true };
    };
    await clock.advance(61_000);
    await open(4);
    await clock.advance(120_000);
    expect(told().filter((line) => line.includes('a2'))).toEqual(['60 alerts.open a2,a3', '65 alerts.open a2,a3']);
    expect(new Set(channel.got.filter(({ kind }) => kind === 'alerts.open').map(({ id }) => id)).size).toBe(1);
  });

  it('keeps its id when it may have arrived, though one of the two is over', async () => {
    for (const n of [1, 2, 3]) await open(n);
    channel.reply = (delivery) => {
      bodies.push(delivery.body);
      return { ...FAIL, uncertain: true };
    };
    await clock.advance(61_000);
    channel.reply = (delivery) => {
      bodies.push(delivery.body);
      return { ok: true };
    };
    await resolve(2);
    await clock.advance(120_000);
    expect(told()).toEqual([
      '0 alert.open a1',
      '60 alerts.open a2,a3',
      // Told to be over, since the first attempt may have arrived.
      '61 alert.resolved a2',
      '65 alerts.open a3',
    ]);
    expect(channel.got[3]!.id).toBe(channel.got[1]!.id);
  });

  it('killed while it was under way: the same again by the same id, and counted', async () => {
    for (const n of [1, 2, 3]) await open(n);
    channel.reply = (delivery) => {
      bodies.push(delivery.body);
      return new Promise(() => {});
    };
    await clock.advance(60_000);
    channel.reply = (delivery) => {
      bodies.push(delivery.body);
      return { ok: true };
    };
    const metrics = deps(clock).metrics;
    start({ metrics });
    await clock.advance(0);
    expect(told().slice(1)).toEqual(['60 alerts.open a2,a3', '60 alerts.open a2,a3']);
    expect(bodies[2]).toBe(bodies[1]);
    expect(channel.got[2]!.id).toBe(channel.got[1]!.id);
    expect(await metrics.text()).toContain('bellwether_collector_deliveries_repeated_total{channel="test"} 2');
    expect((await listEvents(db, 'a2')).at(-1)).toMatchObject({ type: 'notified', detail: { again: true } });
    running.length = 0;
  });
});

it('reads well: worst first, why you, each alert with its reference, the rest counted', async () => {
  await open(0);
  for (let n = 1; n <= 12; n++) await open(n, n === 12 ? {} : { severity: 'warning' });
  await pipeline.apply([change('opened', numbered(13, { severity: 'critical' }))]);
  await pipeline.apply([change('opened', numbered(14, { severity: 'critical' }))]);
  await clock.advance(60_000);
  const { title, details, tone } = renderingOf(bodies.at(-1)!)!;
  expect([title, tone]).toEqual(['13 alerts at Lincoln Charter (main), 1 critical', 'critical']);
  const lines = details.split('\n');
  expect(lines[0]).toBe('You answer for this: provider answers for wireless as agreed in infra.');
  expect(lines[1]).toBe(`CRITICAL: number 14 [${(await row(14)).id}]`);
  expect(lines).toHaveLength(12);
  expect(lines.at(-1)).toBe('and 3 more.');
});

it('a contact with two channels: each has its own window', async () => {
  stop.abort();
  await clock.advance(5_000);
  const two = schoolDirectory((contact) => [endpoint(contact), { ...endpoint(contact), id: 'second', address: 'x' }]);
  start({ directory: directory(two) });
  channel.reply = (delivery) => (delivery.endpoint.id === 'second' ? FAIL : { ok: true });
  await open(1);
  await open(2);
  await clock.advance(1_000);
  // Nothing was told over the second yet, so nothing waits for it there.
  expect(channel.got.map(({ kind }) => kind)).toEqual(['alert.open', 'alert.open', 'alert.open']);
});
