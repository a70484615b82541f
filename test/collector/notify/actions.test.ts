import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Story } from './responsibility-story.ts';

const SCHOOL = `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim, lee], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
engagements:
  - { id: wifi, kind: domain, status: approved, approvals: [internal, provider], approved_at: 2026-01-01, grants: [{ owner: provider, scope: { domain: wireless } }] }
`;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const kim = { party: 'internal', by: 'kim' } as const;
const noc = { party: 'provider', by: 'noc' } as const;

let story: Story;
beforeEach(async () => {
  story = await Story.begin(SCHOOL, '2026-02-02T10:00:00-06:00');
});
afterEach(async () => {
  for (const id of ['a', 'child-1']) expect(await story.replayed(id)).toEqual(await story.alert(id));
  await story.end();
});

describe('acknowledge', () => {
  it('stops the ladder, is said once, and whoever was told hears the end', async () => {
    await story.open('a', { domain: 'switching' });
    expect(story.told()).toEqual(['kim alert.open']);
    expect(await story.act('a', { action: 'ack', ...kim, note: 'on my way' })).toBe('ok');
    expect(await story.act('a', { action: 'ack', ...kim })).toBe('ok');
    await story.pass(2 * HOUR);
    expect(story.told()).toEqual(['kim alert.open']);
    await story.resolve('a');
    expect(story.told(1)).toEqual(['kim alert.resolved']);
    expect(await story.log('a')).toEqual(['opened', 'acked', 'resolved']);
  });

  it('lapses when nothing is heard: 8 h for a warning, 60 min when critical; a note makes it last', async () => {
    await story.open('a', { severity: 'critical', domain: 'wireless' });
    await story.act('a', { action: 'ack', ...noc });
    await story.pass(59 * MINUTE);
    await story.act('a', { action: 'note', ...noc, note: 'waiting for the part' });
    await story.pass(59 * MINUTE);
    expect(story.told()).toEqual(['noc alert.open']);
    await story.pass(2 * MINUTE);
    expect(story.told(1)).toEqual(['noc alert.open']);
    expect(await story.log('a')).toEqual(['opened', 'acked', 'noted', 'unacked', 'routed']);
    await story.pass(21 * MINUTE);
    expect((await story.alert('a'))!.owner).toBe('internal');
  });

  it('is for parties of the school, and for what is open', async () => {
    await story.open('a');
    expect(await story.act('a', { action: 'ack', party: 'stranger', by: 'x' })).toMatch('no party of hilltop');
    expect(await story.act('b', { action: 'ack', ...kim })).toBe('no such alert');
    expect((await story.actions.act('elsewhere', 'a', { action: 'ack', ...kim })).ok).toBe(false);
    await story.resolve('a');
    expect(await story.act('a', { action: 'ack', ...kim })).toBe('the alert is resolved, not open');
  });
});

describe('claim and hand back', () => {
  it('takes it over at once; the first wins; the other is told that it is theirs no longer', async () => {
    await story.open('a', { domain: 'wireless' });
    expect(await story.act('a', { action: 'claim', ...kim })).toBe('ok');
    expect(await story.act('a', { action: 'claim', ...noc })).toBe('internal has taken it already');
    expect(await story.alert('a')).toMatchObject({
      owner: 'internal',
      why: 'claimed by internal',
      ackedBy: 'internal',
    });
    expect(story.told()).toEqual(['noc alert.open', 'noc alert.handed_over']);
    await story.pass(3 * HOUR);
    expect(story.told(2)).toEqual([]);
    expect(await story.act('a', { action: 'hand_back', ...kim, reason: 'needs the controller' })).toBe('ok');
    expect(story.told(2)).toEqual(['noc alert.open']);
    expect(await story.alert('a')).toMatchObject({ owner: 'provider', why: 'wifi#0', claimedBy: null, ackedBy: null });
    expect(await story.act('a', { action: 'hand_back', ...noc, reason: 'no' })).toMatch('yours by wifi#0: decline it');
    await story.resolve('a');
    expect(story.told(3)).toEqual(['noc alert.resolved']);
  });

  it('what came along the ladder can be handed back too', async () => {
    await story.open('a', { domain: 'switching' });
    await story.pass(21 * MINUTE);
    expect((await story.alert('a'))!.owner).toBe('provider');
    expect(await story.act('a', { action: 'hand_back', ...noc, reason: 'Kim is back at the desk' })).toBe('ok');
    expect(await story.alert('a')).toMatchObject({ owner: 'internal', why: 'base' });
  });
});

describe('decline', () => {
  it('hands it to the previous owner at once, and stays there although the agreement says otherwise', async () => {
    await story.open('a', { domain: 'wireless' });
    expect(await story.act('a', { action: 'decline', ...kim, reason: 'no_access' })).toBe(
      'only provider can decline it: it is theirs',
    );
    expect(await story.act('a', { action: 'decline', ...noc, reason: 'needs_hands_on_site' })).toBe('ok');
    expect(story.told().sort()).toEqual(['kim alert.open', 'noc alert.handed_over', 'noc alert.open']);
    await story.pass(5 * MINUTE);
    expect(await story.alert('a')).toMatchObject({
      owner: 'internal',
      why: 'declined by provider',
      claimedBy: 'internal',
    });
  });

  it('a second time tells the safety net and the director: nobody wants this', async () => {
    await story.open('a', { domain: 'wireless' });
    await story.act('a', { action: 'decline', ...noc, reason: 'out_of_scope' });
    const before = story.told().length;
    expect(await story.act('a', { action: 'decline', ...kim, reason: 'out_of_scope' })).toBe('ok');
    expect(story.told(before).sort()).toEqual(['chief alert.open', 'head alert.open', 'kim alert.unwanted']);
    expect((await story.alert('a'))!.owner).toBe('internal');
  });
});

it('four changes within a day pin it; the director is told once', async () => {
  await story.open('a', { domain: 'wireless' });
  for (let i = 0; i < 2; i++) {
    expect(await story.act('a', { action: 'claim', ...kim })).toBe('ok');
    expect(await story.act('a', { action: 'hand_back', ...kim, reason: 'no' })).toBe('ok');
  }
  const changes = async () => (await story.log('a')).filter((line) => line.includes(' > ')).length;
  expect(await changes()).toBe(4);
  expect(await story.act('a', { action: 'claim', ...kim })).toMatch('four times within a day');
  await story.act('a', { action: 'note', ...noc, note: 'x' });
  story.use(SCHOOL.replace('owner: provider, scope: { domain: wireless }', 'owner: internal'));
  await story.pass(10 * MINUTE);
  expect(await changes()).toBe(4);
  expect(story.told().filter((line) => line === 'kim alert.pinned')).toHaveLength(1);
  expect((await story.log('a')).filter((line) => line === 'pinned')).toHaveLength(1);
});

it('a request for hands on site is an item of its own for the school, which people end; the parent stays', async () => {
  await story.open('a', { domain: 'wireless' });
  await story.act('a', { action: 'ack', ...noc });
  expect(await story.act('a', { action: 'request_onsite', ...noc, note: 'reseat the cable of AP 7' })).toBe('ok');
  expect(story.told(1)).toEqual(['kim alert.open']);
  expect(await story.alert('child-1')).toMatchObject({ owner: 'internal', domain: 'daily', labels: { parent: 'a' } });
  expect(await story.act('a', { action: 'done', ...noc })).toMatch('ends by itself');
  expect(await story.act('child-1', { action: 'done', ...kim })).toBe('ok');
  expect(story.told(2)).toEqual(['kim alert.resolved']);
  expect((await story.alert('a'))!.state).toBe('open');
});

it('clocks are paused with a reason, by who they run for', async () => {
  await story.open('a', { domain: 'wireless' });
  expect(await story.act('a', { action: 'pause', ...kim, reason: 'x' })).toMatch('only provider can pause it');
  expect(await story.act('a', { action: 'pause', ...noc, reason: 'room locked until Monday' })).toBe('ok');
  expect(await story.act('a', { action: 'resume', ...noc })).toBe('ok');
  expect(await story.log('a')).toEqual(['opened', 'paused', 'resumed']);
});
