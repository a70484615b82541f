import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldEvents } from '../../../collector/alert/life.ts';
import { channelRegistry, type DeliveryResult } from '../../../collector/notify/channels/channel.ts';
import { Outbox, type OutboxOptions } from '../../../collector/notify/outbox.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import { findAlert, listEvents } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { messagesOf } from '../../../collector/state/outbox.ts';
import type { Sample } from '../../../core/sample.ts';
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

const ID = alert().id;
const FAIL: DeliveryResult = { ok: false, retryable: true, reason: 'status 500' };
const GONE: DeliveryResult = { ok: false, retryable: false, reason: '410 Gone' };

let db: StateDb;
let clock: FakeClock;
let channel: RecordingChannel;
let stop: AbortController;
let running: Promise<void>[];
let samples: Sample[];

beforeEach(async () => {
  clock = new FakeClock(T0);
  db = await testState(clock);
  channel = new RecordingChannel(clock);
  stop = new AbortController();
  running = [];
  samples = [];
});
afterEach(async () => {
  stop.abort();
  await clock.advance(20_000);
  await Promise.all(running);
  await db.destroy();
});

function start(options: Partial<OutboxOptions> = {}): Outbox {
  const outbox = new Outbox({
    db,
    ...deps(clock),
    channels: channelRegistry([channel]),
    directory: directory(),
    random: () => 0.5,
    record: (more) => samples.push(...more),
    ...options,
  });
  running.push(outbox.run(stop.signal));
  return outbox;
}

function pipelineFor(outbox: { notify(): void }, of = decision(), school = schoolDirectory()): AlertPipeline {
  return new AlertPipeline({
    db,
    ...deps(clock),
    outbox,
    directory: directory(school),
    responsibility: responsibility(of),
  });
}

/** Seconds since T0, addressee, kind without its `alert.`. */
const told = () => channel.got.map((g) => `${(g.at - T0) / 1000} ${g.to} ${g.kind.slice(6)}`);
const types = async () => (await listEvents(db, ID)).map((e) => e.type);
const M = 60_000;

describe('the ladder as timers', () => {
  it('tells each rung at its time, repeats the safety net, and tells everybody once that it is over', async () => {
    const p = pipelineFor(start());
    await p.apply([change('opened')]);
    await clock.advance(0);
    expect(told()).toEqual(['0 cts.oncall open']);
    await clock.advance(91 * M);
    expect(told().slice(1).sort()).toEqual(
      [
        '600 cts.oncall open',
        '1200 it.kim open',
        '3600 principal.ng open',
        '3600 cts.noc open',
        '5400 principal.ng open',
        '5400 cts.noc open',
      ].sort(),
    );
    channel.got.length = 0;
    await p.apply([change('resolved', alert({ resolvedAt: T0 + 91 * M }))]);
    await clock.advance(0);
    expect(told().sort()).toEqual(['cts.noc', 'cts.oncall', 'it.kim', 'principal.ng'].map((c) => `5460 ${c} resolved`));
    await clock.advance(24 * 60 * M);
    expect(channel.got).toHaveLength(4);
  });

  it('ownership moves with the step that says so: stored, in the log, on the boards', async () => {
    const p = pipelineFor(start());
    await p.apply([change('opened')]);
    await clock.advance(19 * M);
    expect(await findAlert(db, ID)).toMatchObject({ owner: 'provider' });
    await clock.advance(2 * M);
    expect(await findAlert(db, ID)).toMatchObject({ owner: 'internal', why: 'ladder step 3' });
    expect(foldEvents(await listEvents(db, ID))).toEqual(await findAlert(db, ID));
    expect(samples.map((s) => [s.tags['owner'], s.fields['open'], (s.time - T0) / M])).toEqual([
      ['provider', 0n, 20],
      ['internal', 1n, 20],
    ]);
  });

  it('a held decision waits for its first step', async () => {
    const p = pipelineFor(start(), decision({ held: 'owner_uncovered', steps: [step('internal', 'it.kim', 7200)] }));
    await p.apply([change('opened')]);
    await clock.advance(119 * M);
    expect(told()).toEqual([]);
    await clock.advance(2 * M);
    expect(told()).toEqual(['7200 it.kim open']);
  });

  it('an alert that resolves before anybody was told is never heard of', async () => {
    const p = pipelineFor(start(), decision({ steps: [step('internal', 'it.kim', 60)] }));
    await p.apply([change('opened'), change('resolved')]);
    await clock.advance(60 * M);
    expect(told()).toEqual([]);
  });

  it('timers survive a restart between rungs', async () => {
    const first = start();
    await pipelineFor(first).apply([change('opened')]);
    await clock.advance(5 * M);
    stop.abort();
    await clock.advance(0);
    await Promise.all(running);
    stop = new AbortController();
    await clock.advance(4 * M);
    start();
    await clock.advance(12 * M);
    expect(told()).toEqual(['0 cts.oncall open', '600 cts.oncall open', '1200 it.kim open']);
  });
});

describe('retries', () => {
  it('fast first, by the schedule, with one id and one body; then sent', async () => {
    const one = decision({ steps: [step('provider', 'cts.oncall', 0)] });
    channel.reply = () => (channel.got.length < 6 ? FAIL : { ok: true });
    await pipelineFor(start(), one).apply([change('opened')]);
    await clock.advance(60 * M);
    expect(channel.got.map((g) => (g.at - T0) / 1000)).toEqual([0, 5, 25, 85, 265, 565]);
    expect(new Set(channel.got.map((g) => g.id)).size).toBe(1);
    expect(await messagesOf(db, ID)).toMatchObject([{ status: 'sent', attempts: 6, lastError: null }]);
    expect(await types()).toEqual(['opened', 'notify_failed', 'notified']);
  });

  it('a Retry-After is kept', async () => {
    channel.reply = () => (channel.got.length === 1 ? { ...FAIL, retryAfterMs: 120_000 } : { ok: true });
    await pipelineFor(start(), decision({ steps: [step('provider', 'cts.oncall', 0)] })).apply([change('opened')]);
    await clock.advance(10 * M);
    expect(channel.got.map((g) => (g.at - T0) / 1000)).toEqual([0, 126]);
  });

  it('gives up after the last, and says so', async () => {
    channel.reply = () => FAIL;
    await pipelineFor(start(), decision({ steps: [step('provider', 'cts.oncall', 0)] })).apply([change('opened')]);
    await clock.advance(80 * 60 * M);
    expect(channel.got).toHaveLength(13);
    expect(await messagesOf(db, ID)).toMatchObject([{ status: 'failed', lastError: 'status 500' }]);
    expect((await listEvents(db, ID)).at(-1)).toMatchObject({
      type: 'notify_failed',
      detail: { final: true, attempts: 13 },
    });
  }, 60_000);

  it('what waits for a retry when the alert resolves is not sent, and nobody who was not told hears of it', async () => {
    channel.reply = () => FAIL;
    const p = pipelineFor(start(), decision({ steps: [step('provider', 'cts.oncall', 0)] }));
    await p.apply([change('opened')]);
    await clock.advance(1000);
    await p.apply([change('resolved')]);
    channel.reply = () => ({ ok: true });
    await clock.advance(60 * M);
    expect(told()).toEqual(['0 cts.oncall open']);
  });

  it('an attempt without answer may have arrived: its receiver hears that it is over', async () => {
    channel.reply = () => ({ ...FAIL, uncertain: true });
    const p = pipelineFor(start(), decision({ steps: [step('provider', 'cts.oncall', 0)] }));
    await p.apply([change('opened')]);
    await clock.advance(1000);
    channel.reply = () => ({ ok: true });
    await p.apply([change('resolved')]);
    await clock.advance(60 * M);
    expect(told()).toEqual(['0 cts.oncall open', '1 cts.oncall resolved']);
  });
});

describe('a page that does not get through', () => {
  const failFor = (contact: string, result: DeliveryResult) => {
    channel.reply = (delivery) => (delivery.body.includes(`"contact":"${contact}"`) ? result : { ok: true });
  };

  it('after three failures the next person is told at once, not after the delay', async () => {
    failFor('cts.oncall', FAIL);
    await pipelineFor(start()).apply([change('opened')]);
    await clock.advance(2 * M);
    expect(told()).toEqual([
      '0 cts.oncall open',
      '5 cts.oncall open',
      '25 cts.oncall open',
      '25 it.kim open',
      '85 cts.oncall open',
    ]);
    expect(await findAlert(db, ID)).toMatchObject({ owner: 'internal' });
  });

  it('410: the next rung and the safety net at once, and no further try', async () => {
    failFor('cts.oncall', GONE);
    await pipelineFor(
      start(),
      decision({ steps: [...decision().steps.slice(0, 1), ...decision().steps.slice(2)] }),
    ).apply([change('opened')]);
    await clock.advance(10 * M);
    expect(told().sort()).toEqual(
      ['0 cts.noc open', '0 cts.oncall open', '0 it.kim open', '0 principal.ng open'].sort(),
    );
    expect((await listEvents(db, ID)).map((e) => [e.type, e.detail['final']])).toContainEqual(['notify_failed', true]);
  });

  it('a contact that lost its channel since: as 410', async () => {
    const school = schoolDirectory((contact) => (contact === 'cts.oncall' ? [] : [endpoint(contact)]));
    await pipelineFor(start({ directory: directory(school) })).apply([change('opened')]);
    await clock.advance(1000);
    expect(told().sort()).toEqual(['0 cts.noc open', '0 it.kim open', '0 principal.ng open']);
  });

  it('the other channel of the same contact got through: the ladder keeps its times', async () => {
    const two = schoolDirectory((contact) => [
      endpoint(contact),
      { ...endpoint(contact), id: 'second', address: `test:${contact}/2` },
    ]);
    channel.reply = (delivery) => (delivery.endpoint.id === 'phone' ? FAIL : { ok: true });
    await pipelineFor(start({ directory: directory(two) }), decision(), two).apply([change('opened')]);
    await clock.advance(2 * M);
    expect(told().filter((line) => line.includes('it.kim'))).toEqual([]);
  });

  it('the safety net is repeated even when it could not be told', async () => {
    channel.reply = () => GONE;
    await pipelineFor(start(), decision({ steps: [step('safety_net', 'principal.ng', 0, { repeat_s: 1800 })] })).apply([
      change('opened'),
    ]);
    await clock.advance(61 * M);
    expect(told()).toEqual(['0 principal.ng open', '1800 principal.ng open', '3600 principal.ng open']);
  });
});

describe('receivers apart from each other', () => {
  it('one that hangs holds up nobody else, and gets one message at a time', async () => {
    let most = 0;
    let now = 0;
    channel.reply = async (delivery) => {
      if (delivery.endpoint.address !== 'test:cts.oncall') return { ok: true };
      most = Math.max(most, ++now);
      await clock.sleep(15_000);
      now--;
      return { ...FAIL, uncertain: true };
    };
    const outbox = start({ maxInFlight: 4 });
    const p = pipelineFor(outbox, decision({ steps: [step('provider', 'cts.oncall', 0)] }));
    const q = pipelineFor(outbox, decision({ steps: [step('internal', 'it.kim', 0)] }));
    for (let n = 0; n < 20; n++) await p.apply([change('opened', alert({ id: `p${n}`, key: `p${n}` }))]);
    await clock.advance(0);
    for (let n = 0; n < 20; n++) await q.apply([change('opened', alert({ id: `q${n}`, key: `q${n}` }))]);
    await clock.advance(0);
    expect(told().filter((line) => line === '0 it.kim open')).toHaveLength(20);
    expect(most).toBe(1);
  });

  it('more than fits in memory at once still all goes out, in order, each once', async () => {
    const p = pipelineFor({ notify: () => {} }, decision({ steps: [step('provider', 'cts.oncall', 0)] }));
    for (let n = 0; n < 250; n++) {
      await p.apply([change('opened', alert({ id: `p${n}`, key: `p${n}`, summary: `number ${n}` }))]);
      await clock.advance(1);
    }
    start();
    for (let i = 0; channel.got.length < 250 && i < 100; i++) await clock.advance(1);
    expect(new Set(channel.got.map((g) => g.id)).size).toBe(250);
    expect(channel.got).toHaveLength(250);
  });
});

describe('stopping', () => {
  it('lets a delivery finish within the grace', async () => {
    channel.reply = async () => {
      await clock.sleep(1000);
      return { ok: true };
    };
    await pipelineFor(start()).apply([change('opened')]);
    await clock.advance(500);
    stop.abort();
    await clock.advance(600);
    await Promise.all(running);
    expect((await messagesOf(db, ID))[0]).toMatchObject({ status: 'sent', attempts: 1 });
  });

  it('then cuts it: the attempt does not count, and the message goes out again with the same id at the next start', async () => {
    channel.reply = async (_delivery, signal) => {
      await clock.sleep(60_000, signal);
      return { ok: false, retryable: true, uncertain: true, reason: 'stopped' };
    };
    await pipelineFor(start()).apply([change('opened')]);
    await clock.advance(0);
    stop.abort();
    await clock.advance(3_000);
    await Promise.all(running);
    expect((await messagesOf(db, ID))[0]).toMatchObject({ status: 'waiting', attempts: 0, uncertain: true });
    stop = new AbortController();
    channel.reply = () => ({ ok: true });
    start();
    await clock.advance(0);
    expect(channel.got.map((g) => g.to)).toEqual(['cts.oncall', 'cts.oncall']);
    expect(new Set(channel.got.map((g) => g.id)).size).toBe(1);
  });
});

it('a database that cannot be written for a while loses nothing: the outcome is recorded when it can', async () => {
  let broken = false;
  const flaky = new Proxy(db, {
    get(target, name) {
      if (broken && name === 'transaction') throw new Error('disk full');
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  channel.reply = () => {
    broken = true;
    return { ok: true };
  };
  await pipelineFor(start({ db: flaky }), decision({ steps: [step('provider', 'cts.oncall', 0)] })).apply([
    change('opened'),
  ]);
  await clock.advance(20_000);
  expect(await messagesOf(db, ID)).toMatchObject([{ status: 'sending' }]);
  broken = false;
  await clock.advance(60_000);
  expect(await messagesOf(db, ID)).toMatchObject([{ status: 'sent' }]);
  expect(channel.got).toHaveLength(1);
});
