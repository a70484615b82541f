import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channelRegistry } from '../../../collector/notify/channels/channel.ts';
import { Outbox, type OutboxOptions } from '../../../collector/notify/outbox.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import { listEvents } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { messagesOf } from '../../../collector/state/outbox.ts';
import { lost, type SchoolTransaction, schoolTransactions } from '../../../collector/state/school-transaction.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  alert,
  change,
  decision,
  deps,
  directory,
  RecordingChannel,
  responsibility,
  step,
  T0,
  testState,
} from './fixtures.ts';

/** The outbox where its school may go to another collector, and the database may not answer. */
const ID = alert().id;
let db: StateDb;
let clock: FakeClock;
let channel: RecordingChannel;
let stop: AbortController;
let running: Promise<void>[];
let held: string[];
/** What happens to transactions of the outbox from now on, one after another; then they are as always. */
let fates: ('answer lost' | 'no longer ours')[];

beforeEach(async () => {
  clock = new FakeClock(T0);
  db = await testState(clock);
  channel = new RecordingChannel(clock);
  stop = new AbortController();
  running = [];
  held = ['lincoln'];
  fates = [];
});
afterEach(async () => {
  stop.abort();
  await clock.advance(20_000);
  await Promise.all(running);
  await db.destroy();
});

const inSchool: SchoolTransaction = async (school, work) => {
  const fate = fates.shift();
  if (fate === 'no longer ours') {
    held = [];
    throw lost(school);
  }
  const result = await schoolTransactions(db)(school, work);
  if (fate === 'answer lost') throw new Error('connection terminated');
  return result;
};

function start(options: Partial<OutboxOptions> = {}): Outbox {
  const channels = channelRegistry([channel]);
  const parts = {
    db,
    ...deps(clock),
    channels,
    directory: directory(),
    inSchool,
    schools: () => held,
    random: () => 0.5,
  };
  const outbox = new Outbox({ ...parts, ...options });
  running.push(outbox.run(stop.signal));
  return outbox;
}

async function open(outbox: { notify(): void }): Promise<void> {
  const of = decision({ steps: [step('provider', 'cts.oncall', 0)] });
  const parts = { db, ...deps(clock), outbox, directory: directory(), responsibility: responsibility(of) };
  await new AlertPipeline(parts).apply([change('opened')]);
  await clock.advance(0);
}

const statuses = async () => (await messagesOf(db, ID)).map(({ status, attempts }) => `${status} ${attempts}`);
const events = async () => (await listEvents(db, ID)).map(({ type }) => type);

describe('an answer of the database that is lost', () => {
  it('to taking a message: it is sent all the same, once', async () => {
    const outbox = start();
    await clock.advance(0);
    fates = ['answer lost'];
    await open(outbox);
    expect([channel.got.length, await statuses()]).toEqual([0, ['sending 1']]);
    await clock.advance(2_000);
    expect([channel.got.length, await statuses()]).toEqual([1, ['sent 2']]);
  });

  it('to writing down that it was sent: that is written once, and it is not sent again', async () => {
    const outbox = start();
    await clock.advance(0);
    channel.reply = () => {
      fates = ['answer lost'];
      return { ok: true };
    };
    await open(outbox);
    await clock.advance(120_000);
    expect([channel.got.length, await statuses()]).toEqual([1, ['sent 1']]);
    expect(await events()).toEqual(['opened', 'notified']);
  });
});

describe('a school that another collector answers for', () => {
  it('says nothing from here, until it is taken up: then also what the other was in the middle of', async () => {
    held = [];
    const outbox = start();
    await open(outbox);
    await clock.advance(60_000);
    expect(channel.got).toEqual([]);
    await db.updateTable('outbox').set({ status: 'sending', attempts: 1 }).execute();
    held = ['lincoln'];
    await outbox.takeUp('lincoln');
    await clock.advance(0);
    expect([channel.got.length, await statuses()]).toEqual([1, ['sent 2']]);
    expect((await messagesOf(db, ID))[0]!.uncertain).toBe(true);
  });

  it('is noticed within the time between two looks', async () => {
    start({ idleMs: 1_000 });
    await clock.advance(0);
    await open({ notify: () => {} });
    expect(channel.got).toEqual([]);
    await clock.advance(1_000);
    expect(channel.got).toHaveLength(1);
  });

  it('as a message is about to be taken: it is left alone, without a fuss', async () => {
    const outbox = start();
    await clock.advance(0);
    fates = ['no longer ours'];
    await open(outbox);
    await clock.advance(60_000);
    expect([channel.got.length, await statuses()]).toEqual([0, ['waiting 0']]);
  });

  it('by the time a message was taken: it is not sent from here, and not forgotten if the school comes back', async () => {
    const outbox = start({
      inSchool: async (school, work) => {
        const result = await inSchool(school, work);
        if (channel.got.length === 0 && held.length > 0 && (await statuses())[0] === 'sending 1') held = [];
        return result;
      },
    });
    await open(outbox);
    await clock.advance(60_000);
    expect([channel.got.length, await statuses()]).toEqual([0, ['waiting 1']]);
    held = ['lincoln'];
    outbox.notify();
    await clock.advance(0);
    expect([channel.got.length, (await statuses())[0]]).toEqual([1, 'sent 2']);
  });

  it('while a message is under way: how it ended is not written, and it is freed if the school is back by then', async () => {
    const outbox = start();
    await clock.advance(0);
    channel.reply = () => {
      fates = ['no longer ours'];
      outbox.drop('lincoln');
      return { ok: true };
    };
    await open(outbox);
    await clock.advance(60_000);
    expect([channel.got.length, await statuses()]).toEqual([1, ['waiting 1']]);
    expect(await events()).toEqual(['opened']);
  });
});
