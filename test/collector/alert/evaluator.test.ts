import { describe, expect, it } from 'vitest';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import type { Evaluation } from '../../../collector/alert/evaluator-state.ts';
import type { DomainThresholdRule, Rule, SilenceRule, ThresholdRule } from '../../../collector/alert/rule.ts';
import type { RuleStateRow } from '../../../collector/alert/rule-state.ts';
import type { FieldValue, Sample } from '../../../core/sample.ts';

const T0 = Date.UTC(2026, 9, 5, 8);
const S = 1000;
const M = 60 * S;
const H = 60 * M;

const base = { domain: 'switching', severity: 'warning', summary: '{device} at {value}' } as const;
const busy: ThresholdRule = {
  ...base,
  kind: 'threshold',
  name: 'busy',
  measurement: 'interface',
  field: 'util',
  scope: { ifAlias: '*uplink*' },
  direction: 'above',
  threshold: 90,
  clear: 80,
  forMs: 4 * S,
  clearForMs: 2 * S,
};
const apsDown: DomainThresholdRule = {
  ...base,
  kind: 'domain_threshold',
  name: 'aps-down',
  summary: '{bad} of {total} ({share} %)',
  measurement: 'device',
  field: 'down',
  scope: { role: 'ap' },
  direction: 'above',
  threshold: 0,
  clear: 0,
  forMs: 0,
  clearForMs: 0,
  group: { by: 'count', level: 2, clear: undefined, atLeast: 1 },
};
const silent: SilenceRule = { ...base, kind: 'silence', name: 'silent', forMs: 3 * M };

function start(rules: readonly Rule[], maxSeriesPerSchool?: number): Evaluator {
  let ids = 0;
  return new Evaluator({
    rules,
    newId: () => `id-${++ids}`,
    ...(maxSeriesPerSchool !== undefined && { maxSeriesPerSchool }),
  });
}

function util(time: number, value: FieldValue, tags: Record<string, string> = {}): Sample {
  return {
    measurement: 'interface',
    tags: { school: 's', site: 'main', device: 'sw1', ifName: 'Gi1', ifAlias: 'Uplink A', ...tags },
    fields: { util: value },
    time,
  };
}

function ap(name: string, time: number, down: bigint, site = 'main'): Sample {
  return { measurement: 'device', tags: { school: 's', site, device: name, role: 'ap' }, fields: { down }, time };
}

const told = ({ changes }: Evaluation) => changes.map((c) => `${c.type} ${c.alert.id}: ${c.reason}`);

/** One sample per call, arriving as it is measured. */
function feed(evaluator: Evaluator, samples: readonly Sample[]): string[] {
  return samples.flatMap((sample) => told(evaluator.evaluate([sample], sample.time)));
}

const agent = (lastSeen: number, since = T0) => [{ school: 's', site: 'main', lastSeen, since }];

describe('thresholds', () => {
  it('opens after `for`, keeps through the band, resolves after `clear_for`, and a new opening has a new id', () => {
    const evaluator = start([busy]);
    const values = [96.2, 96.2, 96.2, 85, 79, 85, 79, 79, 95, 95, 95];
    expect(
      feed(
        evaluator,
        values.map((v, i) => util(T0 + i * 2 * S, v)),
      ),
    ).toEqual([
      'pending id-1: 96.2 above 90, opens after 4s',
      'opened id-1: 96.2 above 90 for 4s',
      'resolved id-1: 79 at or below 80 for 2s',
      'pending id-2: 95 above 90, opens after 4s',
      'opened id-2: 95 above 90 for 4s',
    ]);
  });

  it('carries everything a message needs', () => {
    const evaluator = start([{ ...busy, forMs: 0 }]);
    const [change] = evaluator.evaluate([util(T0, 96.25, { role: 'switch', domain: 'switching' })], T0).changes;
    expect(change).toEqual({
      type: 'opened',
      reason: '96.25 above 90',
      alert: {
        id: 'id-1',
        key: 's/busy/main{device="sw1",ifAlias="Uplink A",ifName="Gi1",role="switch"}',
        school: 's',
        site: 'main',
        rule: 'busy',
        domain: 'switching',
        severity: 'warning',
        state: 'open',
        labels: { device: 'sw1', ifName: 'Gi1', ifAlias: 'Uplink A', role: 'switch' },
        summary: 'sw1 at 96.25',
        condition: 'interface util above 90',
        value: 96.25,
        pendingAt: T0,
        openedAt: T0,
        resolvedAt: null,
      },
    });
  });

  it('takes the domain of the role where the rule names none', () => {
    const evaluator = start([{ ...busy, domain: undefined, forMs: 0 }]);
    const domains = ['switch', 'router', 'ap', 'martian'].map(
      (role) => evaluator.evaluate([util(T0, 99, { role })], T0).changes[0]?.alert.domain,
    );
    expect(domains).toEqual(['switching', 'routing', 'wireless', 'infrastructure']);
  });

  it('looks at integers and booleans too, never at text or at what is no number', () => {
    const evaluator = start([{ ...busy, threshold: 0, clear: 0, forMs: 0, clearForMs: 0 }]);
    const values: FieldValue[] = ['9', Number.NaN, 1n, false, true];
    expect(
      feed(
        evaluator,
        values.map((v, i) => util(T0 + i * S, v)),
      ),
    ).toEqual(['opened id-1: 1 above 0', 'resolved id-1: 0 at or below 0', 'opened id-2: 1 above 0']);
  });

  it('keeps schools, sites and things apart', () => {
    const evaluator = start([{ ...busy, forMs: 0 }]);
    const samples = [{}, { school: 'other' }, { site: 'annex' }, { ifName: 'Gi2' }].map((tags) => util(T0, 99, tags));
    const keys = evaluator.evaluate(samples, T0).changes.map((c) => c.alert.key);
    expect(new Set(keys).size).toBe(4);
  });

  it('ignores what was never stamped with a tenant, and measurements of no rule', () => {
    const evaluator = start([{ ...busy, forMs: 0, scope: {} }]);
    const { school: _school, ...tags } = util(T0, 99).tags;
    expect(
      evaluator.evaluate(
        [
          { ...util(T0, 99), tags },
          { ...util(T0, 99), measurement: 'cpu' },
        ],
        T0,
      ).changes,
    ).toEqual([]);
  });
});

describe('late, repeated and misdated samples', () => {
  it('a sample older than 15 minutes at arrival changes nothing and is counted', () => {
    const evaluator = start([{ ...busy, forMs: 0 }]);
    expect(told(evaluator.evaluate([util(T0, 99)], T0 + 15 * M + 1))).toEqual([]);
    expect(evaluator.stats).toMatchObject({ late: 1, repeated: 0 });
    expect(told(evaluator.evaluate([util(T0 + 1, 99)], T0 + 15 * M + 1))).toHaveLength(1);
  });

  it('the same sample again, or an older one, changes nothing and is counted', () => {
    const evaluator = start([{ ...busy, forMs: 0, clearForMs: 0 }]);
    feed(evaluator, [util(T0 + S, 99), util(T0 + 2 * S, 50)]);
    expect(feed(evaluator, [util(T0 + S, 99), util(T0 + 2 * S, 99), util(T0, 99)])).toEqual([]);
    expect(evaluator.stats.repeated).toBe(3);
  });

  it('fields of one series may come in separate lines of the same time', () => {
    const other: ThresholdRule = { ...busy, name: 'errors', field: 'errors', forMs: 0 };
    const evaluator = start([{ ...busy, forMs: 0 }, other]);
    const errors = { ...util(T0, 0), fields: { errors: 99 } };
    expect(evaluator.evaluate([util(T0, 99), errors], T0).changes.map((c) => c.alert.rule)).toEqual(['busy', 'errors']);
  });

  it('a clock far ahead cannot block the samples after it is set right', () => {
    const evaluator = start([{ ...busy, forMs: 0, clearForMs: 0 }]);
    const ahead = evaluator.evaluate([util(T0 + 24 * H, 99)], T0);
    expect(ahead.changes[0]?.alert.openedAt).toBe(T0);
    expect(told(evaluator.evaluate([util(T0 + S, 50)], T0 + S))).toHaveLength(1);
    expect(evaluator.stats.ahead).toBe(1);
  });

  it('a day without data starts the wait anew', () => {
    const evaluator = start([busy]);
    expect(feed(evaluator, [util(T0, 99), util(T0 + 25 * H, 99), util(T0 + 25 * H + 4 * S, 99)])).toEqual([
      'pending id-1: 99 above 90, opens after 4s',
      'cancelled id-1: no data for more than a day after 1d 1h',
      'pending id-2: 99 above 90, opens after 4s',
      'opened id-2: 99 above 90 for 4s',
    ]);
  });

  it('tracks no more series per school than the limit', () => {
    const evaluator = start([{ ...busy, forMs: 0 }], 2);
    const samples = ['a', 'b', 'c', 'd'].map((ifName) => util(T0, 99, { ifName }));
    expect(evaluator.evaluate([...samples, util(T0, 99, { school: 'other' })], T0).changes).toHaveLength(3);
    expect(evaluator.stats.overLimit).toBe(2);
    expect(evaluator.seriesCount('s')).toBe(2);
  });
});

describe('domain thresholds', () => {
  it('counts the things of each site for itself', () => {
    const evaluator = start([apsDown]);
    const samples = [ap('a', T0, 1n), ap('b', T0 + 1, 0n), ap('c', T0 + 2, 1n, 'annex'), ap('d', T0 + 3, 1n)];
    expect(feed(evaluator, samples)).toEqual(['opened id-1: 2 of 3 bad, 2 or more']);
    expect(feed(evaluator, [ap('a', T0 + 10, 0n)])).toEqual(['resolved id-1: 1 of 3 bad, less than 2']);
  });

  it('forgets a thing not heard of for a day, but not while the agent is silent', () => {
    const share: DomainThresholdRule = { ...apsDown, group: { by: 'share', level: 50, clear: undefined, atLeast: 1 } };
    const evaluator = start([share]);
    feed(evaluator, [ap('a', T0, 0n), ap('b', T0, 0n), ap('gone', T0, 0n)]);
    const later = T0 + 25 * H;
    evaluator.tick(later, agent(T0));
    // Back again: nothing is forgotten before it has delivered for an hour.
    const back = later + M;
    evaluator.tick(back, agent(back));
    expect(feed(evaluator, [ap('a', back, 1n), ap('b', back, 0n)])).toEqual([]);
    evaluator.tick(back + 61 * M, agent(back + 61 * M));
    expect(feed(evaluator, [ap('a', back + 61 * M, 1n)])).toEqual(['opened id-1: 1 of 2 bad (50 %), 50 % or more']);
    expect(evaluator.exportState().saved.map((row) => JSON.parse(row.state).members.length)).toEqual([2]);
  });
});

describe('silent agents', () => {
  it('opens when silent for longer than expected; only data ends it, also over a restart', () => {
    const evaluator = start([silent]);
    expect(told(evaluator.tick(T0 + 3 * M - 1, agent(T0)))).toEqual([]);
    expect(told(evaluator.tick(T0 + 3 * M, agent(T0)))).toEqual([
      'opened id-1: no data for 3m, at most 3m is expected',
    ]);
    expect(told(evaluator.tick(T0 + 4 * M, agent(T0)))).toEqual([]);
    const again = start([silent]);
    again.restoreState(evaluator.exportState().saved, T0 + 5 * M);
    expect(told(again.tick(T0 + 5 * M, agent(T0, T0 + 5 * M)))).toEqual([]);
    expect(told(again.tick(T0 + 6 * M, agent(T0 + 6 * M, T0 + 5 * M)))).toEqual(['resolved id-1: data again after 6m']);
  });

  it('counts from the start of the collector at the earliest', () => {
    const evaluator = start([silent]);
    const restarted = T0 + 10 * H;
    expect(told(evaluator.tick(restarted + M, agent(T0, restarted)))).toEqual([]);
    expect(told(evaluator.tick(restarted + 3 * M, agent(T0, restarted)))).toHaveLength(1);
  });

  it('two agents of one site: the site is silent when both are; an agent that is no longer registered ends it', () => {
    const evaluator = start([silent]);
    const now = T0 + 5 * M;
    expect(told(evaluator.tick(now, [...agent(T0), ...agent(now - S)]))).toEqual([]);
    expect(told(evaluator.tick(now, agent(T0)))).toHaveLength(1);
    expect(told(evaluator.tick(now + S, []))).toEqual(['resolved id-1: the agent is no longer registered']);
  });
});

describe('vanished series', () => {
  it('resolves an hour after its last sample while the agent delivers, never while it is silent', () => {
    const evaluator = start([{ ...busy, forMs: 0 }]);
    feed(evaluator, [util(T0, 99)]);
    for (let t = T0; t <= T0 + 3 * H; t += M) expect(told(evaluator.tick(t, agent(T0)))).toEqual([]);
    const back = T0 + 3 * H;
    const changes: string[] = [];
    for (let t = back; t <= back + 62 * M; t += M) changes.push(...told(evaluator.tick(t, agent(t))));
    expect(changes).toEqual(['resolved id-1: no data for 4h 1m while the agent delivers: target removed or renamed']);
  });

  it('a series that only sends late data has not vanished', () => {
    const evaluator = start([{ ...busy, forMs: 0 }]);
    feed(evaluator, [util(T0, 99)]);
    for (let t = T0; t <= T0 + 3 * H; t += M) {
      evaluator.evaluate([util(t - 20 * M, 99)], t);
      expect(told(evaluator.tick(t, agent(t)))).toEqual([]);
    }
  });
});

describe('reload', () => {
  it('keeps alerts of kept rules and resolves the others with the reason', () => {
    const evaluator = start([
      { ...busy, forMs: 0 },
      { ...busy, name: 'gone', forMs: 0 },
      { ...busy, name: 'moved', forMs: 0 },
    ]);
    feed(evaluator, [util(T0, 99)]);
    const stricter = { ...busy, threshold: 95, clear: 94, forMs: 0, clearForMs: 0 };
    const out = evaluator.setRules([stricter, { ...busy, name: 'moved', scope: { ifAlias: 'other' } }], T0 + S);
    expect(told(out)).toEqual([
      'resolved id-2: rule gone was removed',
      'resolved id-3: rule moved no longer covers it',
    ]);
    expect(evaluator.exportState(out.touched)).toMatchObject({
      saved: [],
      removed: [expect.any(String), expect.any(String)],
    });
    expect(feed(evaluator, [util(T0 + 2 * S, 96), util(T0 + 3 * S, 93)])).toEqual(['resolved id-1: 93 at or below 94']);
  });

  it('does the same for rules that went while the collector was off', () => {
    const evaluator = start([{ ...busy, forMs: 0 }]);
    feed(evaluator, [util(T0, 99)]);
    const again = start([]);
    const out = again.restoreState(evaluator.exportState().saved, T0 + S);
    expect(told(out)).toEqual(['resolved id-1: rule busy was removed']);
    expect(again.exportState(out.touched).removed).toHaveLength(1);
  });

  it('drops things that a domain threshold no longer covers', () => {
    const evaluator = start([apsDown]);
    feed(evaluator, [ap('a', T0, 1n), ap('b', T0, 1n)]);
    evaluator.setRules([{ ...apsDown, scope: { role: 'ap', device: '!b' } }], T0 + S);
    expect(feed(evaluator, [ap('a', T0 + 2 * S, 1n)])).toEqual(['resolved id-1: 1 of 1 bad, less than 2']);
  });
});

describe('saved state', () => {
  it('has a row for what is not plainly good, and drops it once a repeated sample could no longer count', () => {
    const evaluator = start([{ ...busy, forMs: 0, clearForMs: 0 }]);
    evaluator.evaluate([util(T0, 50)], T0);
    expect(evaluator.exportState().saved).toEqual([]);
    feed(evaluator, [util(T0 + S, 99), util(T0 + 2 * S, 50)]);
    expect(evaluator.exportState().saved).toHaveLength(1);
    const { touched } = evaluator.tick(T0 + 20 * M, agent(T0 + 20 * M));
    expect(evaluator.exportState(touched)).toEqual({ saved: [], removed: [...touched] });
  });

  it('names rows it cannot read and goes on', () => {
    const rows: RuleStateRow[] = ['no json', '{"v":2}'].map((state, i) => ({
      key: `k${i}`,
      school: 's',
      rule: 'busy',
      state,
    }));
    expect(start([busy]).restoreState(rows, T0)).toMatchObject({ changes: [], unreadable: ['k0', 'k1'] });
  });
});
