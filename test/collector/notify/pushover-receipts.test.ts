import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Severity } from '../../../collector/engagement/decision.ts';
import type { DeliveryResult, Endpoint } from '../../../collector/notify/channels/channel.ts';
import { PushoverChannel } from '../../../collector/notify/channels/pushover.ts';
import { ReceiptCall } from '../../../collector/notify/channels/pushover-receipt.ts';
import { PushoverReceipts } from '../../../collector/notify/pushover-receipts.ts';
import { listEvents } from '../../../collector/state/alerts.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { local } from './channels/messages.ts';
import { pushover, pushoverWithReceipts } from './channels/services/pushover.ts';
import { endpointOf } from './channels/services/service-case.ts';
import { type StandIn, startStandIn } from './channels/stand-in.ts';
import { silent } from './fixtures.ts';
import { Story } from './responsibility-story.ts';

const SCHOOL = `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
`;
const MINUTE = 60_000;

let story: Story;
let service: ReturnType<typeof pushoverWithReceipts>;
let standIn: StandIn;
let endpoint: Endpoint;
let receipts: PushoverReceipts;
const recorded: unknown[] = [];
const never = new AbortController().signal;

beforeEach(async () => {
  recorded.length = 0;
  story = await Story.begin(SCHOOL, '2026-02-02T10:30:00-06:00');
  service = pushoverWithReceipts(() => story.clock.now());
  standIn = await startStandIn(service.service);
  endpoint = endpointOf(pushover.settings(standIn.url));
  receipts = started();
  const { clock } = story;
  // What the phones of the story get goes to Pushover as well.
  const channel = new PushoverChannel(
    { ...local, clock },
    { keep: (delivery, receipt) => receipts.keep(delivery, receipt) },
  );
  story.phones.reply = async ({ id, body }, signal): Promise<DeliveryResult> =>
    channel.deliver({ id, body, endpoint }, signal);
});
afterEach(async () => {
  await standIn.close();
  await story.end();
});

function started(more: { limit?: number } = {}): PushoverReceipts {
  const { db, router, clock } = story;
  const directory: typeof story.parts.directory = (id) => {
    const found = story.parts.directory(id);
    return found && { ...found, endpoints: () => [endpoint] };
  };
  const record = (samples: readonly unknown[]): void => void recorded.push(...samples);
  const calls = new ReceiptCall({ ...local, clock });
  return new PushoverReceipts({
    db,
    calls,
    router,
    directory,
    clock,
    log: silent,
    metrics: new SelfMetrics(),
    record,
    ...more,
  });
}

/** Opens an alert, and waits until Pushover has the page. */
async function open(id: string, severity: Severity = 'critical'): Promise<void> {
  const before = story.phones.got.length;
  await story.open(id, { domain: 'switching', severity });
  await settled(before + 1);
}
async function settled(messages: number): Promise<void> {
  for (;;) {
    const sent = await story.db.selectFrom('outbox').select('id').where('status', '=', 'sent').execute();
    if (sent.length >= messages) return;
    await new Promise((resolve) => setImmediate(resolve));
    await story.clock.advance(0);
  }
}
const looks = () => standIn.seen.filter(({ method }) => method === 'GET').length;
const rows = () => story.db.selectFrom('pushover_receipt').selectAll().execute();
/** Lets time pass, looking as the collector does. */
async function pass(ms: number, of = receipts): Promise<void> {
  for (let left = ms; left > 0; left -= 5_000) {
    await story.clock.advance(Math.min(5_000, left));
    await of.step(story.actions, never);
  }
}
const first = () => [...service.ringing.values()][0]!;

it('only what is critical and open rings', async () => {
  await open('a', 'warning');
  await open('b');
  expect(service.ringing.size).toBe(1);
  expect(await rows()).toMatchObject([{ alert_id: 'b', contact: 'kim', channel: 'pushover', round: 0 }]);
});

it('a press acknowledges the alert as the contact who was told, once', async () => {
  await open('a');
  await pass(30_000);
  expect((await story.alert('a'))!.ackedBy).toBeNull();
  first().acknowledgedAt = story.clock.now();
  await pass(10_000);
  expect(await story.alert('a')).toMatchObject({ ackedBy: 'internal' });
  const acked = (await listEvents(story.db, 'a')).filter(({ type }) => type === 'acked');
  expect(acked.map(({ detail }) => detail)).toEqual([{ party: 'internal', by: 'kim', via: 'pushover' }]);
  expect(recorded).toHaveLength(1);
  expect(await rows()).toEqual([]);
  // Its ladder has ended.
  await pass(30 * MINUTE);
  expect(story.told()).toEqual(['kim alert.open']);
});

it('looks no more often than Pushover allows', async () => {
  await open('a');
  await pass(9 * MINUTE);
  const often = looks();
  expect(often).toBe(54);
  expect(service.refusals).toEqual([]);
});

it('acknowledged on the page, or over: the ringing ends', async () => {
  await open('a');
  await open('b');
  await story.act('a', { action: 'ack', party: 'internal', by: 'kim' });
  await story.resolve('b');
  await settled(3);
  await pass(10_000);
  expect([...service.ringing.values()].map(({ cancelled }) => cancelled)).toEqual([true, true]);
  expect(await rows()).toEqual([]);
  expect((await listEvents(story.db, 'a')).filter(({ type }) => type === 'acked')).toHaveLength(1);
});

it('told again by the ladder, the earlier ringing ends, and a press on either counts', async () => {
  await open('a');
  await pass(10 * MINUTE);
  await settled(2);
  expect(service.ringing.size).toBe(2);
  await pass(10_000);
  const [earlier, later] = [...service.ringing.values()];
  expect([earlier!.cancelled, later!.cancelled]).toEqual([true, false]);
  expect(await rows()).toHaveLength(1);
  later!.acknowledgedAt = story.clock.now();
  await pass(10_000);
  expect((await story.alert('a'))!.ackedBy).toBe('internal');
});

it('a restart forgets nothing: the rows are the only state', async () => {
  await open('a');
  await pass(20_000);
  receipts = started();
  first().acknowledgedAt = story.clock.now();
  await pass(10_000);
  expect((await story.alert('a'))!.ackedBy).toBe('internal');
});

it('a press on the calls of a ladder that was begun anew does not answer the new one', async () => {
  await open('a');
  first().acknowledgedAt = story.clock.now();
  await story.clock.advance(1_000);
  await story.act('a', { action: 'decline', party: 'internal', by: 'kim', reason: 'no_access' });
  await settled(2);
  await pass(10_000);
  expect((await story.alert('a'))!.ackedBy).toBeNull();
});

it('rung out, or unknown there: forgotten', async () => {
  await open('a');
  await story.clock.advance(31 * MINUTE);
  await receipts.step(story.actions, never);
  expect((await rows()).filter(({ created_at }) => Number(created_at) < story.clock.now() - 30 * MINUTE)).toEqual([]);
  await open('b');
  service.ringing.clear();
  await pass(10_000);
  expect((await rows()).filter(({ alert_id }) => alert_id === 'b')).toEqual([]);
});

it('Pushover away: tried again, and the press is seen later', async () => {
  await open('a');
  standIn.next.push({ status: 500 }, 'reset', { status: 429, headers: { 'retry-after': '120' } });
  await pass(70_000);
  expect(await rows()).toHaveLength(1);
  first().acknowledgedAt = story.clock.now();
  await pass(60_000);
  expect((await story.alert('a'))!.ackedBy).toBeNull();
  await pass(60_000);
  expect((await story.alert('a'))!.ackedBy).toBe('internal');
});

it('the contact is gone, or has another channel now: nothing is looked at', async () => {
  await open('a');
  endpoint = { ...endpoint, id: 'pushover-2' };
  await pass(10_000);
  expect([looks(), (await rows()).length]).toEqual([0, 0]);
});

it('is bounded: the oldest are looked at no more', async () => {
  receipts = started({ limit: 2 });
  for (const id of ['a', 'b', 'c']) {
    await open(id);
    await story.clock.advance(1_000);
  }
  expect((await rows()).map(({ alert_id }) => alert_id).sort()).toEqual(['b', 'c']);
});

it('several alerts in one message: the press answers each', async () => {
  await open('a', 'warning');
  await open('b', 'warning');
  const of = (id: string) => ({
    reference: id,
    alert: { id, school: 'hilltop', severity: 'critical' },
    responsibility: { contact: 'kim' },
  });
  // Told together they are as loud as the worst of them.
  const body = JSON.stringify({
    type: 'alert.open',
    timestamp: '',
    data: { text: 'two', ...of('a'), alerts: [of('a'), of('b')] },
  });
  const channel = new PushoverChannel({ ...local, clock: story.clock }, receipts);
  expect(await channel.deliver({ id: 'm', body, endpoint }, never)).toEqual({ ok: true });
  first().acknowledgedAt = story.clock.now();
  await pass(10_000);
  expect([(await story.alert('a'))!.ackedBy, (await story.alert('b'))!.ackedBy]).toEqual(['internal', 'internal']);
});
