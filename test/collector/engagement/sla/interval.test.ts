import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LoggedEvent, responsibilityIntervals, tenures } from '../../../../collector/engagement/sla/interval.ts';
import {
  acked,
  alertLog,
  event,
  MINUTE,
  moved,
  noted,
  opened,
  paused,
  reorder,
  resolved,
  resumed,
} from './alert-log.ts';

const unsuppressed = (at: number, owner: string) => event(at, 'unsuppressed', { decision: { owner, why: 'base' } });

/** `from-to party why`, minutes. */
const told = (log: readonly LoggedEvent[]) =>
  responsibilityIntervals(log).map(
    ({ from, to, party, why }) => `${from / MINUTE}-${to === null ? '' : to / MINUTE} ${party} ${why}`,
  );

describe('who was responsible', () => {
  it.each<[string, LoggedEvent[], string[]]>([
    ['nothing before it opens', [event(0, 'pending'), event(5, 'cancelled')], []],
    ['still', [event(0, 'pending'), opened(5, 'internal')], ['5- internal base']],
    ['until it resolves', [opened(5, 'internal'), resolved(30)], ['5-30 internal base']],
    [
      'there and back',
      [
        opened(0, 'internal'),
        moved(20, 'internal', 'provider'),
        moved(50, 'provider', 'internal', 'decline'),
        resolved(60),
      ],
      ['0-20 internal base', '20-50 provider ladder', '50-60 internal decline'],
    ],
    [
      'the same owner for another reason is no new interval',
      [opened(0, 'internal'), moved(20, 'internal', 'internal', 'growth#0'), resolved(60)],
      ['0-60 internal base'],
    ],
    [
      'a move that arrives late counts when it happened',
      [opened(0, 'a'), moved(40, 'b', 'c'), event(20, 'owner_changed', { to: 'b', why: 'late' }, 100), resolved(60)],
      ['0-20 a base', '20-40 b late', '40-60 c ladder'],
    ],
    [
      'what came after the resolution, known later, does not count',
      [opened(0, 'a'), moved(40, 'a', 'b'), event(30, 'resolved', {}, 15)],
      ['0-30 a base'],
    ],
    [
      'nothing comes before the opening, whatever a clock said',
      [opened(10, 'a'), event(8, 'owner_changed', { to: 'b', why: 'x' }, 5), resolved(20)],
      ['10-10 a base', '10-20 b x'],
    ],
    [
      'two moves of one instant go as they were decided',
      [
        opened(0, 'a'),
        event(5, 'owner_changed', { to: 'c', why: '2' }, 2),
        event(5, 'owner_changed', { to: 'b', why: '1' }, 1),
      ],
      ['0-5 a base', '5-5 b 1', '5- c 2'],
    ],
    [
      'worse is a new one of the same owner, better is not',
      [
        opened(0, 'a', 'g#0'),
        event(10, 'severity_changed', { from: 'warning', to: 'critical' }),
        event(20, 'severity_changed', { from: 'critical', to: 'warning' }),
        resolved(30),
      ],
      ['0-10 a g#0', '10-30 a g#0'],
    ],
    [
      'suppressed from the first moment: nobody, until it is told of afresh',
      [opened(5, 'a'), event(5, 'suppressed'), unsuppressed(20, 'b'), resolved(30)],
      ['20-30 b base'],
    ],
    [
      'suppressed for a while: whoever had it is done, whoever has it after begins anew',
      [
        opened(0, 'a'),
        event(10, 'suppressed'),
        moved(12, 'a', 'b'),
        event(14, 'suppressed'),
        unsuppressed(20, 'a'),
        moved(25, 'a', 'b'),
        resolved(30),
      ],
      ['0-10 a base', '20-25 a base', '25-30 b ladder'],
    ],
    [
      'one that ends while it is suppressed',
      [opened(0, 'a'), event(10, 'suppressed'), resolved(20), unsuppressed(25, 'b')],
      ['0-10 a base'],
    ],
    [
      'opened with nobody configured: from when somebody has it',
      [event(0, 'opened', { decision: null }), event(5, 'noted', { party: 'a' }), moved(9, '', 'a'), resolved(20)],
      ['9-20 a ladder'],
    ],
  ])('%s', (_name, log, expected) => expect(told(log)).toEqual(expected));

  it('says by which version, where the log does', () => {
    const log = [
      event(0, 'opened', { decision: { owner: 'a', why: 'base', config_version: 'abc' } }),
      moved(1, 'a', 'b'),
    ];
    expect(responsibilityIntervals(log).map((i) => i.configVersion)).toEqual(['abc', undefined]);
  });

  it('tiles the time from opening to resolution, without gap or overlap', () => {
    fc.assert(
      fc.property(alertLog, (log) => {
        const intervals = responsibilityIntervals(log);
        const end = log.find(({ type }) => type === 'resolved')?.at ?? null;
        expect(intervals[0]!.from).toBe(log[0]!.at);
        expect(intervals.at(-1)!.to).toBe(end);
        for (const [i, { party, from }] of intervals.slice(1).entries()) {
          expect(intervals[i]!.to).toBe(from);
          expect(intervals[i]!.party).not.toBe(party);
        }
        expect(intervals).toHaveLength(1 + log.filter(({ type }) => type === 'owner_changed').length);
      }),
    );
  });

  it('is the same in whatever order the events arrive', () => {
    fc.assert(
      fc.property(alertLog, fc.array(fc.nat(), { minLength: 1 }), (log, keys) => {
        expect(tenures(reorder(log, keys))).toEqual(tenures(log));
      }),
    );
  });

  it('grows: another event only changes or follows the last interval', () => {
    fc.assert(
      fc.property(alertLog, (log) => {
        for (let n = 1; n < log.length; n++) {
          const [before, after] = [tenures(log.slice(0, n)), tenures(log.slice(0, n + 1))];
          expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
        }
      }),
    );
  });
});

describe('what the owner did', () => {
  it('counts while it owns the alert, and only what it did itself', () => {
    const log = [
      opened(0, 'a'),
      acked(5, 'b'),
      paused(6, 'b'),
      acked(10, 'a'),
      acked(12, 'a'),
      noted(15, 'a'),
      moved(20, 'a', 'b'),
      noted(25, 'a'),
    ];
    expect(tenures(log).map(({ ackedAt, updates, pauses }) => ({ ackedAt, updates, pauses }))).toEqual([
      { ackedAt: 10 * MINUTE, updates: [10, 12, 15].map((m) => m * MINUTE), pauses: [] },
      { ackedAt: null, updates: [], pauses: [] },
    ]);
  });

  it('a pause has a reason and ends with a resumption, another reason, or the ownership', () => {
    const log = [
      opened(0, 'a'),
      resumed(1, 'a'),
      paused(2, 'a', 'parts'),
      paused(4, 'a', 'landlord'),
      resumed(6, 'a'),
      paused(8, 'a', 'holiday'),
      moved(9, 'a', 'b'),
      moved(10, 'b', 'a'),
      paused(11, 'a', 'night'),
    ];
    const pauses = tenures(log).map((t) => t.pauses.map((p) => [p.from / MINUTE, p.to && p.to / MINUTE, p.reason]));
    expect(pauses).toEqual([
      [
        [2, 4, 'parts'],
        [4, 6, 'landlord'],
        [8, 9, 'holiday'],
      ],
      [],
      [[11, null, 'night']],
    ]);
  });
});
