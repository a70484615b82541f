import { describe, expect, it } from 'vitest';
import type { SqliteStore } from '../../../../collector/storage/sqlite/store.ts';
import type { RangeSeries } from '../../../../collector/storage/storage.ts';
import type { Sample } from '../../../../core/sample.ts';
import { sample } from '../../../contract/metric-store.ts';
import { DAY, HOUR, MINUTE, NOW, openStore } from './open-store.ts';

const school = 'lincoln';

/** Points of two ports each minute over [from, to). */
function minutes(from: number, to: number, value: (time: number) => number): Sample[] {
  const out: Sample[] = [];
  for (let time = from; time < to; time += MINUTE) {
    out.push(sample('m', time, { v: value(time), n: BigInt(time), s: 'x' }, { port: '1' }));
    out.push(sample('m', time + 7000, { v: value(time) * 2 }, { port: '2' }));
  }
  return out;
}

function means(points: readonly Sample[], port: string, step: number): [number, number][] {
  const totals = new Map<number, number[]>();
  for (const { tags, time, fields } of points) {
    if (tags['port'] !== port) continue;
    const start = Math.floor(time / step) * step;
    totals.set(start, [...(totals.get(start) ?? []), fields['v'] as number]);
  }
  return [...totals].map(([start, list]) => [start, list.reduce((a, b) => a + b, 0) / list.length]);
}

function expectMeans(found: readonly RangeSeries[], points: readonly Sample[], step: number): void {
  expect(found.map((s) => s.tags['port'])).toEqual(['1', '2']);
  for (const series of found) {
    const expected = means(points, series.tags['port']!, step);
    expect(series.points.map(([time]) => time)).toEqual(expected.map(([time]) => time));
    for (const [i, [, mean]] of expected.entries()) expect(series.points[i]![1]).toBeCloseTo(mean, 9);
  }
}

async function range(store: SqliteStore, from: number, to: number, step: number): Promise<RangeSeries[]> {
  return store.range({ school, measurement: 'm', field: 'v', from, to, step });
}

describe('maintenance of the embedded store', () => {
  const from = NOW - 3 * HOUR;
  const wave = (time: number) => Math.sin(time / 1e6) * 100;

  it('answers every step the same before and after rolling up, and when half is rolled up', async () => {
    const { store } = await openStore();
    const points = minutes(from, NOW, wave);
    await store.write(points);
    for (const now of [from, NOW - 100 * MINUTE, NOW, NOW + 2 * MINUTE]) {
      await store.maintain(now);
      for (const step of [MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR])
        expectMeans(await range(store, from, NOW, step), points, step);
    }
  });

  it('rolls each closed window up once, a minute after its end', async () => {
    const { store, sql } = await openStore();
    await store.write(minutes(from, NOW, wave));
    expect(await store.maintain(from + 5 * MINUTE)).toEqual({ expired: 0, rolledUp: 0 });
    expect(await store.maintain(from + 6 * MINUTE)).toEqual({ expired: 0, rolledUp: 2 });
    expect(await store.maintain(from + 6 * MINUTE)).toEqual({ expired: 0, rolledUp: 0 });
    expect(await store.maintain(NOW + MINUTE)).toEqual({ expired: 0, rolledUp: 35 * 2 + 3 * 2 });
    expect(sql('SELECT count(*) AS n FROM dirty')).toEqual([{ n: 0 }]);
  });

  it('serves coarse steps from the rollup alone', async () => {
    const { store, sql } = await openStore();
    const points = minutes(from, NOW, wave);
    await store.write(points);
    await store.maintain(NOW + MINUTE);
    sql('DELETE FROM point');
    expect(await range(store, from, NOW, MINUTE)).toEqual([]);
    expectMeans(await range(store, from, NOW, 5 * MINUTE), points, 5 * MINUTE);
    sql('DELETE FROM rollup_5m');
    expect(await range(store, from, NOW, 5 * MINUTE)).toEqual([]);
    expectMeans(await range(store, from, NOW, HOUR), points, HOUR);
  });

  it('takes late points and changed values into rollups that were done', async () => {
    const { store } = await openStore();
    const points = minutes(from, NOW, wave);
    const late = points.filter((_, i) => i % 7 === 0);
    const early = points.filter((_, i) => i % 7 !== 0);
    await store.write(early);
    await store.maintain(NOW + 2 * MINUTE);
    await store.write(late);
    expectMeans(await range(store, from, NOW, 5 * MINUTE), points, 5 * MINUTE);
    const changed = sample('m', from, { v: 5000 }, { port: '1' });
    await store.write([changed]);
    const now = points.map((p, i) => (i === 0 ? changed : p));
    expectMeans(await range(store, from, NOW, HOUR), now, HOUR);
    await store.maintain(NOW + 2 * MINUTE);
    for (const step of [5 * MINUTE, HOUR]) expectMeans(await range(store, from, NOW, step), now, step);
  });

  it('loses no window when points arrive while it is being rolled up', async () => {
    const { store } = await openStore();
    const points = minutes(from, NOW, wave);
    await store.write(points.filter((_, i) => i % 2 === 0));
    const running = store.maintain(NOW + 2 * MINUTE);
    for (const point of points.filter((_, i) => i % 2 === 1)) await store.write([point]);
    await running;
    for (const step of [5 * MINUTE, HOUR]) expectMeans(await range(store, from, NOW, step), points, step);
    await store.maintain(NOW + 2 * MINUTE);
    for (const step of [5 * MINUTE, HOUR]) expectMeans(await range(store, from, NOW, step), points, step);
  });

  it('takes up after a failure what was undone', async () => {
    const { store, sql } = await openStore();
    const points = minutes(from, NOW, wave);
    await store.write(points);
    sql(
      `CREATE TRIGGER full BEFORE INSERT ON rollup_5m WHEN NEW.series = 2 BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
    );
    await expect(store.maintain(NOW + 2 * MINUTE)).rejects.toMatchObject({ code: 'BW_STORAGE_UNAVAILABLE' });
    sql('DROP TRIGGER full');
    expect((await store.maintain(NOW + 2 * MINUTE)).rolledUp).toBe(36 * 2 + 3 * 2);
    sql('DELETE FROM point');
    for (const step of [5 * MINUTE, HOUR]) expectMeans(await range(store, from, NOW, step), points, step);
  });

  it('takes up after a restart what it had not finished', async () => {
    const { store, another } = await openStore();
    const points = minutes(from, NOW, wave);
    await store.write(points);
    const running = store.maintain(NOW + 2 * MINUTE);
    await store.stop();
    const first = await running;
    const second = another();
    await second.start();
    const rest = await second.maintain(NOW + 2 * MINUTE);
    expect(first.rolledUp + rest.rolledUp).toBe(36 * 2 + 3 * 2);
    for (const step of [5 * MINUTE, HOUR]) expectMeans(await range(second, from, NOW, step), points, step);
    await second.stop();
  });

  it('drops raw points after 7 days, 5-minute rows after 90, hours after 730; charts get coarser, then end', async () => {
    const { store, clock, sql } = await openStore();
    const points = minutes(from, NOW, wave);
    await store.write(points);
    await store.maintain(NOW + MINUTE);
    const rows = () =>
      ['point', 'rollup_5m', 'rollup_1h'].map((table) => sql(`SELECT count(*) AS n FROM ${table}`)[0]!['n']);
    expect(rows()).toEqual([360, 72, 6]);
    const at = async (days: number) => {
      await clock.advance(NOW + days * DAY - clock.now());
      return store.maintain(clock.now());
    };
    expect(await at(6)).toEqual({ expired: 0, rolledUp: 0 });
    expect(await at(8)).toEqual({ expired: 360, rolledUp: 0 });
    expect(rows()).toEqual([0, 72, 6]);
    expectMeans(await range(store, from, NOW, MINUTE), points, 5 * MINUTE);
    expect(await at(91)).toEqual({ expired: 72, rolledUp: 0 });
    expectMeans(await range(store, from, NOW, MINUTE), points, HOUR);
    expect(await at(731)).toEqual({ expired: 6, rolledUp: 0 });
    expect(await range(store, from, NOW, MINUTE)).toEqual([]);
    expect(rows()).toEqual([0, 0, 0]);
  });

  it('forgets series, tags and field types of which nothing is left', async () => {
    const { store, clock, sql } = await openStore();
    await store.write([sample('gone', NOW, { v: 1 }, { port: '1' }), sample('stays', NOW, { v: 1 })]);
    await clock.advance(733 * DAY);
    await store.write([sample('stays', clock.now(), { v: 1 })]);
    await store.maintain(clock.now());
    expect(sql('SELECT name FROM measurement')).toEqual([{ name: 'stays' }]);
    expect(sql('SELECT DISTINCT measurement FROM series_tag')).toHaveLength(1);
    expect(await store.write([sample('gone', clock.now(), { v: 'now a text' })])).toEqual({ written: 1, rejected: [] });
  });

  it('gives pages back to the disk once much of the file is free', async () => {
    const { store, clock, sql } = await openStore();
    for (let hour = 0; hour < 3; hour++) {
      const points = Array.from({ length: 20_000 }, (_, i) =>
        sample('m', NOW + hour * HOUR + i * 100, { text: `${i}`.padEnd(60) }),
      );
      await store.write(points);
    }
    const pages = () => (sql('PRAGMA page_count')[0] as { page_count: number }).page_count;
    const before = pages();
    await clock.advance(8 * DAY);
    expect((await store.maintain(clock.now())).expired).toBe(60_000);
    expect(before).toBeGreaterThan(1000);
    expect(pages()).toBeLessThan(before * 0.6);
  });
});
