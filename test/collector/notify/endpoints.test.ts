import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import {
  channelRegistry,
  type Delivery,
  type DeliveryResult,
  type Endpoint,
} from '../../../collector/notify/channels/channel.ts';
import { EndpointWatch } from '../../../collector/notify/endpoint-watch.ts';
import { Outbox } from '../../../collector/notify/outbox.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import type { HealthChange } from '../../../collector/notify/settlement.ts';
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

const FAIL: DeliveryResult = { ok: false, retryable: true, reason: 'status 500' };
const GONE: DeliveryResult = { ok: false, retryable: false, reason: '410 Gone', gone: true };
const M = 60_000;
const SCHOOL = parseSchool(
  `
school: lincoln
tz: America/New_York
parties: { internal: {}, provider: {} }
contacts:
  cts.oncall: { name: Coastal on call, channels: [{ type: ntfy, url: "https://ntfy.example.org/x" }] }
  it.kim: { name: Kim, channels: [{ type: ntfy, url: "https://ntfy.example.org/y" }] }
  principal.ng: { name: Ng, channels: [{ type: ntfy, url: "https://ntfy.example.org/z" }] }
safety_net: [it.kim, principal.ng]
base: { owner: internal }
`,
  '/config/lincoln.yaml',
);

let db: StateDb;
let clock: FakeClock;
let channel: RecordingChannel;
let stop: AbortController;
let running: Promise<void>;
let pipeline: AlertPipeline;
let watch: EndpointWatch;
let samples: Sample[];
/** By contact: what its receivers answer. */
let answers: Record<string, (delivery: Delivery) => DeliveryResult>;
let endpoints: (contact: string) => readonly Endpoint[];

beforeEach(async () => {
  clock = new FakeClock(T0);
  db = await testState(clock);
  answers = {};
  samples = [];
  endpoints = (contact) => [endpoint(contact)];
  const name = (delivery: Delivery) => delivery.endpoint.address.replace('test:', '');
  channel = new RecordingChannel(clock, (delivery) => answers[name(delivery)]?.(delivery) ?? { ok: true });
  start();
});
afterEach(async () => {
  stop.abort();
  await clock.advance(20_000);
  await running;
  await db.destroy();
});

function start(): void {
  stop = new AbortController();
  const school = schoolDirectory((contact) => endpoints(contact));
  const parts = { db, ...deps(clock), directory: directory(school), random: () => 0.5 };
  const onHealth = (health: HealthChange) => watch.changed(health);
  const outbox = new Outbox({ ...parts, channels: channelRegistry([channel]), onHealth });
  watch = new EndpointWatch({
    ...parts,
    outbox,
    schools: () => new Map([['lincoln', SCHOOL]]),
    newId: () => `test-${channel.got.length}`,
    observe: async (more) => void samples.push(...more),
  });
  pipeline = new AlertPipeline({ ...parts, outbox, responsibility: responsibility(decision({ steps: LADDER })) });
  running = outbox.run(stop.signal);
}

const LADDER = [
  step('provider', 'cts.oncall', 0),
  step('internal', 'it.kim', 1200),
  step('safety_net', 'principal.ng', 3600),
];
const open = async (n: number) => {
  await pipeline.apply([change('opened', alert({ id: `a${n}`, key: `k${n}` }))]);
  await clock.advance(0);
};
/** In order of time; what goes out at one moment goes out side by side, so there the names decide. */
const told = (to?: string) =>
  channel.got
    .filter((g) => to === undefined || g.to === to)
    .toSorted((a, b) => a.at - b.at || (a.to < b.to ? -1 : 1))
    .map((g) => `${(g.at - T0) / 1000} ${g.to}`);
const down = () => samples.map((s) => `${(s.time - T0) / 1000} ${s.tags['contact']} ${s.fields['down']}`);
/** Kills the endpoint of cts.oncall with one alert; 25 s have gone by then. */
const kill = async () => {
  answers['cts.oncall'] = () => FAIL;
  await open(0);
  await clock.advance(25_000);
};

describe('a dead endpoint', () => {
  it('is one after the fast retries; then the next rung hears of every new alert at once', async () => {
    await kill();
    expect(told()).toEqual(['0 cts.oncall', '5 cts.oncall', '25 cts.oncall', '25 it.kim']);
    expect(down()).toEqual(['25 cts.oncall 1']);
    await open(1);
    await open(2);
    expect(told('it.kim')).toEqual(['25 it.kim', '25 it.kim', '25 it.kim']);
  });

  it('whatever waits behind the one that fails is passed by as well', async () => {
    // It does not answer within 15 s, and takes one message at a time.
    answers['cts.oncall'] = () => FAIL;
    channel.reply = async (delivery) => {
      if (!delivery.endpoint.address.endsWith('cts.oncall')) return { ok: true };
      await clock.sleep(15_000);
      return FAIL;
    };
    for (const n of [1, 2, 3, 4, 5]) await open(n);
    await clock.advance(46_000);
    expect(told('cts.oncall')).toHaveLength(3);
    expect(told('it.kim')).toEqual(Array(5).fill('45 it.kim'));
  });

  it('is tried by one message at a time, ever more seldom, and gets all it missed when it answers', async () => {
    await kill();
    for (let n = 1; n <= 20; n++) await open(n);
    const before = told('cts.oncall').length;
    await clock.advance(10 * M);
    // 60 s, 3 min and 5 min after: not twenty messages by twelve retries.
    expect(told('cts.oncall').length - before).toBeLessThanOrEqual(3);
    answers = {};
    await clock.advance(5 * M);
    for (let n = 0; n <= 20; n++)
      expect((await messagesOf(db, `a${n}`)).find(({ contact }) => contact === 'cts.oncall')!.status).toBe('sent');
    expect(down().at(-1)).toMatch(/cts.oncall 0$/);
  });

  it('with another channel that is well keeps the ladder waiting: the person is reached', async () => {
    endpoints = (contact) => [endpoint(contact), { ...endpoint(contact), id: 'mail', address: `${contact}/mail` }];
    await kill();
    await open(1);
    await clock.advance(M);
    expect(told('it.kim')).toEqual([]);
    expect(
      (await messagesOf(db, 'a1')).filter(({ channel: c, status }) => c === 'mail' && status === 'sent'),
    ).toHaveLength(1);
  });

  it('all of them dead: the ladder is gone up to its end at once', async () => {
    for (const contact of ['cts.oncall', 'it.kim']) answers[contact] = () => FAIL;
    await open(0);
    await clock.advance(60_000);
    expect(told('principal.ng')).toEqual(['50 principal.ng']);
    await open(1);
    expect(told('principal.ng')).toEqual(['50 principal.ng', '60 principal.ng']);
  });

  it('a rung that comes later and dies meanwhile takes the next one along at its time', async () => {
    answers['it.kim'] = () => FAIL;
    await open(0);
    // Kim dies of another alert, long before the turn of this one.
    pipeline = new AlertPipeline({
      db,
      ...deps(clock),
      directory: directory(schoolDirectory()),
      outbox: { notify: () => {} },
      responsibility: responsibility(decision({ steps: [step('internal', 'it.kim', 0)] })),
    });
    await open(1);
    await clock.advance(21 * M);
    expect(told('principal.ng')).toEqual(['1200 principal.ng']);
  });

  it('a Retry-After longer than anybody would wait counts as not getting through', async () => {
    answers['cts.oncall'] = () => ({ ...FAIL, retryAfterMs: 120_000 });
    await open(0);
    expect(told()).toEqual(['0 cts.oncall', '0 it.kim']);
    await clock.advance(125_000);
    expect(told('cts.oncall')).toEqual(['0 cts.oncall']);
  });
});

describe('an endpoint that says it is gone (410)', () => {
  it('gets nothing more, over a restart too, until its settings change', async () => {
    answers['cts.oncall'] = () => GONE;
    await open(0);
    expect(told()).toEqual(['0 cts.oncall', '0 it.kim', '0 principal.ng']);
    stop.abort();
    await clock.advance(5_000);
    start();
    answers = {};
    await open(1);
    expect(told('cts.oncall')).toEqual(['0 cts.oncall']);
    // The next rung at once; the safety net, which came along when it was news, in its turn.
    expect(told('it.kim')).toHaveLength(2);
    expect(told('principal.ng')).toHaveLength(1);
    expect((await messagesOf(db, 'a1'))[0]).toMatchObject({
      status: 'failed',
      lastError: expect.stringContaining('410'),
    });
    endpoints = (contact) => [{ ...endpoint(contact), secrets: ['new'] }];
    await open(2);
    expect(told('cts.oncall')).toHaveLength(2);
    expect(told('it.kim')).toHaveLength(2);
  });

  it('can be tested, and is used again when that goes through', async () => {
    answers['cts.oncall'] = () => GONE;
    await open(0);
    answers = {};
    const result = watch.test({ school: 'lincoln', contact: 'cts.oncall', channel: 'phone', by: 'Kim' });
    await clock.advance(1_000);
    expect(await result).toMatchObject({ result: 'sent', error: null });
    await open(1);
    expect(told('cts.oncall')).toHaveLength(3);
  });
});

describe('a test', () => {
  it('goes the way of every message, first in line, is tried once, and is about no alert', async () => {
    await kill();
    await open(1);
    const seen = channel.got.length;
    const result = watch.test({ school: 'lincoln', contact: 'cts.oncall', channel: 'phone', by: 'Kim' });
    await clock.advance(1_000);
    expect(await result).toMatchObject({ result: 'failed', error: 'status 500' });
    expect(channel.got[seen]).toMatchObject({ kind: 'test', to: 'cts.oncall', id: (await result)!.reference });
    expect(channel.got[seen]!.text).toContain('TEST at Lincoln Charter');
    await clock.advance(M * 60);
    expect(channel.got.filter(({ kind }) => kind === 'test')).toHaveLength(1);
  });

  it('of something that is not configured is none', async () => {
    for (const of of [
      { contact: 'it.kim', channel: 'sms' },
      { contact: 'it.kim', channel: 'phone', school: 'other' },
    ])
      expect(await watch.test({ school: 'lincoln', by: 'Kim', ...of })).toBeUndefined();
  });

  it('of a receiver that does not answer says so after a while', async () => {
    channel.reply = () => new Promise(() => {});
    const result = watch.test({ school: 'lincoln', contact: 'it.kim', channel: 'phone', by: 'Kim' });
    await clock.advance(21_000);
    expect(await result).toMatchObject({ result: 'waiting' });
    channel.reply = () => ({ ok: true });
    running = Promise.resolve();
  });
});

describe('what is known', () => {
  it('every channel of every contact, with what happened last and what waits', async () => {
    await kill();
    await open(1);
    expect(await watch.list('lincoln')).toMatchObject([
      {
        contact: 'cts.oncall',
        name: 'Coastal on call',
        channel: 'phone',
        type: 'test',
        state: 'dead',
        lastSuccess: null,
        lastFailure: T0 + 25_000,
        error: 'status 500',
        failures: 3,
        waiting: 2,
      },
      { contact: 'it.kim', state: 'ok', lastSuccess: T0 + 25_000, failures: 0, waiting: 0 },
      { contact: 'principal.ng', state: 'ok', lastSuccess: null, lastFailure: null },
    ]);
  });

  it('the rules hear of it every minute; of one that was changed or taken away, that nothing is wrong with it', async () => {
    await kill();
    await watch.step();
    expect(down()).toEqual(['25 cts.oncall 1', '25 cts.oncall 1', '25 it.kim 0']);
    endpoints = (contact) => (contact === 'cts.oncall' ? [{ ...endpoint(contact), secrets: ['new'] }] : []);
    samples.length = 0;
    await watch.step();
    expect(down()).toEqual(['25 cts.oncall 0', '25 it.kim 0']);
    samples.length = 0;
    await watch.step();
    expect(down()).toEqual([]);
  });
});
