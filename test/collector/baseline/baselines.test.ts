import { describe, expect, it, onTestFinished } from 'vitest';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import type { Rule, ThresholdRule } from '../../../collector/alert/rule.ts';
import { type BaselineParts, Baselines } from '../../../collector/baseline/baselines.ts';
import { createStore, storageSchema } from '../../../collector/storage/config.ts';
import type { MetricStore } from '../../../collector/storage/storage.ts';
import { type Sample, seriesKey } from '../../../core/sample.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startInfluxd } from '../../support/influxd.ts';
import { storeParts } from '../../support/store-parts.ts';
import { openStore } from '../storage/sqlite/open-store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, 14:00 in Lagos, where the clocks never change. */
const NOW = Date.UTC(2026, 10, 2, 13, 0);
const TAGS = { school: 'lincoln', site: 'main', device: 'isp', link: 'wan' };

const slow: ThresholdRule = {
  kind: 'threshold',
  name: 'slow',
  domain: 'wan',
  severity: 'warning',
  summary: '{device} after {value} ms, {threshold} is too much',
  measurement: 'ping',
  field: 'ms',
  scope: { link: 'WAN' },
  direction: 'above',
  threshold: 100,
  clear: 80,
  forMs: 0,
  clearForMs: 0,
  baseline: { weeks: 4, times: 2, spreads: 0 },
};

/** Four weeks of a line that is slow in the afternoon of school days. */
function history(tags: Record<string, string> = TAGS): Sample[] {
  const samples: Sample[] = [];
  for (let time = NOW - 28 * DAY; time < NOW; time += HOUR / 2) {
    const date = new Date(time + HOUR);
    const school = date.getUTCDay() % 6 !== 0 && date.getUTCHours() >= 12 && date.getUTCHours() < 16;
    samples.push({ measurement: 'ping', tags, fields: { ms: school ? 120 : 20, other: 1 }, time });
  }
  return samples;
}

function make(store: MetricStore, more: Partial<BaselineParts> = {}): Baselines {
  return new Baselines({
    store,
    clock: new FakeClock(NOW),
    log: createLogger('test', 'silent'),
    rules: () => [slow],
    schools: () => new Map([['lincoln', { tz: 'Africa/Lagos' }]]),
    categoriesAt: () => [],
    ...more,
  });
}

const usual = (baselines: Baselines, at: number, tags: Record<string, string> = TAGS) =>
  baselines.usual('lincoln', seriesKey('ping', tags), 'ms', 4, at);

interface Filled {
  readonly store: MetricStore;
  /** Lets a day pass. */
  readonly day: () => Promise<void>;
}

/** Raw points are kept for a week: what is older comes from the hourly roll-ups. */
async function sqlite(): Promise<Filled> {
  const { store, clock } = await openStore();
  return {
    store,
    day: async () => {
      await clock.advance(DAY);
      await store.maintain(clock.now());
    },
  };
}

async function influx(): Promise<Filled> {
  const server = await startInfluxd();
  const config = storageSchema.parse({ driver: 'influx1', url: server.url, database: 'b', timeout: '10s' });
  const store = createStore(config, { ...storeParts, dataDir: '/nonexistent' });
  await store.start();
  onTestFinished(async () => {
    await store.stop();
    await server.stop();
  });
  return { store, day: async () => {} };
}

describe.each([
  ['SQLite', sqlite],
  ['InfluxDB', influx],
])(
  'baselines from %s',
  (_name, open) => {
    it('know the hour of the kind of day, of the series in scope, and an alert opens above it only', async () => {
      const { store, day } = await open();
      const lan = { ...TAGS, link: 'lan' };
      const all = [...history(), ...history(lan)];
      for (let start = NOW - 28 * DAY; start < NOW; start += DAY) {
        await day();
        await store.write(all.filter(({ time }) => time >= start && time < start + DAY));
      }
      const baselines = make(store);
      await baselines.step();
      expect(baselines.size).toBe(1);
      // 28 days back lie 20 school days; this hour of today is not over.
      expect(usual(baselines, NOW)).toEqual({ median: 120, spread: 0, samples: 20 });
      expect(usual(baselines, NOW - 5 * HOUR)).toMatchObject({ median: 20 });
      expect(usual(baselines, NOW - 2 * DAY)).toMatchObject({ median: 20, samples: 8 });
      expect(usual(baselines, NOW, lan)).toBeUndefined();

      let ids = 0;
      const evaluator = new Evaluator({ rules: [slow], newId: () => `id-${++ids}`, baselineOf: baselines.usual });
      const feed = (ms: number, time: number) =>
        evaluator
          .evaluate([{ measurement: 'ping', tags: TAGS, fields: { ms }, time }], time)
          .changes.map(({ type, reason, alert }) => [type, reason, alert.condition, alert.summary]);
      expect(feed(230, NOW)).toEqual([]);
      expect(feed(250, NOW + 60_000)).toEqual([
        [
          'opened',
          '250 above 240 (2 times the 120 usual at this hour)',
          'ping ms above 240 (2 times the 120 usual at this hour)',
          'isp after 250 ms, 240 is too much',
        ],
      ]);
      expect(feed(192, NOW + 120_000)[0]).toContain('192 at or below 192');
      const evening = NOW + 6 * HOUR;
      expect(feed(130, evening)[0]).toContain('130 above 100 (fixed; usual at this hour is 20)');
    });
  },
  60_000,
);

describe('baselines', () => {
  const fake = (points: readonly (readonly [number, number])[] = [[NOW - 7 * DAY, 50]], count = 1) => {
    const reads: string[] = [];
    const store = {
      latest: async () => {
        reads.push('latest');
        return Array.from({ length: count }, (_, i) => ({ tags: { ...TAGS, device: `d${i}` }, fields: {}, time: NOW }));
      },
      range: async ({ tags }: { tags?: Readonly<Record<string, string>> }) => {
        reads.push('range');
        return [
          { tags: { ...tags, further: 'tag' }, points: [[NOW, 9_999]] as const },
          { tags: { ...tags }, points },
        ];
      },
    };
    return { store: store as unknown as MetricStore, reads };
  };

  it('are worked out at the start, after a day, and when other rules are in force; else nothing is read', async () => {
    const { store, reads } = fake();
    const clock = new FakeClock(NOW);
    let rules: Rule[] = [slow];
    const baselines = make(store, { clock, rules: () => rules });
    const steps = async () => {
      reads.length = 0;
      await baselines.step();
      return reads.length;
    };
    expect([await steps(), await steps()]).toEqual([2, 0]);
    await clock.advance(DAY);
    expect(await steps()).toBe(2);
    rules = [{ ...slow, baseline: { weeks: 2, times: 2, spreads: 0 } }];
    expect(await steps()).toBe(2);
    rules = [];
    expect([await steps(), baselines.size]).toEqual([0, 0]);
  });

  it('do not take a series with further tags for the one that is meant', async () => {
    const baselines = make(fake().store);
    await baselines.step();
    expect(usual(baselines, NOW, { ...TAGS, device: 'd0' })).toMatchObject({ median: 50, samples: 1 });
  });

  it('keep what they know when the store is away, and try again', async () => {
    const { store } = fake();
    const clock = new FakeClock(NOW);
    let away = false;
    const range: MetricStore['range'] = (query) => (away ? Promise.reject(new Error('away')) : store.range(query));
    const baselines = make({ ...store, range }, { clock });
    const stop = new AbortController();
    const running = baselines.run(stop.signal);
    await clock.advance(0);
    away = true;
    await clock.advance(DAY + HOUR);
    expect(baselines.size).toBe(1);
    away = false;
    await clock.advance(HOUR);
    expect(baselines.size).toBe(1);
    stop.abort();
    await running;
  });

  it('know no more series than the limit', async () => {
    const baselines = make(fake(undefined, 10).store, { maxSeries: 3 });
    await baselines.step();
    expect(baselines.size).toBe(3);
  });

  it('a rule that wants spreads adds them', () => {
    const rule: ThresholdRule = { ...slow, baseline: { weeks: 4, times: 1, spreads: 3 } };
    const baselineOf = () => ({ median: 120, spread: 10, samples: 20 });
    const evaluator = new Evaluator({ rules: [rule], newId: () => 'id', baselineOf });
    const feed = (ms: number, time: number) =>
      evaluator.evaluate([{ measurement: 'ping', tags: { ...TAGS, link: 'wan' }, fields: { ms }, time }], time).changes;
    expect(feed(149, NOW)).toEqual([]);
    expect(feed(151, NOW + 1)[0]?.reason).toBe(
      '151 above 150 (1 times the 120 usual at this hour and 3 times the spread of 10)',
    );
  });
});
