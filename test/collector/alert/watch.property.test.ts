import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertChange } from '../../../collector/alert/alert.ts';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import type { Rule, ThresholdRule } from '../../../collector/alert/rule.ts';
import { type FieldValue, noteOf, type Sample, sharedTags } from '../../../core/sample.ts';

const T0 = Date.UTC(2026, 9, 5, 8);
const S = 1000;

const above = {
  kind: 'threshold',
  name: 'above',
  domain: 'switching',
  severity: 'warning',
  summary: '{device} at {value}',
  measurement: 'm',
  field: 'v',
  scope: { device: '!d2' },
  direction: 'above',
  threshold: 6,
  clear: 3,
  forMs: 3 * S,
  clearForMs: 2 * S,
} satisfies ThresholdRule;
const RULES: readonly Rule[] = [
  above,
  { ...above, name: 'higher', threshold: 8, forMs: 0, scope: {} },
  { ...above, name: 'below', direction: 'below', threshold: 2, clear: 4, forMs: 0 },
  { ...above, name: 'other', field: 'w' },
  { ...above, name: 'mean', field: 'w', forMs: 0, memory: { of: 'mean', spanMs: 3 * S } },
  { ...above, name: 'changes', forMs: 0, threshold: 1, clear: 0, memory: { of: 'changes', spanMs: 5 * S } },
  {
    ...above,
    kind: 'domain_threshold',
    name: 'share',
    scope: {},
    clearForMs: 0,
    group: { by: 'share', level: 50, clear: 25, atLeast: 2 },
  },
  {
    ...above,
    name: 'levels',
    threshold: 5,
    levels: [
      { ...above, name: 'levels', threshold: 5 },
      { ...above, name: 'levels', threshold: 8, severity: 'critical', forMs: 0 },
    ],
  },
  { ...above, name: 'usual', threshold: 5, forMs: 0, baseline: { weeks: 4, times: 2, spreads: 0 } },
  {
    ...above,
    name: 'by-calendar',
    threshold: 9,
    during: [
      { category: 'TESTING', rule: { ...above, name: 'by-calendar', threshold: 4, forMs: 0 } },
      { category: 'NO_SCHOOL', rule: 'off' },
    ],
  },
];
const FEWER = RULES.filter(({ name }) => name !== 'above' && name !== 'share');
const categoriesAt = (_school: string, at: number): string[] =>
  [[], ['TESTING'], ['NO_SCHOOL']][Math.floor(at / (20 * S)) % 3]!;

const baselineOf = (_school: string, _series: string, _field: string, _weeks: number, at: number) =>
  Math.floor(at / (15 * S)) % 2 === 0 ? { median: 4, spread: 0, samples: 9 } : undefined;

/** Nothing is known of such rules, so that each of them takes every value. */
const asked = (rules: readonly Rule[]): Rule[] =>
  rules.map((rule): Rule => Object.assign({ ...rule }, { unheardOf: 1 }));

const SHARED = new Map<string, Sample['tags']>();
function shared(sample: Sample): Sample {
  const name = JSON.stringify(sample.tags);
  const tags = SHARED.get(name) ?? sharedTags(sample.measurement, { ...sample.tags });
  SHARED.set(name, tags);
  return { ...sample, tags };
}

const value = fc.oneof(
  fc.integer({ min: 0, max: 10 }),
  fc.integer({ min: 0, max: 10 }).map(BigInt),
  fc.constantFrom<FieldValue>('text', true, 6.5),
);
const step = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      what: fc.constant('sample' as const),
      device: fc.constantFrom('d0', 'd1', 'd2'),
      school: fc.constantFrom('north', 'south'),
      fields: fc.oneof(fc.record({ v: value }), fc.record({ v: value, w: value }), fc.record({ w: value })),
      gap: fc.constantFrom(1, 1, 1, 2, 0, -1, -1000, 100),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('rules' as const), rules: fc.constantFrom(RULES, FEWER) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('tick' as const), hours: fc.constantFrom(0, 1, 25) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('restart' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** An evaluator that gets each sample and rule in its own form. */
class Arm {
  readonly #form: { rules(rules: readonly Rule[]): readonly Rule[]; sample(sample: Sample): Sample };
  #evaluator: Evaluator;
  #rules = RULES;
  #ids = 0;

  constructor(form: { rules(rules: readonly Rule[]): readonly Rule[]; sample(sample: Sample): Sample }) {
    this.#form = form;
    this.#evaluator = this.#make();
  }

  #make(): Evaluator {
    return new Evaluator({
      rules: this.#form.rules(this.#rules),
      newId: () => `id-${++this.#ids}`,
      categoriesAt,
      baselineOf,
    });
  }

  sample(sample: Sample, now: number): unknown {
    const { changes } = this.#evaluator.evaluate([this.#form.sample(sample)], now);
    return { changes: told(changes), stats: this.#evaluator.stats, series: this.#evaluator.seriesCount('north') };
  }

  setRules(rules: readonly Rule[], now: number): unknown {
    this.#rules = rules;
    return told(this.#evaluator.setRules(this.#form.rules(rules), now).changes);
  }

  tick(now: number): unknown {
    const agents = ['north', 'south'].map((school) => ({ school, site: 'main', lastSeen: now, since: T0 }));
    return told(this.#evaluator.tick(now, agents).changes);
  }

  restart(now: number): unknown {
    const { saved } = this.#evaluator.exportState();
    this.#evaluator = this.#make();
    return told(this.#evaluator.restoreState(saved, now).changes);
  }
}

/** Rules of different fields may speak in another order, and then number their alerts otherwise. */
function told(changes: readonly AlertChange[]): string[] {
  return changes.map(({ type, alert, reason }) => JSON.stringify({ type, reason, ...alert, id: '' })).sort();
}

function apply(arm: Arm, one: Step, now: number): unknown {
  switch (one.what) {
    case 'sample': {
      const tags = { device: one.device, school: one.school, site: 'main' };
      const time = now + one.gap * S;
      return arm.sample({ measurement: 'm', tags, fields: one.fields, time }, Math.max(now, time));
    }
    case 'rules':
      return arm.setRules(one.rules, now);
    case 'tick':
      return arm.tick(now + one.hours * 3600 * S);
    case 'restart':
      return arm.restart(now);
  }
}

describe('what is good under all rules of a field, and what was put down with a series', () => {
  it('changes nothing that the rules say one by one, over late data, other rules, forgetting and restarts', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        const arms = [
          new Arm({ rules: asked, sample: (sample) => sample }),
          new Arm({ rules: (rules) => rules, sample: (sample) => sample }),
          new Arm({ rules: (rules) => rules, sample: shared }),
        ];
        let now = T0;
        for (const one of steps) {
          const results = arms.map((arm) => apply(arm, one, now));
          expect(results[1]).toEqual(results[0]);
          expect(results[2]).toEqual(results[0]);
          if (one.what === 'sample') now = Math.max(now, now + one.gap * S);
          if (one.what === 'tick') now += one.hours * 3600 * S;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a note counts only under the measurement that it was put down for', () => {
    const evaluator = new Evaluator({
      rules: [...RULES, { ...above, name: 'n', measurement: 'n' }],
      newId: () => 'id',
    });
    const tags = sharedTags('m', { device: 'd0', school: 'north', site: 'main' });
    const m: Sample = { measurement: 'm', tags, fields: { v: 1 }, time: T0 };
    evaluator.evaluate([m], T0);
    expect(noteOf(m)).toBeDefined();
    expect(noteOf({ ...m, measurement: 'n' })).toBeUndefined();
    evaluator.evaluate([{ ...m, measurement: 'n' }], T0);
    expect(evaluator.seriesCount('north')).toBe(2);
  });
});
