import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertChange } from '../../../collector/alert/alert.ts';
import { advance, type Condition, GOOD, verdictOf } from '../../../collector/alert/condition.ts';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import type { Rule, ThresholdRule } from '../../../collector/alert/rule.ts';
import type { Sample } from '../../../core/sample.ts';

const T0 = Date.UTC(2026, 9, 5, 8);
const S = 1000;

const rule = {
  kind: 'threshold',
  name: 'busy',
  domain: 'switching',
  severity: 'warning',
  summary: '{device} at {value}',
  measurement: 'm',
  field: 'v',
  scope: { device: '!d3' },
  direction: 'above',
  threshold: 6,
  clear: 3,
  forMs: 3 * S,
  clearForMs: 2 * S,
} satisfies ThresholdRule;
const worse = {
  ...rule,
  name: 'levels',
  severity: 'critical',
  threshold: 8,
  clear: 5,
  forMs: S,
} satisfies ThresholdRule;
const flapping = { openings: 3, withinMs: 60 * S, quietMs: 8 * S };
const mild = { ...rule, name: 'levels', flapping } satisfies ThresholdRule;
const RULES: Rule[] = [
  rule,
  {
    ...mild,
    levels: [mild, { ...worse, flapping }],
    during: [
      { category: 'TESTING', rule: { ...mild, levels: [mild] } },
      { category: 'NO_SCHOOL', rule: 'off' },
    ],
  },
  { ...rule, name: 'flapping', forMs: 0, clearForMs: 0, flapping },
  { ...rule, name: 'at-once', forMs: 0, clearForMs: 0, direction: 'below', threshold: 2, clear: 4 },
  {
    ...rule,
    kind: 'domain_threshold',
    name: 'share',
    scope: {},
    clearForMs: 0,
    group: { by: 'share', level: 50, clear: 25, atLeast: 2 },
  },
  {
    ...rule,
    name: 'by-calendar',
    during: [
      {
        category: 'TESTING',
        rule: { ...rule, name: 'by-calendar', threshold: 3, clear: 1, forMs: 0, severity: 'critical' },
      },
      { category: 'NO_SCHOOL', rule: 'off' },
    ],
  },
  {
    ...rule,
    kind: 'domain_threshold',
    name: 'count-by-calendar',
    scope: {},
    group: { by: 'count', level: 2, clear: undefined, atLeast: 1 },
    during: [{ category: 'NO_SCHOOL', rule: 'off' }],
  },
];
/** Ten seconds each of nothing, a test, no school. */
const categoriesAt = (_school: string, at: number): string[] =>
  [[], ['TESTING'], ['NO_SCHOOL']][Math.floor(at / (10 * S)) % 3]!;
const DEVICES = ['d0', 'd1', 'd2', 'd3'];

function makeEvaluator(from = 0): { evaluator: Evaluator; ids: () => number } {
  let ids = from;
  return { evaluator: new Evaluator({ rules: RULES, newId: () => `id-${++ids}`, categoriesAt }), ids: () => ids };
}

/** Samples of several devices in the order of time, with gaps of 1 to 3 s. */
const stream = fc
  .array(
    fc.record({
      device: fc.constantFrom(...DEVICES),
      v: fc.integer({ min: 0, max: 9 }),
      gap: fc.integer({ min: 1, max: 3 }),
    }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((steps) => {
    let time = T0;
    return steps.map(({ device, v, gap }): Sample => {
      time += gap * S;
      return { measurement: 'm', tags: { school: 's', site: 'main', device }, fields: { v }, time };
    });
  });

/** Each sample as it arrives, a tick after it, and the touched rows saved into `rows`, as the collector does. */
function run(evaluator: Evaluator, samples: readonly Sample[], rows = new Map<string, string>()): AlertChange[] {
  return samples.flatMap((sample) => {
    const now = sample.time;
    const agents = [{ school: 's', site: 'main', lastSeen: now, since: T0 }];
    const outcomes = [evaluator.evaluate([sample], now), evaluator.tick(now, agents)];
    for (const { touched } of outcomes) {
      const { saved, removed } = evaluator.exportState(touched);
      for (const row of saved) rows.set(row.key, JSON.stringify(row));
      for (const key of removed) rows.delete(key);
    }
    return outcomes.flatMap((outcome) => outcome.changes);
  });
}

describe('evaluator (properties)', () => {
  it('a restart at any point, with the rows saved as they were touched and the last batch sent again, changes nothing', () => {
    fc.assert(
      fc.property(stream, fc.nat(), fc.nat(10), (samples, at, resent) => {
        const whole = run(makeEvaluator().evaluator, samples);
        const split = at % (samples.length + 1);
        const before = makeEvaluator();
        const rows = new Map<string, string>();
        const changes = run(before.evaluator, samples.slice(0, split), rows);
        const after = makeEvaluator(before.ids());
        const restored = [...rows.values()].map((row) => JSON.parse(row));
        const now = samples[Math.max(0, split - 1)]!.time;
        expect(after.evaluator.restoreState(restored, now)).toMatchObject({ changes: [], unreadable: [] });
        changes.push(...run(after.evaluator, samples.slice(Math.max(0, split - resent))));
        expect(changes).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('samples sent again, at any later time, change nothing', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }), (samples, repeats) => {
        const noisy = [...samples];
        for (const [which, later] of repeats) {
          const i = which % noisy.length;
          const to = i + 1 + (later % (noisy.length - i));
          noisy.splice(to, 0, noisy[i]!);
        }
        expect(run(makeEvaluator().evaluator, noisy)).toEqual(run(makeEvaluator().evaluator, samples));
      }),
      { numRuns: 300 },
    );
  });

  it('batches of any size decide as single samples do', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 20 }), (samples, size) => {
        const { evaluator } = makeEvaluator();
        const changes: AlertChange[] = [];
        for (let i = 0; i < samples.length; i += size) {
          const batch = samples.slice(i, i + size);
          changes.push(...evaluator.evaluate(batch, batch.at(-1)!.time).changes);
        }
        expect(changes).toEqual(run(makeEvaluator().evaluator, samples));
      }),
    );
  });

  it('per key, the story is always (pending (opened severity_changed* resolved | cancelled))*, with a new id each time', () => {
    fc.assert(
      fc.property(stream, (samples) => {
        const last = new Map<string, AlertChange>();
        const used = new Set<string>();
        for (const change of run(makeEvaluator().evaluator, samples)) {
          const before = last.get(change.alert.key);
          const isOpen = before?.type === 'opened' || before?.type === 'severity_changed';
          const ongoing = before?.type === 'pending' || isOpen;
          if (ongoing) expect(change.alert.id).toBe(before.alert.id);
          else expect(used.has(change.alert.id)).toBe(false);
          const allowed = !ongoing
            ? ['pending', 'opened']
            : before.type === 'pending'
              ? ['opened', 'cancelled']
              : ['resolved', 'severity_changed'];
          if (change.type === 'severity_changed') expect(change.alert.severity).not.toBe(before!.alert.severity);
          expect(allowed).toContain(change.type);
          used.add(change.alert.id);
          last.set(change.alert.key, change);
        }
      }),
    );
  });

  it('opens exactly when every value of the last `for` was bad, resolves exactly when every value of the last `clear_for` was good', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 3 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(values, (steps) => {
        let condition: Condition = GOOD;
        let time = T0;
        const history: { time: number; value: number }[] = [];
        /** How long the run of values that pass `test`, ending now, has lasted; undefined when the last one fails. */
        const lasted = (test: (value: number) => boolean, since: number): number | undefined => {
          let from: number | undefined;
          for (const h of [...history].reverse()) {
            if (h.time < since || !test(h.value)) break;
            from = h.time;
          }
          return from === undefined ? undefined : time - from;
        };
        let changedAt = T0;
        for (const [value, gap] of steps) {
          time += gap * S;
          history.push({ time, value });
          const wasOpen = condition.phase === 'open';
          condition = advance(condition, verdictOf(rule, value), time, rule);
          const held: number | undefined = wasOpen
            ? lasted((v) => v <= rule.clear, changedAt)
            : lasted((v) => v > rule.threshold, changedAt);
          const needed = wasOpen ? rule.clearForMs : rule.forMs;
          const flips = held !== undefined && held >= needed;
          expect((condition.phase === 'open') !== wasOpen).toBe(flips);
          if (flips) changedAt = time + 1;
        }
      }),
      { numRuns: 500 },
    );
  });
});
