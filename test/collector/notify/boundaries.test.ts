import { afterEach, describe, expect, it } from 'vitest';
import { Story } from './responsibility-story.ts';

const school = (engagements: string): string => `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
engagements: [${engagements}]
`;
const agreed = 'kind: threshold, status: approved, approvals: [internal, provider], approved_at: 2026-01-01';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let story: Story;
const ids: string[] = [];
const open = async (id: string, more: Parameters<Story['open']>[1] = {}): Promise<void> => {
  ids.push(id);
  await story.open(id, more);
};
const moves = async (id: string) => (await story.log(id)).filter((line) => line.includes(' > '));

afterEach(async () => {
  for (const id of ids.splice(0)) expect(await story.replayed(id)).toEqual(await story.alert(id));
  await story.end();
});

const WINDOW = '{ owner: provider, when: { from: 2026-02-02T10:30, to: 2026-02-02T12:30 } }';

describe('a window begins and ends', () => {
  it('what is not acknowledged moves and its ladder starts anew; what is stays; the former owner gets one note', async () => {
    story = await Story.begin(school(`{ id: w, ${agreed}, grants: [${WINDOW}] }`), '2026-02-02T10:25:00-06:00');
    await open('free');
    await open('taken', { domain: 'wireless' });
    await story.act('taken', { action: 'ack', party: 'internal', by: 'kim' });
    await story.pass(10 * MINUTE);
    expect(await moves('free')).toEqual(['internal > provider (w#0)']);
    expect(await moves('taken')).toEqual([]);
    expect(story.told(2)).toEqual(['kim alert.handed_over', 'noc alert.open']);
    await story.act('free', { action: 'ack', party: 'provider', by: 'noc' });
    await story.pass(3 * HOUR);
    expect(await moves('free')).toEqual(['internal > provider (w#0)']);
    await story.resolve('free');
    expect(story.told(4).sort()).toEqual(['kim alert.resolved', 'noc alert.resolved']);
  });

  it('all, on both sides: acknowledged ones move too, and have to be acknowledged anew', async () => {
    const all = 'handover: { take: all, give: all }';
    const both = `{ id: w, ${agreed}, ${all}, grants: [${WINDOW}] }, { id: d, ${agreed}, priority: 1, ${all}, grants: [{ owner: internal }] }`;
    story = await Story.begin(school(both), '2026-02-02T10:25:00-06:00');
    await open('taken');
    await story.act('taken', { action: 'ack', party: 'internal', by: 'kim' });
    await story.pass(10 * MINUTE);
    expect(await story.log('taken')).toEqual(['opened', 'acked', 'unacked', 'internal > provider (w#0)']);
    expect(await story.alert('taken')).toMatchObject({ owner: 'provider', ackedBy: null });
  });

  it.each(['take: new', 'give: none'])('%s: open ones stay, new ones go to the new owner', async (handover) => {
    const give = `{ id: d, ${agreed}, priority: 1, handover: { ${handover.startsWith('give') ? handover : 'give: all'} }, grants: [{ owner: internal }] }`;
    const take = `{ id: w, ${agreed}, handover: { ${handover.startsWith('take') ? handover : 'take: all'} }, grants: [${WINDOW}] }`;
    story = await Story.begin(school(`${take}, ${give}`), '2026-02-02T10:25:00-06:00');
    await open('old');
    await story.pass(10 * MINUTE);
    await open('new', { domain: 'wireless' });
    expect((await story.alert('old'))!.owner).toBe('internal');
    expect((await story.alert('new'))!.owner).toBe('provider');
  });

  it('a held alert goes to the new owner, who is told at once', async () => {
    const night = '{ owner: provider, when: { from: 2026-02-02T22:00, to: 2026-02-03T05:00 } }';
    story = await Story.begin(school(`{ id: w, ${agreed}, grants: [${night}] }`), '2026-02-02T21:00:00-06:00');
    await open('held');
    expect([(await story.alert('held'))!.decision!.held, story.told()]).toEqual(['owner_uncovered', []]);
    await story.pass(61 * MINUTE);
    expect(story.told()).toEqual(['noc alert.open']);
    expect((await story.alert('held'))!.owner).toBe('provider');
  });

  it('lingers over the weekend: nobody is handed an alert they cannot see', async () => {
    const week = '{ owner: provider, when: { from: 2026-02-02, to: 2026-02-07 } }';
    story = await Story.begin(school(`{ id: w, ${agreed}, grants: [${week}] }`), '2026-02-06T23:30:00-06:00');
    await open('a');
    await story.act('a', { action: 'ack', party: 'provider', by: 'noc' });
    await open('b', { domain: 'wireless' });
    await story.pass(2 * HOUR);
    expect(await moves('b')).toEqual([]);
    expect((await story.alert('b'))!.owner).toBe('provider');
  });
});

it('an agreement that is revoked moves its alerts at once, and a school that is gone is left alone', async () => {
  const text = school(`{ id: w, ${agreed}, grants: [{ owner: provider }] }`);
  story = await Story.begin(text, '2026-02-02T10:00:00-06:00');
  await open('a');
  story.use(text.replace('status: approved', 'status: revoked'));
  await story.pass(MINUTE);
  expect(await moves('a')).toEqual(['provider > internal (base)']);
  story.router.use([]);
  await story.pass(MINUTE);
  expect(await moves('a')).toHaveLength(1);
});

describe('load thresholds', () => {
  const LOAD = `{ id: l, ${agreed}, grants: [{ owner: provider, if: { load: { party: internal, severity: warning, over: 8, for: 5m, clear: 3, hold: 60m } } }] }`;

  it('nine alerts constantly open for eight hours: each changes its owner once, and no more', async () => {
    story = await Story.begin(school(LOAD), '2026-02-02T07:30:00-06:00');
    for (let i = 0; i < 9; i++) await open(`n${i}`, { labels: { n: String(i) } });
    // Nobody answers for five minutes; from then on the provider works on what it was given and says so.
    await story.pass(6 * MINUTE);
    for (let i = 0; i < 9; i++) await story.act(`n${i}`, { action: 'ack', party: 'provider', by: 'noc' });
    for (let hour = 0; hour < 8; hour++) {
      await story.pass(HOUR);
      for (let i = 0; i < 9; i++)
        await story.act(`n${i}`, { action: 'note', party: 'provider', by: 'noc', note: 'at it' });
    }
    for (let i = 0; i < 9; i++) expect(await moves(`n${i}`)).toEqual(['internal > provider (l#0)']);
  });

  it('what is acknowledged does not move, and the threshold outlives a restart', async () => {
    story = await Story.begin(school(LOAD), '2026-02-02T07:30:00-06:00');
    for (let i = 0; i < 9; i++) await open(`n${i}`, { labels: { n: String(i) } });
    await story.act('n0', { action: 'ack', party: 'internal', by: 'kim' });
    await story.pass(7 * MINUTE);
    expect([await moves('n0'), (await moves('n1')).length]).toEqual([[], 1]);
    story.router.setLatched('hilltop', {});
    await story.boundaries.start();
    expect(story.router.state('hilltop').latched).toEqual({ 'l#0': true });
    for (let i = 1; i < 9; i++) await story.resolve(`n${i}`);
    await story.pass(70 * MINUTE);
    expect(story.router.state('hilltop').latched).toEqual({ 'l#0': false });
  });
});
