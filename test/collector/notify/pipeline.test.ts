import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertChange } from '../../../collector/alert/alert.ts';
import { foldEvents } from '../../../collector/alert/life.ts';
import { AlertPipeline, type PipelineOptions } from '../../../collector/notify/pipeline.ts';
import { findAlert, listAlerts, listEvents } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { changeMessage, messagesOf } from '../../../collector/state/outbox.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  alert,
  change,
  decision,
  deps,
  directory,
  endpoint,
  responsibility,
  schoolDirectory,
  T0,
  testState,
} from './fixtures.ts';

let db: StateDb;
let clock: FakeClock;
let woken: number;
const ID = alert().id;

beforeEach(async () => {
  clock = new FakeClock(T0 + 500);
  db = await testState(clock);
  woken = 0;
});
afterEach(() => db.destroy());

function pipeline(options: Partial<PipelineOptions> = {}): AlertPipeline {
  return new AlertPipeline({
    db,
    ...deps(clock),
    responsibility: responsibility(),
    directory: directory(),
    outbox: { notify: () => void woken++ },
    ...options,
  });
}

const types = async (id = ID) => (await listEvents(db, id)).map((e) => e.type);
const rows = async (id = ID) =>
  (await messagesOf(db, id)).map((r) => [r.kind, r.step, r.contact, r.status, (r.dueAt - clock.now()) / 1000]).sort();

describe('an alert through its life', () => {
  it('pending tells nobody; opened fills the ladder; resolved withdraws it', async () => {
    const p = pipeline();
    await p.apply([change('pending')]);
    expect(await rows()).toEqual([]);
    await p.apply([change('opened')]);
    expect(await rows()).toEqual([
      ['open', 0, 'cts.oncall', 'waiting', 0],
      ['open', 1, 'cts.oncall', 'waiting', 600],
      ['open', 2, 'it.kim', 'waiting', 1200],
      ['open', 3, 'cts.noc', 'waiting', 3600],
      ['open', 3, 'principal.ng', 'waiting', 3600],
    ]);
    expect(woken).toBe(2);
    const stored = await findAlert(db, ID);
    expect(stored).toMatchObject({ state: 'open', owner: 'provider', why: 'infra#0', decision: decision() });
    await p.apply([change('resolved')]);
    expect((await rows()).map((r) => r[3])).toEqual(Array(5).fill('cancelled'));
    expect(await types()).toEqual(['pending', 'opened', 'resolved']);
  });

  it('events carry event time and decision time, reason and decision', async () => {
    await pipeline().apply([change('opened')]);
    const [opened] = await listEvents(db, ID);
    expect(opened).toMatchObject({
      at: T0,
      decidedAt: T0 + 500,
      detail: { reason: 'opened in a test', decision: { why: 'infra#0' } },
    });
  });

  it('the stored alert is the fold of its events, at every step', async () => {
    const p = pipeline();
    for (const type of ['pending', 'opened', 'resolved'] as const) {
      await p.apply([change(type)]);
      expect(foldEvents(await listEvents(db, ID))).toEqual(await findAlert(db, ID));
      await clock.advance(1000);
    }
  });

  it('a pending that goes away is kept as over and is on no list', async () => {
    const p = pipeline();
    await p.apply([change('pending'), change('cancelled')]);
    expect(await types()).toEqual(['pending', 'cancelled']);
    expect(await findAlert(db, ID)).toMatchObject({ state: 'resolved', openedAt: null });
    expect(foldEvents(await listEvents(db, ID))).toEqual(await findAlert(db, ID));
    expect(await listAlerts(db)).toEqual([]);
    // The same fault may begin anew.
    await p.apply([change('pending', alert({ id: 'second' }))]);
    expect(await types('second')).toEqual(['pending']);
  });

  it('only who was told hears that it is over, once', async () => {
    const p = pipeline();
    await p.apply([change('opened')]);
    for (const row of await messagesOf(db, ID)) {
      if (row.step <= 1) await changeMessage(db, row.id, { status: 'sent', sentAt: clock.now() });
      if (row.contact === 'cts.noc') await changeMessage(db, row.id, { status: 'sending' });
    }
    await p.apply([change('resolved')]);
    const closings = (await messagesOf(db, ID)).filter((r) => r.kind === 'resolved');
    expect(closings.map((r) => [r.contact, r.status, r.dueAt])).toEqual([['cts.oncall', 'waiting', clock.now()]]);
    expect(JSON.parse(closings[0]!.body)).toMatchObject({ type: 'alert.resolved' });
  });
});

describe('applying again', () => {
  it('has no second effect, whatever is repeated', async () => {
    const p = pipeline();
    const story: AlertChange[] = [change('pending'), change('opened'), change('resolved')];
    for (const next of story) {
      expect(await p.apply([next])).not.toEqual([]);
      const before = [await types(), await rows(), await findAlert(db, ID)];
      await clock.advance(0);
      expect(await p.apply(story.slice(0, story.indexOf(next) + 1))).toEqual([]);
      expect([await types(), await rows(), await findAlert(db, ID)]).toEqual(before);
    }
  });

  it('an evaluator that lost its state and names an open alert anew changes the alert people were told about', async () => {
    const p = pipeline();
    await p.apply([change('opened')]);
    const anew = alert({ id: 'anew' });
    expect(await p.apply([change('pending', anew), change('opened', anew)])).toEqual([]);
    await p.apply([change('resolved', anew)]);
    expect(await findAlert(db, 'anew')).toBeUndefined();
    expect(await findAlert(db, ID)).toMatchObject({ state: 'resolved' });
  });

  it('the same evaluator, whose pending goes away: the open alert is over', async () => {
    const p = pipeline();
    await p.apply([change('opened')]);
    await p.apply([change('cancelled', alert({ id: 'anew', openedAt: null }))]);
    expect(await findAlert(db, ID)).toMatchObject({ state: 'resolved' });
    expect(await types()).toEqual(['opened', 'resolved']);
  });

  it('an end without a beginning changes nothing', async () => {
    expect(await pipeline().apply([change('resolved'), change('cancelled')])).toEqual([]);
    expect(await types()).toEqual([]);
  });

  it('a change that fails leaves no trace', async () => {
    const failing = pipeline({
      directory: directory({ ...schoolDirectory(), timezone: 'Not/AZone' }),
    });
    await expect(failing.apply([change('opened')])).rejects.toThrow();
    expect([await types(), await rows(), await findAlert(db, ID)]).toEqual([[], [], undefined]);
    expect(woken).toBe(0);
  });
});

describe('when somebody cannot be reached', () => {
  it('a contact without channel is an event, and the next rung is told at once', async () => {
    const school = schoolDirectory((contact) => (contact === 'cts.oncall' ? [] : [endpoint(contact)]));
    await pipeline({ directory: directory(school) }).apply([change('opened')]);
    expect((await rows()).map((r) => [r[1], r[2], r[4]])).toContainEqual([2, 'it.kim', 0]);
    const failed = (await listEvents(db, ID)).filter((e) => e.type === 'notify_failed');
    expect(failed.map((e) => e.detail)).toEqual([
      { step: 0, party: 'provider', contact: 'cts.oncall', reason: 'the contact has no channel' },
      { step: 1, party: 'provider', contact: 'cts.oncall', reason: 'the contact has no channel' },
    ]);
  });

  it.each([
    ['no responsibility', { responsibility: () => undefined }],
    ['no directory', { directory: () => undefined }],
    ['no channels at all', { directory: directory(schoolDirectory(() => [])) }],
    [
      'a router that throws',
      {
        responsibility: () => ({
          school: 'lincoln',
          route: () => {
            throw new Error('broken');
          },
          owner: () => 'internal',
        }),
      },
    ],
  ])('%s: the alert is stored, and that it reaches nobody is an event', async (_name, options) => {
    await pipeline(options).apply([change('opened')]);
    expect(await findAlert(db, ID)).toMatchObject({ state: 'open' });
    const last = (await listEvents(db, ID)).at(-1)!;
    expect(last).toMatchObject({ type: 'notify_failed', detail: { final: true } });
  });
});

describe('a school with too many messages waiting', () => {
  it('drops the oldest of lesser alerts first, the safety net last, and counts them', async () => {
    const { metrics, ...rest } = deps(clock);
    const p = pipeline({ ...rest, metrics, waitingLimit: 10 });
    const numbered = (n: number, severity: 'critical' | 'warning') => alert({ id: `a${n}`, key: `k${n}`, severity });
    await p.apply([change('opened', numbered(1, 'critical'))]);
    await clock.advance(1);
    await p.apply([change('opened', numbered(2, 'warning'))]);
    await clock.advance(1);
    await p.apply([change('opened', numbered(3, 'critical'))]);
    const waiting = async (id: string) => (await messagesOf(db, id)).filter((r) => r.status === 'waiting').length;
    expect([await waiting('a1'), await waiting('a2'), await waiting('a3')]).toEqual([5, 0, 5]);
    await clock.advance(1);
    await p.apply([change('opened', numbered(4, 'critical'))]);
    expect((await messagesOf(db, 'a1')).filter((r) => r.status === 'waiting').map((r) => r.party)).toEqual([
      'safety_net',
      'safety_net',
    ]);
    expect(await metrics.text()).toContain('bellwether_collector_outbox_dropped_total{school="lincoln"} 10');
  });
});

describe('measurement alert', () => {
  it('each change writes the new form and ends the series of the former', async () => {
    const p = pipeline();
    const short = async (type: AlertChange['type']) =>
      (await p.apply([change(type)])).map((s) => [
        s.tags['state'],
        s.tags['owner'],
        s.fields['open'],
        s.fields['age_s'],
        s.time,
      ]);
    const now = clock.now();
    expect(await short('pending')).toEqual([['pending', 'none', 0n, 4.5, now]]);
    expect(await short('opened')).toEqual([
      ['pending', 'none', 0n, 4.5, now],
      ['open', 'provider', 1n, 0.5, now],
    ]);
    await clock.advance(60_000);
    expect(await short('resolved')).toEqual([
      ['open', 'provider', 0n, 60.5, now + 60_000],
      ['resolved', 'provider', 0n, 60, now + 60_000],
    ]);
  });

  it('the heartbeat has one sample for each open alert, told apart by labels', async () => {
    const p = pipeline();
    const ap = (n: number) => alert({ id: `a${n}`, key: `k${n}`, rule: 'ap-down', labels: { device: `ap-${n}` } });
    await p.apply([change('opened', ap(1)), change('opened', ap(2)), change('pending', ap(3))]);
    await p.apply([change('resolved', ap(2))]);
    expect(await p.heartbeat(T0 + 90_000, ['lincoln'])).toEqual([
      {
        measurement: 'alert',
        tags: {
          device: 'ap-1',
          school: 'lincoln',
          site: 'main',
          domain: 'wireless',
          severity: 'critical',
          owner: 'provider',
          state: 'open',
          rule: 'ap-down',
        },
        fields: { open: 1n, acked: 0n, age_s: 90 },
        time: T0 + 90_000,
      },
    ]);
  });
});
