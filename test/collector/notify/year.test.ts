import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AlertEvent } from '../../../collector/alert/alert.ts';
import { foldEvents } from '../../../collector/alert/life.ts';
import type { Severity } from '../../../collector/engagement/decision.ts';
import { DECLINE_REASONS } from '../../../collector/engagement/item-rules.ts';
import { responsibilityIntervals } from '../../../collector/engagement/sla/interval.ts';
import { listEvents } from '../../../collector/state/alerts.ts';
import { listEngagementEvents } from '../../../collector/state/engagements.ts';
import { messagesOf } from '../../../collector/state/outbox.ts';
import { random } from '../../support/random.ts';
import { Story } from './responsibility-story.ts';
import { SCHOOL_YEAR } from './school-year.ts';

const ALERTS = 500;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-07-15T00:00-05:00');
const YEAR = 365 * DAY;
/** How often the collector looks at its boundaries here; it does so every few seconds. */
const LOOK = 30 * MINUTE;

interface Deed {
  readonly at: number;
  readonly id: string;
  readonly what: 'open' | 'resolve' | 'ack' | 'note' | 'decline' | 'claim';
}

const chance = random(20260715);
const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)]!;

/** Alerts of a year: most in bursts, as faults come; answered late, early, or not at all. */
function deeds(): Deed[] {
  const all: Deed[] = [];
  let at = START;
  for (let i = 0; i < ALERTS; i++) {
    at += chance() < 0.6 ? chance() * 20 * MINUTE : (chance() * 2 * YEAR) / (ALERTS * 0.4);
    const id = `alert-${i}`;
    const lasts = Math.exp(Math.log(5 * MINUTE) + chance() * Math.log(1_000));
    all.push({ at, id, what: 'open' }, { at: at + lasts, id, what: 'resolve' });
    const answer = at + (2 + chance() * 70) * MINUTE;
    const what = pick(['ack', 'ack', 'ack', 'ack', 'ack', 'decline', 'claim', undefined] as const);
    if (what && answer < at + lasts) all.push({ at: answer, id, what });
    if (chance() < 0.3 && lasts > 2 * HOUR) all.push({ at: at + lasts / 2, id, what: 'note' });
  }
  return all.sort((a, b) => a.at - b.at);
}

let story: Story;
const logs = new Map<string, AlertEvent[]>();

beforeAll(async () => {
  story = await Story.begin(SCHOOL_YEAR, new Date(START).toISOString());
  const open = new Set<string>();
  for (const deed of deeds()) {
    // Nothing to look at: the clock may jump to a little before the next deed, but for the boundaries that are spoken of.
    while (story.clock.now() < deed.at) {
      const look = open.size > 0 ? LOOK : DAY;
      await story.pass(Math.min(look, deed.at - story.clock.now()), look);
    }
    await perform(deed, open);
  }
  for (let i = 0; i < ALERTS; i++) logs.set(`alert-${i}`, await listEvents(story.db, `alert-${i}`));
}, 300_000);
afterAll(() => story.end());

async function perform({ id, what }: Deed, open: Set<string>): Promise<void> {
  if (what === 'open') {
    open.add(id);
    return story.open(id, {
      severity: pick(['critical', 'warning', 'warning', 'info'] as const) satisfies Severity,
      domain: pick(['wan', 'switching', 'cabling', 'wireless', 'wireless', 'power', 'dns_dhcp', 'inventory']),
      labels: { device: `d-${Math.floor(chance() * 80)}`, zone: pick(['main/1', 'gym/1', 'wing-b/2']) },
    });
  }
  if (what === 'resolve') {
    open.delete(id);
    return story.resolve(id);
  }
  const alert = (await story.alert(id))!;
  const party = alert.owner!;
  if (what === 'ack') await story.act(id, { action: 'ack', party, by: 'somebody' });
  if (what === 'note') await story.act(id, { action: 'note', party, by: 'somebody', note: 'at it' });
  if (what === 'decline')
    await story.act(id, { action: 'decline', party, by: 'somebody', reason: pick(DECLINE_REASONS) });
  if (what === 'claim') await story.act(id, { action: 'claim', party: pick(['internal', 'provider']), by: 'somebody' });
}

it('was a year worth looking at', async () => {
  const events = [...logs.values()].flat();
  const counts = Object.fromEntries(
    [...Map.groupBy(events, (event) => event.type)].map(([type, list]) => [type, list.length]),
  );
  expect(counts).toMatchObject({ opened: ALERTS, resolved: ALERTS });
  for (const type of ['owner_changed', 'acked', 'unacked', 'declined', 'claimed', 'noted', 'routed', 'notified'])
    expect(counts[type], type).toBeGreaterThan(5);
  const whys = new Set(events.filter((e) => e.type === 'owner_changed').map((e) => String(e.detail['why'])));
  for (const why of ['base', 'seasons#0', 'overload#0', 'ladder step 3', 'declined by provider'])
    expect([...whys], why).toContain(why);
  const handovers = await listEngagementEvents(story.db, 'hilltop', { types: ['handover'], limit: 1_000 });
  expect(handovers.length).toBeGreaterThanOrEqual(12);
});

it('the log replays to the same state', async () => {
  for (const [id, log] of logs) expect(foldEvents(log)).toEqual(await story.alert(id));
});

it('no acknowledged alert changed hands', () => {
  for (const [id, log] of logs) {
    let acked = false;
    for (const { type } of log) {
      if (type === 'acked') acked = true;
      if (type === 'unacked') acked = false;
      if (type === 'owner_changed') expect(acked, id).toBe(false);
    }
  }
});

it('no alert had two owners, or none, at any instant; none changed its owner more than four times a day', () => {
  for (const [id, log] of logs) {
    const intervals = responsibilityIntervals(log);
    const opened = log.find((event) => event.type === 'opened')!;
    const resolved = log.find((event) => event.type === 'resolved')!;
    expect(intervals[0]!.from).toBe(opened.at);
    expect(intervals.at(-1)!.to).toBe(resolved.at);
    for (const [i, { to }] of intervals.entries()) if (intervals[i + 1]) expect(intervals[i + 1]!.from).toBe(to);
    const moves = log.filter((event) => event.type === 'owner_changed');
    for (const [i, move] of moves.entries()) {
      expect(move.detail['from'], id).toBe(
        i === 0 ? (opened.detail['decision'] as { owner: string }).owner : moves[i - 1]!.detail['to'],
      );
      if (moves[i + 4]) expect(moves[i + 4]!.at - move.at, id).toBeGreaterThanOrEqual(DAY);
    }
  }
});

it('everybody who was told of an alert was told once that it was over, and nobody else', async () => {
  for (const id of logs.keys()) {
    const rows = await messagesOf(story.db, id);
    const told = (kind: string) =>
      rows.filter((row) => row.kind === kind && row.status === 'sent').map((row) => row.contact);
    expect(told('resolved').sort(), id).toEqual([...new Set(told('open'))].sort());
  }
});

it('what is critical is told at once, and the rest within the hold', async () => {
  for (const [id, log] of logs) {
    const { severity } = (await story.alert(id))!;
    const opened = log.find((event) => event.type === 'opened')!;
    const first = log.find((event) => event.type === 'notified' && event.detail['kind'] === 'open');
    const acked = log.findIndex((event) => event.type === 'acked' || event.type === 'claimed');
    if (severity === 'critical') expect(first!.decidedAt - opened.decidedAt, id).toBe(0);
    // Somebody who saw it on the page and took it needs no phone.
    else if (first && (acked < 0 || log.indexOf(first) < acked))
      expect(first.decidedAt - opened.decidedAt, id).toBeLessThanOrEqual(17 * HOUR);
  }
});
