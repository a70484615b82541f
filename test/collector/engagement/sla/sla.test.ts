import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSchool } from '../../../../collector/engagement/plan.ts';
import type { SlaTarget } from '../../../../collector/engagement/school.ts';
import { parseSchool } from '../../../../collector/engagement/school-file.ts';
import type { LoggedEvent } from '../../../../collector/engagement/sla/interval.ts';
import type { WorkingTime } from '../../../../collector/engagement/sla/school-hours.ts';
import { agreedTargets, type SlaClock, slaClocks } from '../../../../collector/engagement/sla/sla.ts';
import { acked, alertLog, MINUTE, moved, noted, opened, paused, reorder, resolved, resumed } from './alert-log.ts';

const TARGET: SlaTarget = { ackMs: 15 * MINUTE, updateMs: 60 * MINUTE, resolveMs: 240 * MINUTE, calendar: '24x7' };
const always: WorkingTime = (_calendar, from, to) => to - from;
/** A day of 100 minutes, of which the first 40 are school. */
const school: WorkingTime = (calendar, from, to) => {
  if (calendar === '24x7') return to - from;
  const upTo = (t: number) => Math.floor(t / (100 * MINUTE)) * 40 * MINUTE + Math.min(t % (100 * MINUTE), 40 * MINUTE);
  return upTo(to) - upTo(from);
};

const minutes = (ms: number | null) => (ms === null ? '-' : String(ms / MINUTE));
/** `elapsed state due breached`, minutes. */
const told = ({ elapsedMs, state, dueAt, breachedAt }: SlaClock) =>
  `${minutes(elapsedMs)} ${state} ${minutes(dueAt)} ${minutes(breachedAt)}`;

function clocks(log: readonly LoggedEvent[], at: number, target: SlaTarget | undefined = TARGET, time = always) {
  return slaClocks(log, () => target, time, at * MINUTE).map(({ party, ack, update, resolve }) => [
    party,
    told(ack),
    told(update),
    told(resolve),
  ]);
}

describe('the clocks of an owner', () => {
  it.each<[string, LoggedEvent[], number, string[][]]>([
    ['are not there before it opens', [opened(10, 'a')], 9, []],
    ['run from the opening', [opened(0, 'a')], 10, [['a', '10 running 15 -', '10 running 60 -', '10 running 240 -']]],
    [
      'are breached the moment their time is used up',
      [opened(0, 'a')],
      15,
      [['a', '15 breached - 15', '15 running 60 -', '15 running 240 -']],
    ],
    [
      'ack is met by an acknowledgement, which is an update too',
      [opened(0, 'a'), acked(10, 'a')],
      30,
      [['a', '10 met - -', '20 running 70 -', '30 running 240 -']],
    ],
    [
      'too late stays too late',
      [opened(0, 'a'), acked(20, 'a')],
      30,
      [['a', '20 breached - 15', '10 running 80 -', '30 running 240 -']],
    ],
    [
      'not by one of somebody else',
      [opened(0, 'a'), acked(10, 'b')],
      12,
      [['a', '12 running 15 -', '12 running 60 -', '12 running 240 -']],
    ],
    [
      'an update starts again with each note; a breach between is kept',
      [opened(0, 'a'), acked(5, 'a'), noted(70, 'a')],
      80,
      [['a', '5 met - -', '10 running 130 65', '80 running 240 -']],
    ],
    ['a resolution meets them all', [opened(0, 'a'), resolved(9)], 500, [['a', '9 met - -', '9 met - -', '9 met - -']]],
    [
      'or comes too late',
      [opened(0, 'a'), acked(1, 'a'), resolved(300)],
      500,
      [['a', '1 met - -', '299 breached - 61', '300 breached - 240']],
    ],
    [
      'stand still while paused',
      [opened(0, 'a'), paused(5, 'a')],
      100,
      [['a', '5 paused - -', '5 paused - -', '5 paused - -']],
    ],
    [
      'and go on from there',
      [opened(0, 'a'), paused(5, 'a'), resumed(100, 'a')],
      105,
      [['a', '10 running 110 -', '10 running 155 -', '10 running 335 -']],
    ],
    [
      'stop where ownership moves away; those of the new owner start at zero, also for one that gets it back',
      [opened(0, 'a'), moved(10, 'a', 'b'), moved(40, 'b', 'a'), acked(45, 'a')],
      50,
      [
        ['a', '10 stopped - -', '10 stopped - -', '10 stopped - -'],
        ['b', '30 breached - 25', '30 stopped - -', '30 stopped - -'],
        ['a', '5 met - -', '5 running 105 -', '10 running 280 -'],
      ],
    ],
  ])('%s', (_name, log, at, expected) => expect(clocks(log, at)).toEqual(expected));

  it('measure without a target too', () =>
    expect(slaClocks([opened(0, 'a')], () => undefined, always, 7 * MINUTE)[0]!.ack).toEqual({
      targetMs: null,
      elapsedMs: 7 * MINUTE,
      state: 'running',
      dueAt: null,
      breachedAt: null,
    }));

  it('count school hours only where that is agreed', () => {
    const hours: SlaTarget = { ackMs: 15 * MINUTE, resolveMs: 90 * MINUTE, calendar: 'school-hours' };
    // Opened 10 minutes before school is out: 5 of the 15 are left for tomorrow.
    expect(clocks([opened(30, 'a')], 60, hours, school)).toEqual([
      ['a', '10 running 105 -', '10 running - -', '10 running 240 -'],
    ]);
    expect(clocks([opened(30, 'a')], 104, hours, school)[0]![1]).toBe('14 running 105 -');
    expect(clocks([opened(30, 'a')], 105, hours, school)[0]![1]).toBe('15 breached - 105');
    expect(
      clocks([opened(30, 'a'), paused(35, 'a'), resumed(110, 'a'), acked(119, 'a')], 119, hours, school)[0]![1],
    ).toBe('14 met - -');
  });

  it('have no due time where no hours are left', () => {
    const closed: WorkingTime = () => 0;
    expect(clocks([opened(0, 'a')], 5, { ackMs: 1, calendar: 'school-hours' }, closed)[0]![1]).toBe('0 running - -');
  });

  it('know for each interval what was owed in it', () => {
    const targets = slaClocks(
      [opened(0, 'a'), moved(5, 'a', 'b')],
      (party, { why }) => (party === 'b' && why === 'ladder' ? TARGET : undefined),
      always,
      9 * MINUTE,
    );
    expect(targets.map(({ ack }) => ack.targetMs)).toEqual([null, 15 * MINUTE]);
  });
});

describe('laws of the clocks', () => {
  const now = fc.integer({ min: 0, max: 2600 });
  const hours: SlaTarget = { ...TARGET, calendar: 'school-hours' };

  it('the resolve times of a party add up to the time it owned the alert, less its pauses', () => {
    fc.assert(
      fc.property(alertLog, now, (log, at) => {
        for (const { from, to, pauses, resolve } of slaClocks(log, () => TARGET, always, at * MINUTE)) {
          const end = to ?? at * MINUTE;
          const still = pauses.reduce((sum, pause) => sum + (pause.to ?? end) - pause.from, 0);
          expect(resolve.elapsedMs).toBe(end - from - still);
        }
      }),
    );
  });

  it('event by event as they happen, or all at once and looking back: the same', () => {
    fc.assert(
      fc.property(alertLog, fc.constantFrom(TARGET, hours), (log, target) => {
        for (const [i, { at }] of log.entries()) {
          if (log[i + 1]?.at === at) continue;
          const then = slaClocks(log.slice(0, i + 1), () => target, school, at);
          expect(slaClocks(log, () => target, school, at)).toEqual(then);
        }
      }),
    );
  });

  it('in whatever order the events arrive: the same', () => {
    fc.assert(
      fc.property(alertLog, fc.array(fc.nat(), { minLength: 1 }), now, (log, keys, at) => {
        const late = slaClocks(reorder(log, keys), () => hours, school, at * MINUTE);
        expect(late).toEqual(slaClocks(log, () => hours, school, at * MINUTE));
      }),
    );
  });

  it('a clock is breached at the instant foretold, and not before', () => {
    fc.assert(
      fc.property(
        alertLog,
        fc.constantFrom(TARGET, hours),
        fc.constantFrom('ack', 'update', 'resolve'),
        (log, target, name) => {
          const last = log.at(-1)!.at;
          const at = (t: number) => slaClocks(log, () => target, school, t).at(-1)![name];
          const { dueAt, state } = at(last);
          expect(dueAt !== null).toBe(state === 'running');
          if (dueAt === null) return;
          expect(at(dueAt)).toMatchObject({ state: 'breached', dueAt: null });
          if (dueAt > last) expect(at(dueAt - 1).state).toBe('running');
        },
      ),
    );
  });

  it('what is breached stays so', () => {
    fc.assert(
      fc.property(alertLog, now, now, (log, a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)].map((t) =>
          slaClocks(log, () => hours, school, t * MINUTE),
        );
        for (const [i, { ack, update, resolve }] of early!.entries())
          for (const [clock, then] of [
            [ack, late![i]!.ack],
            [update, late![i]!.update],
            [resolve, late![i]!.resolve],
          ] as const)
            if (clock.breachedAt !== null) expect(then.breachedAt).toBe(clock.breachedAt);
      }),
    );
  });
});

it('the targets of an owner are those of the grant it owns by, else what it promised for such alerts', () => {
  const plan = planSchool(
    parseSchool(
      `
school: hilltop
tz: America/Chicago
parties: { internal: { contacts: [kim], coverage: always }, provider: { contacts: [noc], coverage: always } }
safety_net: [head]
base: { owner: internal }
engagements:
  - { id: all, kind: full, status: approved, approvals: [internal, provider], sla: { warning: { ack: 15m, calendar: 24x7 } }, grants: [{ owner: provider }] }`,
      'school.yaml',
    ),
  );
  const interval = (why: string) => ({ party: 'x', from: 0, to: null, why });
  const alert = { id: 1, domain: 'wan', severity: 'warning' } as const;
  const owed = agreedTargets(plan, alert);
  expect(owed('provider', interval('all#0'))).toEqual({ ackMs: 15 * MINUTE, calendar: '24x7' });
  expect(owed('provider', interval('linger:all#0'))).toEqual(owed('provider', interval('all#0')));
  expect(owed('internal', interval('all#0'))).toBeUndefined();
  expect(owed('provider', interval('ladder step 3'))).toEqual(owed('provider', interval('all#0')));
  expect(agreedTargets(plan, { ...alert, severity: 'critical' })('provider', interval('all#0'))).toBeUndefined();
  expect(owed('provider', { ...interval('all#0'), severity: 'critical' })).toBeUndefined();
});
