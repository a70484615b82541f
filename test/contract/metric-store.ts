import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricStore } from '../../collector/storage/storage.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';

/** A store under test and what to do with it. */
export interface StoreUnderTest {
  readonly store: MetricStore;
  /** A second handle on the same data, after the first was stopped. */
  reopen(): Promise<MetricStore>;
  close(): Promise<void>;
}

export const MINUTE = 60_000;

/** A minute some minutes ago: inside every retention, and all points of a test are in the past. */
export function recentMinute(minutesAgo = 30): number {
  return Math.floor(Date.now() / MINUTE) * MINUTE - minutesAgo * MINUTE;
}

export function sample(
  measurement: string,
  time: number,
  fields: Readonly<Record<string, FieldValue>>,
  tags: Readonly<Record<string, string>> = {},
): Sample {
  return { measurement, tags: { school: 'lincoln', site: 'main', ...tags }, fields, time };
}

const AWKWARD = [
  'Gi1/0/48',
  'salle 2, «bât. É»',
  'O\'Brien "AP" = 5 GHz',
  'C:\\path\\x',
  "' OR 'a'='a",
  '教室 🎓',
  '100 %_*',
];

/** What every metric store does the same. Each test writes a measurement of its own, so they share one store. */
export function metricStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`metric store contract: ${name}`, () => {
    let under: StoreUnderTest;
    let store: MetricStore;
    beforeAll(async () => {
      under = await open();
      store = under.store;
    });
    afterAll(() => under?.close());
    const t = recentMinute();
    const school = 'lincoln';

    it('answers a ping, and start twice is start', async () => {
      await store.ping();
      await store.start();
      await store.ping();
    });

    it('gives back the last value of each field with its type, and the time of the newest', async () => {
      const tags = { device: 'sw1' };
      const written = await store.write([
        sample('kinds', t, { f: 1.5, i: 41n, b: true, s: 'one "two" \\ three' }, tags),
        sample('kinds', t + MINUTE, { f: 5, i: 42n }, tags),
      ]);
      expect(written).toEqual({ written: 2, rejected: [] });
      expect(await store.latest({ school, measurement: 'kinds', since: t - 1 })).toEqual([
        {
          tags: { school, site: 'main', device: 'sw1' },
          time: t + MINUTE,
          fields: { f: 5, i: 42n, b: true, s: 'one "two" \\ three' },
        },
      ]);
    });

    it('keeps integers exact', async () => {
      const values = [0n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n) + 1n];
      await store.write(values.map((i, n) => sample('exact', t, { i }, { n: String(n) })));
      const found = await store.latest({ school, measurement: 'exact', since: t });
      expect(found.map((s) => [s.tags['n'], s.fields['i']]).sort()).toEqual(values.map((v, n) => [String(n), v]));
    });

    it('leaves out series that are older than asked for', async () => {
      await store.write([
        sample('age', t, { v: 1 }, { d: 'old' }),
        sample('age', t + 2 * MINUTE, { v: 2 }, { d: 'new' }),
      ]);
      const found = await store.latest({ school, measurement: 'age', since: t + 1 });
      expect(found.map((s) => s.tags['d'])).toEqual(['new']);
    });

    it('reads raw points in order, from inclusive, to exclusive, integers as numbers', async () => {
      const points = [3, 1, 0, 2, 4].map((n) =>
        sample('raw', t + n * MINUTE, { v: BigInt(n * 10), text: 'x', on: true }),
      );
      await store.write(points);
      const range = { school, measurement: 'raw', field: 'v', from: t + MINUTE, to: t + 4 * MINUTE };
      expect(await store.range(range)).toEqual([
        {
          tags: { school, site: 'main' },
          points: [
            [t + MINUTE, 10],
            [t + 2 * MINUTE, 20],
            [t + 3 * MINUTE, 30],
          ],
        },
      ]);
      for (const field of ['text', 'on', 'absent']) {
        expect(await store.range({ ...range, field })).toEqual([]);
        expect(await store.range({ ...range, field, step: MINUTE })).toEqual([]);
      }
      expect(await store.range({ ...range, measurement: 'absent' })).toEqual([]);
    });

    it('averages by step, aligned to the epoch, without empty steps', async () => {
      const start = Math.floor(t / (2 * MINUTE)) * 2 * MINUTE;
      await store.write([0, 1, 2, 6].map((n) => sample('steps', start + n * MINUTE, { v: n })));
      const [series] = await store.range({
        school,
        measurement: 'steps',
        field: 'v',
        from: start,
        to: start + 10 * MINUTE,
        step: 2 * MINUTE,
      });
      expect(series?.points).toEqual([
        [start, 0.5],
        [start + 2 * MINUTE, 2],
        [start + 6 * MINUTE, 6],
      ]);
    });

    it('changes nothing when the same batch comes again', async () => {
      const batch = [0, 1, 2].map((n) => sample('again', t + n * MINUTE, { v: n, i: 7n }, { port: 'a b' }));
      const query = { school, measurement: 'again', field: 'v', from: t, to: t + 10 * MINUTE };
      await store.write(batch);
      const before = [await store.range(query), await store.latest({ ...query, since: t })];
      expect(await store.write(batch)).toEqual({ written: 3, rejected: [] });
      expect([await store.range(query), await store.latest({ ...query, since: t })]).toEqual(before);
    });

    it('merges fields of the same series and time; the later value wins', async () => {
      await store.write([sample('merge', t, { a: 1, b: 2 })]);
      await store.write([sample('merge', t, { b: 3, c: 4 })]);
      const [series] = await store.latest({ school, measurement: 'merge', since: t });
      expect(series?.fields).toEqual({ a: 1, b: 3, c: 4 });
    });

    it('never shows one school to another', async () => {
      await store.write([sample('tenant', t, { v: 1 }), sample('tenant', t, { v: 2 }, { school: 'lincoln2' })]);
      const range = { measurement: 'tenant', field: 'v', from: t, to: t + 1 };
      const of = async (s: string) => [
        (await store.range({ ...range, school: s })).map((x) => x.points[0]?.[1]),
        (await store.latest({ ...range, school: s, since: t })).map((x) => x.fields['v']),
      ];
      expect(await of('lincoln')).toEqual([[1], [1]]);
      expect(await of('lincoln2')).toEqual([[2], [2]]);
      for (const other of ['', 'linc', 'lincoln%', "lincoln' OR 'a'='a", "x' OR school =~ /.*/ OR school = '"]) {
        expect(await of(other)).toEqual([[], []]);
      }
      const tags = { school: 'lincoln2' };
      expect(await store.range({ ...range, school: 'lincoln', tags })).toEqual([]);
      expect(await store.latest({ ...range, school: 'lincoln', since: t, tags })).toEqual([]);
    });

    it('keeps and finds any tag value', async () => {
      await store.write(AWKWARD.map((name, n) => sample('any', t, { n: BigInt(n) }, { name })));
      for (const [n, name] of AWKWARD.entries()) {
        const [found, ...more] = await store.latest({ school, measurement: 'any', since: t, tags: { name } });
        expect(found?.tags['name']).toBe(name);
        expect(found?.fields).toEqual({ n: BigInt(n) });
        expect(more).toEqual([]);
      }
    });

    it('finds measurements and fields of any name', async () => {
      for (const text of AWKWARD) {
        // Not the field's name: InfluxQL cannot tell a field and a tag of one name apart.
        const tag = `${text} tag`;
        await store.write([sample(text, t, { [text]: 1 }, { [tag]: text })]);
        const range = { school, measurement: text, field: text, from: t, to: t + 1, tags: { [tag]: text } };
        expect((await store.range(range))[0]?.points).toEqual([[t, 1]]);
      }
    });

    it('filters by all tags, by absence with an empty value, and drops empty tags', async () => {
      const ports = [
        { d: 'x', p: '1' },
        { d: 'x', p: '2' },
        { d: 'y', p: '1' },
        { d: 'x', p: '' },
      ];
      await store.write(ports.map((tags, v) => sample('filter', t, { v }, tags)));
      const values = async (tags: Record<string, string>) =>
        (await store.latest({ school, measurement: 'filter', since: t, tags })).map((s) => s.fields['v']).sort();
      expect(await values({})).toEqual([0, 1, 2, 3]);
      expect(await values({ d: 'x' })).toEqual([0, 1, 3]);
      expect(await values({ d: 'x', p: '1' })).toEqual([0]);
      expect(await values({ p: '' })).toEqual([3]);
      const [none] = await store.latest({ school, measurement: 'filter', since: t, tags: { p: '' } });
      expect(none?.tags).toEqual({ school, site: 'main', d: 'x' });
    });

    it('refuses a field of another type by index and stores the rest', async () => {
      await store.write([sample('typed', t, { x: 1n })]);
      const result = await store.write([
        sample('typed', t + 1000, { x: 2n }),
        sample('typed', t + 2000, { x: 2.5 }),
        sample('typed', t + 3000, { x: 3n }),
        sample('typed', t + 4000, { x: 'four' }),
        sample('typed', t + 5000, { x: 5n }),
      ]);
      expect(result.written).toBe(3);
      expect(result.rejected.map((r) => r.index)).toEqual([1, 3]);
      for (const [n, type] of ['float', 'string'].entries()) {
        const reason = `field type conflict: input field "x" on measurement "typed" is type ${type}, already exists as type integer`;
        expect(result.rejected[n]?.reason).toBe(reason);
      }
      const [series] = await store.range({ school, measurement: 'typed', field: 'x', from: t, to: t + MINUTE });
      expect(series?.points.map(([, v]) => v)).toEqual([1, 2, 3, 5]);
    });

    it('refuses points no store can hold by index and stores the rest', async () => {
      const result = await store.write([
        sample('bad', t, { v: Number.NaN }),
        sample('bad', t, {}),
        sample('bad', t + 1, { v: 1 }),
        sample('bad', t, { v: 2n ** 64n }),
        sample('', t, { v: 1 }),
        sample('bad', 1.5, { v: 1 }),
        sample('bad', t, { v: 1 }, { school: '' }),
      ]);
      expect(result.written).toBe(1);
      expect(result.rejected.map((r) => r.index)).toEqual([0, 1, 3, 4, 5, 6]);
      expect(await store.write([])).toEqual({ written: 0, rejected: [] });
    });

    it('stores nothing for a caller that gave up before', async () => {
      const aborted = store.write([sample('aborted', t, { v: 1 })], AbortSignal.abort());
      await expect(aborted).rejects.toMatchObject({ code: 'BW_STORAGE_UNAVAILABLE', retryable: true });
      expect(await store.latest({ school, measurement: 'aborted', since: t })).toEqual([]);
    });

    it('takes many batches at once', async () => {
      const batches = Array.from({ length: 20 }, (_, b) =>
        Array.from({ length: 50 }, (_, n) => sample('many', t + n * 1000, { v: b }, { b: String(b) })),
      );
      const results = await Promise.all(batches.map((batch) => store.write(batch)));
      expect(results.every((r) => r.written === 50 && r.rejected.length === 0)).toBe(true);
      const series = await store.range({ school, measurement: 'many', field: 'v', from: t, to: t + MINUTE });
      expect(series.map((s) => s.points.length)).toEqual(Array(20).fill(50));
    });

    it('gives the same after maintenance, and the second run finds nothing to do', async () => {
      const points = Array.from({ length: 10 }, (_, n) => sample('kept', t + n * MINUTE, { v: n }));
      await store.write(points);
      const query = { school, measurement: 'kept', field: 'v', from: t, to: t + 10 * MINUTE };
      const before = await store.range(query);
      const now = t + 90 * MINUTE;
      await store.maintain(now);
      expect(await store.maintain(now)).toEqual({ expired: 0, rolledUp: 0 });
      expect(await store.range(query)).toEqual(before);
    });

    it('keeps everything over a restart; stopped, it says so', async () => {
      await store.write([sample('restart', t, { v: 1, i: 2n ** 60n }, { port: AWKWARD[2]! })]);
      const query = { school, measurement: 'restart', since: t };
      const before = await store.latest(query);
      await store.stop();
      await store.stop();
      await expect(store.write([sample('restart', t, { v: 2 })])).rejects.toMatchObject({
        code: 'BW_STORAGE_UNAVAILABLE',
        retryable: true,
      });
      store = await under.reopen();
      expect(await store.latest(query)).toEqual(before);
      expect((await store.write([sample('restart', t, { v: 'text' })])).rejected).toHaveLength(1);
    });
  });
}
