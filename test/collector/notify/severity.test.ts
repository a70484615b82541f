import { afterEach, describe, expect, it } from 'vitest';
import type { AlertChange } from '../../../collector/alert/alert.ts';
import type { Severity } from '../../../collector/engagement/decision.ts';
import { listEvents } from '../../../collector/state/alerts.ts';
import { messagesOf } from '../../../collector/state/outbox.ts';
import { Story } from './responsibility-story.ts';

const school = (engagements = ''): string => `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
engagements: [${engagements}]
`;
const CRITICAL_TO_PROVIDER =
  '{ id: crit, kind: threshold, status: approved, approvals: [internal, provider], approved_at: 2026-01-01, grants: [{ owner: provider, scope: { severity: ">=critical" } }] }';
const MINUTE = 60_000;

let story: Story;
afterEach(async () => {
  expect(await story.replayed('a')).toEqual(await story.alert('a'));
  await story.end();
});

async function become(severity: Severity): Promise<AlertChange> {
  const before = (await story.alert('a'))!;
  const change: AlertChange = {
    type: 'severity_changed',
    alert: { ...before, severity, value: 97, summary: `now ${severity}`, condition: `c ${severity}` },
    reason: `97 says ${severity}`,
    at: story.clock.now(),
  };
  await story.pipeline.apply([change]);
  await story.clock.advance(0);
  return change;
}

const begin = async (engagements?: string): Promise<void> => {
  story = await Story.begin(school(engagements), '2026-02-02T10:00:00-06:00');
  await story.open('a');
};
const details = async (type: string) =>
  (await listEvents(story.db, 'a')).filter((event) => event.type === type).map((event) => event.detail);

describe('an alert that gets worse', () => {
  it('is told anew, with its new words, and the acknowledgement given for less lapses', async () => {
    await begin();
    await story.act('a', { action: 'ack', party: 'internal', by: 'kim' });
    await story.pass(5 * MINUTE);
    await become('critical');
    expect(story.told()).toEqual(['kim alert.open', 'kim alert.open']);
    expect(story.phones.got.at(-1)!.text).toContain('CRITICAL at');
    expect(story.phones.got.at(-1)!.text).toContain('now critical');
    expect(await story.log('a')).toEqual(['opened', 'acked', 'unacked', 'severity_changed']);
    expect(await details('unacked')).toEqual([
      { reason: 'warning became critical; it was acknowledged by internal for less' },
    ]);
    expect(await details('severity_changed')).toMatchObject([
      { from: 'warning', to: 'critical', reason: '97 says critical', value: 97, decision: { owner: 'internal' } },
    ]);
    expect(await story.alert('a')).toMatchObject({ severity: 'critical', ackedBy: null, round: 1, value: 97 });
    await story.pass(11 * MINUTE);
    await story.resolve('a');
    expect(story.told().filter((line) => line.endsWith('resolved'))).toEqual(['kim alert.resolved']);
  });

  it('goes to who answers for what is critical; each who was told hears once that it is over', async () => {
    await begin(CRITICAL_TO_PROVIDER);
    await become('critical');
    expect(await story.log('a')).toEqual(['opened', 'severity_changed', 'internal > provider (crit#0)']);
    expect(story.told().sort()).toEqual(['kim alert.handed_over', 'kim alert.open', 'noc alert.open']);
    await story.resolve('a');
    expect(story.told(3).sort()).toEqual(['kim alert.resolved', 'noc alert.resolved']);
  });

  it('stays with who took it by hand, who is told', async () => {
    await begin(CRITICAL_TO_PROVIDER);
    await story.act('a', { action: 'claim', party: 'internal', by: 'kim' });
    await become('critical');
    expect(await story.alert('a')).toMatchObject({ owner: 'internal', claimedBy: 'internal', ackedBy: null });
    expect(story.told()).toEqual(['kim alert.open', 'kim alert.open']);
  });

  it('that changed hands four times today is told to who has it', async () => {
    await begin(CRITICAL_TO_PROVIDER);
    for (let i = 0; i < 2; i++) {
      await story.act('a', { action: 'claim', party: 'provider', by: 'noc' });
      await story.act('a', { action: 'hand_back', party: 'provider', by: 'noc', reason: 'no' });
    }
    const { owner } = (await story.alert('a'))!;
    const moves = (await details('owner_changed')).length;
    expect(moves).toBe(4);
    const told = story.told().length;
    await become('critical');
    expect(await story.alert('a')).toMatchObject({ owner, severity: 'critical' });
    expect((await details('owner_changed')).length).toBe(4);
    expect(
      story
        .told()
        .slice(told)
        .some((line) => line.endsWith('alert.open')),
    ).toBe(true);
  });
});

describe('an alert that gets better', () => {
  it('keeps its acknowledgement and its ladder, and nobody is told', async () => {
    await begin();
    await become('critical');
    await story.act('a', { action: 'ack', party: 'internal', by: 'kim' });
    const told = story.told().length;
    await become('warning');
    expect(story.told().length).toBe(told);
    expect(await story.alert('a')).toMatchObject({ severity: 'warning', ackedBy: 'internal', round: 1 });
    await story.resolve('a');
    const sent = (await messagesOf(story.db, 'a')).filter(({ status }) => status === 'sent');
    const toldAs = sent.map(({ kind, body }) => {
      const { severity, told_as } = JSON.parse(body).data.alert;
      return `${kind} ${severity}, told as ${told_as}`;
    });
    expect(toldAs.sort()).toEqual([
      'open critical, told as warning',
      'open warning, told as undefined',
      'resolved warning, told as critical,warning',
    ]);
  });

  it('and is not acknowledged: the ladder goes on', async () => {
    await begin();
    await become('critical');
    await become('warning');
    await story.pass(11 * MINUTE);
    expect(story.told(2)).toEqual(['kim alert.open']);
  });
});

it('boards see the series of the former severity end', async () => {
  await begin();
  const { type, alert, reason, at } = await become('info');
  await story.clock.advance(1);
  const worse = { type, alert: { ...alert, severity: 'critical' as const }, reason, at: at! + 1 };
  const samples = await story.pipeline.apply([worse]);
  expect(samples.map(({ tags, fields }) => [tags['severity'], fields['open']])).toEqual([
    ['info', 0n],
    ['critical', 1n],
  ]);
});

describe('applied again', () => {
  it('has no second effect, also when it has got better since', async () => {
    await begin();
    const worse = await become('critical');
    await story.pass(MINUTE);
    const better = await become('warning');
    const before = [await story.log('a'), story.told(), await story.alert('a')];
    expect(await story.pipeline.apply([worse, better])).toEqual([]);
    await story.clock.advance(0);
    expect([await story.log('a'), story.told(), await story.alert('a')]).toEqual(before);
  });

  it('changes nothing of what is over', async () => {
    await begin();
    await story.resolve('a');
    await become('critical');
    expect(await story.alert('a')).toMatchObject({ state: 'resolved', severity: 'warning' });
  });
});
