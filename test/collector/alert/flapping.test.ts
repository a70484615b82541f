import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import type { Evaluation } from '../../../collector/alert/evaluator-state.ts';
import type { Rule, SilenceRule, ThresholdRule } from '../../../collector/alert/rule.ts';

const T0 = Date.UTC(2026, 9, 5, 8);
const M = 60_000;
const H = 60 * M;

const down: ThresholdRule = {
  kind: 'threshold',
  name: 'down',
  domain: 'switching',
  severity: 'warning',
  summary: '{device} is down',
  measurement: 'm',
  field: 'v',
  scope: {},
  direction: 'above',
  threshold: 0,
  clear: 0,
  forMs: 0,
  clearForMs: 0,
  flapping: { openings: 3, withinMs: H, quietMs: 30 * M },
};
const levels: ThresholdRule = { ...down, levels: [down, { ...down, severity: 'critical', threshold: 1, clear: 1 }] };

function start(rules: readonly Rule[]): Evaluator {
  let ids = 0;
  return new Evaluator({ rules, newId: () => `id-${++ids}` });
}

const at = (minute: number, v: number) => ({
  measurement: 'm',
  tags: { school: 's', site: 'main', device: 'd' },
  fields: { v },
  time: T0 + minute * M,
});
const told = ({ changes }: Evaluation) => changes.map((c) => `${c.type} ${c.alert.id}: ${c.reason}`);
const feed = (evaluator: Evaluator, values: readonly (readonly [minute: number, value: number])[]) =>
  values.flatMap(([minute, v]) => told(evaluator.evaluate([at(minute, v)], T0 + minute * M)));

const HELD = '; flapping, 3 times within 1h: it stays open until it has been good for 30m';

describe('an alert that comes and goes', () => {
  const story = [
    [0, 1],
    [1, 0],
    [2, 1],
    [3, 0],
    [4, 1],
    [5, 0],
    [20, 0],
    [34, 0],
    [34.5, 1],
    [35, 0],
    [64, 0],
    [65, 0],
  ] as const;
  const said = [
    'opened id-1: 1 above 0',
    'resolved id-1: 0 at or below 0',
    'opened id-2: 1 above 0',
    'resolved id-2: 0 at or below 0',
    `opened id-3: 1 above 0${HELD}`,
    'resolved id-3: 0 at or below 0 for 30m',
  ];

  it('is held open at its third opening within the hour, until it was good for half an hour', () => {
    expect(feed(start([down]), story)).toEqual(said);
  });

  it('says so to people', () => {
    const evaluator = start([down]);
    feed(evaluator, story.slice(0, 4));
    expect(evaluator.evaluate([at(4, 1)], T0 + 4 * M).changes[0]?.alert.summary).toBe(
      'd is down (flapping, 3 times within 1h)',
    );
  });

  it('a restart at any point changes nothing, also after the row of a good one would have gone', () => {
    for (let cut = 0; cut <= story.length; cut++) {
      const before = start([down]);
      const first = feed(before, story.slice(0, cut));
      const now = T0 + (story[cut]?.[0] ?? 70) * M;
      before.tick(now, [{ school: 's', site: 'main', lastSeen: now, since: T0 }]);
      let ids = first.filter((line) => line.startsWith('opened')).length;
      const after = new Evaluator({ rules: [down], newId: () => `id-${++ids}` });
      after.restoreState(before.exportState().saved, now);
      expect([...first, ...feed(after, story.slice(cut))], `cut ${cut}`).toEqual(said);
    }
  });

  it('is forgotten an hour after it was last in trouble', () => {
    const evaluator = start([down]);
    feed(evaluator, story.slice(0, 4));
    const later = T0 + 2 * H;
    evaluator.tick(later, [{ school: 's', site: 'main', lastSeen: later, since: T0 }]);
    expect(evaluator.exportState().saved).toEqual([]);
  });

  it('without the setting it may come and go', () => {
    const { flapping: _flapping, ...off } = down;
    expect(feed(start([off]), story).filter((line) => line.startsWith('opened'))).toHaveLength(4);
  });

  it('turns for the worse count too, and it gets no better while held', () => {
    const values = [0, 2, 1, 2, 1, 2, 1, 2, 1].map((v, i) => [i, v] as const);
    const evaluator = start([levels]);
    const types = values.flatMap(([minute, v]) =>
      evaluator.evaluate([at(minute, v)], T0 + minute * M).changes.map((c) => `${c.type} ${c.alert.severity}`),
    );
    expect(types).toEqual([
      'opened critical',
      'severity_changed warning',
      'severity_changed critical',
      'severity_changed warning',
      'severity_changed critical',
    ]);
  });

  it('a silent agent too', () => {
    const rule: SilenceRule = {
      kind: 'silence',
      name: 'silent',
      domain: 'agent',
      severity: 'critical',
      summary: '{site}',
      forMs: 3 * M,
      flapping: down.flapping!,
    };
    const evaluator = start([rule]);
    const seen = [0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12];
    const lines: string[] = [];
    for (let minute = 0; minute <= 60; minute++) {
      const lastSeen = T0 + (seen[minute] ?? minute) * M;
      lines.push(...told(evaluator.tick(T0 + minute * M, [{ school: 's', site: 'main', lastSeen, since: T0 }])));
    }
    expect(lines).toEqual([
      'opened id-1: no data for 3m, at most 3m is expected',
      'resolved id-1: data again after 4m',
      'opened id-2: no data for 3m, at most 3m is expected',
      'resolved id-2: data again after 4m',
      `opened id-3: no data for 3m, at most 3m is expected${HELD}`,
      'resolved id-3: data again for 30m',
    ]);
  });
});

it('whatever comes in, people are called a bounded number of times an hour', () => {
  const steps = fc.array(fc.record({ v: fc.integer({ min: 0, max: 2 }), gap: fc.integer({ min: 1, max: 1200 }) }), {
    minLength: 1,
    maxLength: 300,
  });
  fc.assert(
    fc.property(steps, fc.boolean(), (series, withLevels) => {
      const evaluator = start([withLevels ? levels : down]);
      const calls: number[] = [];
      let time = T0;
      let open = 0;
      let severity = '';
      for (const { v, gap } of series) {
        time += gap * 1000;
        const { changes } = evaluator.evaluate([{ ...at(0, v), time }], time);
        for (const { type, alert } of changes) {
          if (type === 'opened') open++;
          if (type === 'resolved') open--;
          if (type === 'opened' || (type === 'severity_changed' && alert.severity === 'critical')) calls.push(time);
          if (type === 'severity_changed') expect(alert.severity).not.toBe(severity);
          severity = alert.severity;
        }
        evaluator.tick(time, [{ school: 's', site: 'main', lastSeen: time, since: T0 }]);
        expect([0, 1]).toContain(open);
      }
      // The three that make it flapping, and one for each half hour of quiet.
      for (const call of calls)
        expect(calls.filter((one) => one >= call && one < call + H).length).toBeLessThanOrEqual(5);
    }),
    { numRuns: 300 },
  );
});
