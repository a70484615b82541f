import { afterEach, expect, it } from 'vitest';
import { HandoverRitual } from '../../../collector/notify/handover-ritual.ts';
import { listEngagementEvents } from '../../../collector/state/engagements.ts';
import { addMute } from '../../../collector/state/mutes.ts';
import { Story } from './responsibility-story.ts';

const school = (handover: string): string => `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
engagements:
  - id: week
    kind: threshold
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-01-01
    handover: { brief: 2h${handover} }
    grants: [{ owner: provider, scope: { domain: [wireless, switching] }, when: { from: 2026-02-03T12:00, to: 2026-02-04T12:00 } }]
`;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ID = 'week#0@2026-02-03T18:00:00.000Z';

let story: Story;
afterEach(() => story.end());
const entries = async () =>
  (await listEngagementEvents(story.db, 'hilltop', { limit: 100 })).map(({ type, party, actor }) => [
    type,
    party ?? actor,
  ]);

it('the incoming party is briefed before, the log says what moved and what stayed, both sides get a report after', async () => {
  story = await Story.begin(school(''), '2026-02-03T09:30:00-06:00');
  await story.open('free', { domain: 'wireless', labels: { device: 'ap-1' } });
  await story.open('taken', { domain: 'switching', labels: { device: 'sw-1' } });
  for (const id of ['free', 'taken']) await story.act(id, { action: 'ack', party: 'internal', by: 'kim' });
  const now = story.clock.now();
  await addMute(story.db, {
    id: 'w',
    school: 'hilltop',
    kind: 'maintenance',
    matchers: [{ name: 'device', value: 'ups-1', isRegex: false, isEqual: true }],
    startsAt: now,
    endsAt: now + 4 * HOUR,
    party: 'internal',
    author: 'Kim Lee',
    comment: 'new battery',
    createdAt: now,
    endedAt: null,
    endedBy: null,
  });
  await story.pass(29 * MINUTE);
  expect(await entries()).toEqual([]);
  await story.pass(2 * MINUTE);
  expect(await entries()).toEqual([['handover_briefed', 'collector']]);
  const brief = story.phones.got.at(-1)!;
  expect(brief).toMatchObject({ to: 'noc', kind: 'handover.brief' });
  expect(brief.text).toContain(
    "from 12:00 on, the provider answers for Wi-Fi, the wired network instead of the school's own IT",
  );
  expect(brief.text).toContain("Open with the school's own IT now: 2, of which 2 acknowledged");
  expect(brief.text).toContain('Kept quiet: new battery (maintenance by Kim Lee, until 13:30).');
  await story.open('late', { domain: 'wireless', severity: 'critical', labels: { device: 'ap-2' } });
  await story.pass(2 * HOUR);
  expect(await story.log('late')).toContain('internal > provider (ladder step 3)');
  expect((await entries()).map(([type]) => type)).toEqual(['handover_briefed', 'handover', 'handover_reported']);
  // Two phones ring at the same time, in either order.
  expect(story.told(0, 'handover.').sort()).toEqual([
    'kim handover.report',
    'noc handover.brief',
    'noc handover.report',
  ]);
  const report = story.phones.got.findLast((m) => m.kind === 'handover.report' && m.to === 'kim')!.text;
  expect(report).toContain(
    "0 open alerts moved to the provider, 2 stay with the school's own IT until they are resolved.",
  );
  const [, moved] = await listEngagementEvents(story.db, 'hilltop', { limit: 100 });
  expect(moved!.detail).toMatchObject({
    id: ID,
    from: 'internal',
    to: 'provider',
    moved: [],
    stayed: expect.arrayContaining(['free', 'taken']),
  });
});

it('nothing is said twice after a restart, and a boundary that passed meanwhile is made good', async () => {
  story = await Story.begin(school(''), '2026-02-03T10:05:00-06:00');
  await story.pass(MINUTE);
  expect(await entries()).toHaveLength(1);
  await story.clock.advance(3 * HOUR);
  const again = new HandoverRitual(story.parts);
  await again.start();
  await again.step();
  await again.step();
  expect((await entries()).map(([type]) => type)).toEqual(['handover_briefed', 'handover', 'handover_reported']);
});

it('one that must be accepted keeps the outgoing party on the ladder until the incoming one does', async () => {
  story = await Story.begin(school(', accept: required'), '2026-02-03T10:05:00-06:00');
  await story.pass(MINUTE);
  expect(story.phones.got.at(-1)!.text).toContain('Please accept it.');
  expect(await story.ritual.accept('hilltop', ID, 'internal', 'kim')).toBe('only provider can accept it');
  expect(await story.ritual.accept('hilltop', 'other', 'provider', 'noc')).toMatch('no such hand-over');
  await story.pass(2 * HOUR);
  await story.open('a', { domain: 'wireless' });
  expect((await story.alert('a'))!.decision!.steps[1]).toMatchObject({ party: 'internal', after_s: 300 });
  expect(await story.ritual.accept('hilltop', ID, 'provider', 'noc')).toBeUndefined();
  expect(await story.ritual.accept('hilltop', ID, 'provider', 'noc')).toBeUndefined();
  await story.open('b', { domain: 'switching' });
  expect((await story.alert('b'))!.decision!.steps[1]).toMatchObject({ party: 'provider', after_s: 600 });
  expect((await entries()).filter(([type]) => type === 'handover_accepted')).toEqual([
    ['handover_accepted', 'provider'],
  ]);
  expect((await story.ritual.list('hilltop'))[0]).toMatchObject({ id: ID, briefed: true, accepted: true, done: true });
});
