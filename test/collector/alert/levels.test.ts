import { describe, expect, it } from 'vitest';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import type { Evaluation } from '../../../collector/alert/evaluator-state.ts';
import type { DomainThresholdRule, Rule, SilenceRule, ThresholdRule } from '../../../collector/alert/rule.ts';
import type { Sample } from '../../../core/sample.ts';

const T0 = Date.UTC(2026, 9, 5, 8);
const M = 60_000;

const warning: ThresholdRule = {
  kind: 'threshold',
  name: 'busy',
  domain: 'wan',
  severity: 'warning',
  summary: '{device} at {value}, {severity} from {threshold}',
  measurement: 'm',
  field: 'v',
  scope: {},
  direction: 'above',
  threshold: 80,
  clear: 70,
  forMs: 2 * M,
  clearForMs: 0,
};
const critical: ThresholdRule = { ...warning, severity: 'critical', threshold: 95, clear: 90 };
const busy: ThresholdRule = { ...warning, levels: [warning, critical] };

const atOnce: ThresholdRule = {
  ...warning,
  levels: [
    { ...warning, forMs: 5 * M },
    { ...critical, forMs: 0 },
  ],
};

function start(rules: readonly Rule[], on: readonly (readonly string[])[] = []): Evaluator {
  let ids = 0;
  return new Evaluator({
    rules,
    newId: () => `id-${++ids}`,
    categoriesAt: (_school, at) => on[Math.floor((at - T0) / M)] ?? [],
  });
}

function sample(minute: number, v: number, device = 'sw1'): Sample {
  return { measurement: 'm', tags: { school: 's', site: 'main', device }, fields: { v }, time: T0 + minute * M };
}

const told = ({ changes }: Evaluation) =>
  changes.map(({ type, alert, reason }) => `${type} ${alert.id} ${alert.severity}: ${reason}`);
const feed = (evaluator: Evaluator, values: readonly number[], from = 0) =>
  values.flatMap((v, i) => told(evaluator.evaluate([sample(from + i, v)], T0 + (from + i) * M)));

describe('a rule with levels', () => {
  it('has one alert, whose severity rises and falls', () => {
    expect(feed(start([busy]), [85, 85, 85, 97, 97, 97, 93, 90, 75, 70])).toEqual([
      'pending id-1 warning: 85 above 80, opens after 2m',
      'opened id-1 warning: 85 above 80 for 2m',
      'severity_changed id-1 critical: 97 above 95 for 2m',
      'severity_changed id-1 warning: 90 at or below 90',
      'resolved id-1 warning: 70 at or below 70',
    ]);
  });

  it('says when it changed, and what it is about from then on', () => {
    const evaluator = start([busy]);
    feed(evaluator, [85, 85, 97, 97]);
    const [change] = evaluator.evaluate([sample(4, 97.5)], T0 + 4 * M).changes;
    expect(change).toMatchObject({
      type: 'severity_changed',
      at: T0 + 4 * M,
      alert: {
        severity: 'critical',
        value: 97.5,
        condition: 'm v above 95 for 2m',
        summary: 'sw1 at 97.5, critical from 95',
        openedAt: T0 + 2 * M,
      },
    });
  });

  it('opens at the worst level that has lasted', () => {
    expect(feed(start([busy]), [97, 97, 97])).toEqual([
      'pending id-1 critical: 97 above 95, opens after 2m',
      'opened id-1 critical: 97 above 95 for 2m',
    ]);
  });

  it('what is critical at once falls back to a warning that would still wait', () => {
    expect(feed(start([atOnce]), [85, 96, 85, 75, 70])).toEqual([
      'pending id-1 warning: 85 above 80, opens after 5m',
      'opened id-1 critical: 96 above 95',
      'severity_changed id-1 warning: 85 at or below 90',
      'resolved id-1 warning: 70 at or below 70',
    ]);
  });

  it('survives a restart at any point', () => {
    const values = [85, 85, 85, 97, 97, 97, 93, 90, 75, 70];
    const whole = feed(start([busy]), values);
    for (let at = 0; at <= values.length; at++) {
      const before = start([busy]);
      const said = feed(before, values.slice(0, at));
      const after = start([busy]);
      expect(after.restoreState(before.exportState().saved, T0 + at * M)).toMatchObject({
        changes: [],
        unreadable: [],
      });
      expect([...said, ...feed(after, values.slice(at), at)], `restart at ${at}`).toEqual(whole);
    }
  });

  it('keeps its state when the rules are read again, also from and to one level', () => {
    const evaluator = start([busy]);
    feed(evaluator, [97, 97, 97]);
    expect(told(evaluator.setRules([{ ...warning, forMs: 0 }], T0 + 3 * M))).toEqual([]);
    expect(feed(evaluator, [85], 3)).toEqual([]);
    expect(told(evaluator.setRules([busy], T0 + 4 * M))).toEqual([]);
    expect(feed(evaluator, [85, 89, 70], 4)).toEqual([
      'severity_changed id-1 warning: 85 at or below 90',
      'resolved id-1 warning: 70 at or below 70',
    ]);
  });

  it('takes up what an older version saved of two rules: one goes on, the other resolves as removed', () => {
    const older = start([warning, { ...critical, name: 'busy-critical' }]);
    feed(older, [97, 97, 97]);
    const rows = older.exportState().saved;
    expect(rows).toHaveLength(2);
    const evaluator = start([busy]);
    expect(told(evaluator.restoreState(rows, T0 + 3 * M))).toEqual([
      'resolved id-2 critical: rule busy-critical was removed',
    ]);
    expect(feed(evaluator, [97, 97, 97, 70], 3)).toEqual([
      'severity_changed id-1 critical: 97 above 95 for 2m',
      'resolved id-1 critical: 70 at or below 70',
    ]);
  });

  it('the calendar may change one level, or take it away', () => {
    const during: ThresholdRule = {
      ...busy,
      during: [
        {
          category: 'TESTING',
          rule: {
            ...busy,
            levels: [
              { ...warning, category: 'TESTING' },
              { ...critical, threshold: 84, clear: 80 },
            ],
          },
        },
        { category: 'NO_SCHOOL', rule: { ...busy, levels: [{ ...warning, category: 'NO_SCHOOL' }] } },
      ],
    };
    const on = [[], [], [], ['TESTING'], ['TESTING'], ['TESTING'], ['NO_SCHOOL']];
    expect(feed(start([during], on), [85, 85, 85, 85, 85, 85, 97, 60])).toEqual([
      'pending id-1 warning: 85 above 80, opens after 2m',
      'opened id-1 warning: 85 above 80 for 2m',
      'severity_changed id-1 critical: 85 above 84 for 2m',
      'severity_changed id-1 warning: critical is off during NO_SCHOOL',
      'resolved id-1 warning: 60 at or below 70',
    ]);
  });

  it('a day without data breaks off what waits at any level', () => {
    const evaluator = start([busy]);
    feed(evaluator, [85, 85, 85, 97]);
    expect(feed(evaluator, [97, 97, 97], 26 * 60)).toEqual(['severity_changed id-1 critical: 97 above 95 for 2m']);
  });
});

it('what is bad at a higher level is bad at the lower too, whatever its own level has become', () => {
  const odd: ThresholdRule = { ...warning, levels: [{ ...warning, threshold: 400, clear: 320 }, critical] };
  expect(feed(start([odd]), [500, 500, 500, 300, 300, 80])).toEqual([
    'pending id-1 critical: 500 above 95, opens after 2m',
    'opened id-1 critical: 500 above 95 for 2m',
    'resolved id-1 critical: 80 at or below 320',
  ]);
});

describe('a domain threshold with levels', () => {
  const one: DomainThresholdRule = {
    ...(warning as Omit<ThresholdRule, 'levels' | 'during'>),
    kind: 'domain_threshold',
    summary: '{bad} of {total}',
    threshold: 0,
    clear: 0,
    forMs: 0,
    group: { by: 'count', level: 1, clear: undefined, atLeast: 1 },
  };
  const many: DomainThresholdRule = {
    ...one,
    severity: 'critical',
    group: { by: 'share', level: 50, clear: 25, atLeast: 2 },
  };
  const rule: DomainThresholdRule = { ...one, levels: [one, many] };
  const steps = [
    sample(0, 0, 'a'),
    sample(0, 0, 'b'),
    sample(0, 0, 'c'),
    sample(1, 1, 'a'),
    sample(2, 1, 'b'),
    sample(3, 0, 'a'),
    sample(4, 0, 'b'),
  ];

  it('counts once and judges by each; a restart changes nothing', () => {
    const run = (evaluator: Evaluator, samples: readonly Sample[]) =>
      samples.flatMap((one) => told(evaluator.evaluate([one], one.time)));
    const whole = run(start([rule]), steps);
    expect(whole).toEqual([
      'opened id-1 warning: 1 of 3 bad, 1 or more',
      'severity_changed id-1 critical: 2 of 3 bad (67 %), 50 % or more',
      'resolved id-1 critical: 0 of 3 bad, less than 1',
    ]);
    for (let at = 0; at <= steps.length; at++) {
      const before = start([rule]);
      const said = run(before, steps.slice(0, at));
      const after = start([rule]);
      after.restoreState(before.exportState().saved, T0 + 5 * M);
      expect([...said, ...run(after, steps.slice(at))]).toEqual(whole);
    }
  });
});

describe('a silent agent with levels', () => {
  const silent: SilenceRule = {
    kind: 'silence',
    name: 'silent',
    domain: 'agent',
    severity: 'warning',
    summary: '{value}',
    forMs: 3 * M,
  };
  const rule: SilenceRule = { ...silent, levels: [silent, { ...silent, severity: 'critical', forMs: 5 * M }] };
  const agent = (lastSeen: number) => [{ school: 's', site: 'main', lastSeen, since: T0 }];

  it('gets worse with time, also over a restart, and only data ends it', () => {
    const evaluator = start([rule]);
    const at = (minute: number, seen = 0) => told(evaluator.tick(T0 + minute * M, agent(T0 + seen * M)));
    expect([at(2), at(3), at(4)].flat()).toEqual(['opened id-1 warning: no data for 3m, at most 3m is expected']);
    const again = start([rule]);
    again.restoreState(evaluator.exportState().saved, T0 + 4 * M);
    expect(told(again.tick(T0 + 5 * M, agent(T0)))).toEqual([
      'severity_changed id-1 critical: no data for 5m, at most 5m is expected',
    ]);
    expect(told(again.tick(T0 + 9 * M, agent(T0)))).toEqual([]);
    expect(told(again.tick(T0 + 10 * M, agent(T0 + 10 * M)))).toEqual(['resolved id-1 critical: data again after 10m']);
  });

  it('opens as critical where the collector looks only then', () => {
    expect(told(start([rule]).tick(T0 + 6 * M, agent(T0)))).toEqual([
      'opened id-1 critical: no data for 6m, at most 5m is expected',
    ]);
  });
});
