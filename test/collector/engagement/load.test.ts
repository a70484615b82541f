import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteAlert, Severity } from '../../../collector/engagement/decision.ts';
import {
  counterfactualCount,
  type LatchState,
  latchedGrants,
  type OpenAlert,
  stepLatch,
  stepLoads,
  UNLATCHED,
} from '../../../collector/engagement/load.ts';
import { type Plan, planSchool } from '../../../collector/engagement/plan.ts';
import { judge } from '../../../collector/engagement/route.ts';
import type { LoadCondition } from '../../../collector/engagement/school.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 1, 2, 16);

const CONDITION: LoadCondition = {
  party: 'internal',
  severity: 'warning',
  over: 8,
  forMs: 5 * MINUTE,
  clear: 3,
  holdMs: HOUR,
};
const LOAD = '{ load: { party: internal, severity: warning, over: 8, for: 5m, clear: 3, hold: 60m } }';

function plan(engagements: string): Plan {
  return planSchool(
    parseSchool(
      `
school: hilltop
tz: America/Chicago
parties: { internal: { contacts: [kim], coverage: always }, provider: { contacts: [noc], coverage: always } }
safety_net: [head]
base: { owner: internal }
engagements: [${engagements}]`,
      'school.yaml',
    ),
  );
}
const approved = 'kind: threshold, status: approved, approvals: [internal, provider]';
const OVERLOAD = `{ id: overload, ${approved}, grants: [{ owner: provider, if: ${LOAD} }] }`;
const WIRELESS = `{ id: air, ${approved}, grants: [{ owner: provider, scope: { domain: wireless } }] }`;
const overload = plan(OVERLOAD);

const open = (count: number, more: Partial<RouteAlert> = {}): OpenAlert[] =>
  Array.from({ length: count }, (_, i) => ({
    alert: { id: `${more.domain ?? ''}${more.severity ?? ''}${i}`, domain: 'switching', severity: 'warning', ...more },
  }));

describe('the counterfactual count', () => {
  const count = (config: Plan, alerts: OpenAlert[], state = {}) =>
    counterfactualCount(config, alerts, CONDITION, T0, state);

  it.each<[string, number, number]>([
    ['nothing open', count(overload, []), 0],
    ['what the party would own', count(overload, open(9)), 9],
    ['also while the load grant holds', count(overload, open(9), { latched: { 'overload#0': true } }), 9],
    ['less than the severity does not count', count(overload, [...open(3, { severity: 'info' }), ...open(2)]), 2],
    ['worse does', count(overload, [...open(3, { severity: 'critical' }), ...open(2)]), 5],
    [
      'what others own by their own grants does not',
      count(plan(`${OVERLOAD}, ${WIRELESS}`), [...open(4, { domain: 'wireless' }), ...open(2)]),
      2,
    ],
    ['what somebody took by hand is theirs', count(overload, open(3), { claims: { 1: 'provider' } }), 2],
    [
      'and counts for the party that took it',
      count(plan(`${OVERLOAD}, ${WIRELESS}`), open(3, { domain: 'wireless' }), { claims: { wireless1: 'internal' } }),
      1,
    ],
    ['suppressed ones are no work', count(overload, [{ ...open(1)[0]!, suppressed: true }, ...open(2)]), 2],
  ])('%s', (_name, got, expected) => expect(got).toBe(expected));

  it('does not hang on the order of the alerts', () => {
    const config = plan(`${OVERLOAD}, ${WIRELESS}`);
    const alert = fc.record({
      domain: fc.constantFrom('wireless', 'switching', 'power'),
      severity: fc.constantFrom<Severity>('info', 'warning', 'critical'),
    });
    fc.assert(
      fc.property(fc.array(alert, { maxLength: 15 }), fc.infiniteStream(fc.nat()), (drawn, random) => {
        const alerts = drawn.map((a, id) => ({ alert: { id, ...a } }));
        const keys = new Map(alerts.map((a) => [a, random.next().value]));
        const shuffled = [...alerts].sort((a, b) => keys.get(a)! - keys.get(b)!);
        expect(count(config, shuffled)).toBe(count(config, alerts));
        expect(stepLoads(config, shuffled, {}, T0)).toEqual(stepLoads(config, alerts, {}, T0));
      }),
    );
  });
});

describe('the latch', () => {
  const over = (overSince: number): LatchState => ({ latched: false, overSince, latchedAt: null });
  const on = (latchedAt: number): LatchState => ({ latched: true, overSince: latchedAt - 5 * MINUTE, latchedAt });

  it.each<[string, LatchState, number, number, LatchState]>([
    ['at the threshold: not over it', UNLATCHED, 8, 0, UNLATCHED],
    ['over it: begins to wait', UNLATCHED, 9, 0, over(0)],
    ['waits on', over(0), 12, 5 * MINUTE - 1, over(0)],
    ['dips: begins again', over(0), 8, 4 * MINUTE, UNLATCHED],
    ['long enough: on', over(0), 9, 5 * MINUTE, on(5 * MINUTE)],
    ['between clear and over: stays on', on(0), 4, 10 * HOUR, on(0)],
    ['cleared before the hold has passed: stays on', on(0), 0, HOUR - 1, on(0)],
    ['cleared after it: off', on(0), 3, HOUR, UNLATCHED],
  ])('%s', (_name, before, count, at, after) => expect(stepLatch(before, count, CONDITION, at)).toEqual(after));

  it('without `for` it is on at once', () =>
    expect(stepLatch(UNLATCHED, 9, { ...CONDITION, forMs: 0 }, 7)).toEqual({
      latched: true,
      overSince: 7,
      latchedAt: 7,
    }));

  const script = fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 40 * MINUTE })), {
    minLength: 1,
    maxLength: 60,
  });

  it('however the count flutters, two takeovers are at least hold + for apart', () => {
    fc.assert(
      fc.property(script, (steps) => {
        let [latch, at] = [UNLATCHED, 0];
        const takeovers: number[] = [];
        for (const [count, wait] of steps) {
          const before = latch.latched;
          at += wait;
          latch = stepLatch(latch, count, CONDITION, at);
          if (latch.latched && !before) takeovers.push(at);
        }
        for (const [i, t] of takeovers.slice(1).entries())
          expect(t - takeovers[i]!).toBeGreaterThanOrEqual(CONDITION.holdMs + CONDITION.forMs);
      }),
    );
  });
});

describe('a load threshold over a day', () => {
  /** Steps once a minute; how often the latch flipped, and how often each alert changed its owner. */
  function run(minutes: number, alertsAt: (minute: number) => OpenAlert[], config = overload) {
    let latches: Readonly<Record<string, LatchState>> = {};
    const flips: string[] = [];
    const owners = new Map<string | number, string>();
    let moves = 0;
    for (let minute = 0; minute <= minutes; minute++) {
      const at = T0 + minute * MINUTE;
      const alerts = alertsAt(minute);
      const step = stepLoads(config, alerts, latches, at);
      latches = step.latches;
      for (const { grant, latched, count } of step.flipped)
        flips.push(`${minute} ${grant} ${latched ? 'on' : 'off'} ${count}`);
      for (const { alert } of alerts) {
        const { owner } = judge(config, alert, at, { latched: latchedGrants(latches) });
        if (owners.has(alert.id) && owners.get(alert.id) !== owner) moves++;
        owners.set(alert.id, owner);
      }
    }
    return { flips, moves };
  }

  it('9 alerts open for 8 h: one takeover, each alert moves once', () => {
    expect(run(8 * 60, () => open(9))).toEqual({ flips: ['5 overload#0 on 9'], moves: 9 });
  });

  it('a count that flutters around the threshold takes over once, and gives back only when it is quiet', () => {
    expect(run(8 * 60, (minute) => open(minute % 20 < 12 ? 9 : 7)).flips).toEqual(['5 overload#0 on 9']);
    // Quiet after 30 min: given back only when the hold is over.
    expect(run(8 * 60, (minute) => open(minute < 30 ? 9 : 2)).flips).toEqual([
      '5 overload#0 on 9',
      '65 overload#0 off 2',
    ]);
    // Never over for 5 min at a stretch: nothing at all.
    expect(run(8 * 60, (minute) => open(minute % 5 < 4 ? 12 : 8)).flips).toEqual([]);
  });

  it('from 12 to nothing and back every ten minutes: on and off once in 80 minutes', () => {
    expect(run(8 * 60, (minute) => open(minute % 20 < 10 ? 12 : 0)).flips).toHaveLength(12);
  });

  it('counts for each load grant in force by its own terms; the latch of one that ended is forgotten', () => {
    const config = plan(
      `${OVERLOAD}, { id: past, ${approved}, until: 2026-02-01, grants: [{ owner: provider, if: ${LOAD} }] },
       { id: soon, ${approved}, grants: [{ owner: provider }, { owner: provider, if: { load: { party: internal, severity: critical, over: 1, for: 0m, clear: 0, hold: 0m } } }] }`,
    );
    const claims = Object.fromEntries([...Array(9).keys()].map((i) => [`critical${i}`, 'internal']));
    const step = stepLoads(config, open(9, { severity: 'critical' }), { 'past#0': on }, T0, { claims });
    expect(step.latches).toEqual({
      'overload#0': { latched: false, overSince: T0, latchedAt: null },
      'soon#1': { latched: true, overSince: T0, latchedAt: T0 },
    });
    expect(step.flipped).toEqual([{ grant: 'soon#1', latched: true, count: 9 }]);
    expect(latchedGrants(step.latches)).toEqual({ 'overload#0': false, 'soon#1': true });
  });
  const on: LatchState = { latched: true, overSince: 0, latchedAt: 0 };
});
