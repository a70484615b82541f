import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backupSqlite } from '../../../../runtime/sqlite-backup.ts';
import { sample } from '../../../contract/metric-store.ts';
import { startProgram, until } from '../../../support/process.ts';
import { DAY, MINUTE, NOW, openStore } from './open-store.ts';

const school = 'lincoln';
const everything = { school, measurement: 'm', since: NOW - DAY };

describe('embedded store', () => {
  it('answers a ping by writing: a disk that only reads is not ready', async () => {
    const { store, file } = await openStore();
    const db = new DatabaseSync(file, { readOnly: true });
    onTestFinished(() => db.close());
    const version = () => Number(db.prepare('PRAGMA data_version').get()!['data_version']);
    const before = version();
    await store.ping();
    expect(version()).not.toBe(before);
  });

  it('refuses points older than the raw retention, by index', async () => {
    const { store } = await openStore();
    const result = await store.write([sample('m', NOW - 8 * DAY, { v: 1 }), sample('m', NOW, { v: 2 })]);
    expect(result).toEqual({ written: 1, rejected: [{ index: 0, reason: 'point beyond retention policy' }] });
  });

  it('keeps unsigned 64-bit counters exact', async () => {
    const { store } = await openStore();
    await store.write([sample('m', NOW, { v: 2n ** 64n - 1n })]);
    expect((await store.latest(everything))[0]?.fields).toEqual({ v: 2n ** 64n - 1n });
  });

  it('finds the last value of each field however far back it is', async () => {
    const { store } = await openStore();
    await store.write([sample('m', NOW - 20 * 60 * MINUTE, { rare: 'x', v: 1 })]);
    for (let i = 10; i >= 0; i--) await store.write([sample('m', NOW - i * 30 * MINUTE, { v: 100 - i })]);
    expect(await store.latest(everything)).toEqual([
      { tags: { school, site: 'main' }, time: NOW, fields: { v: 100, rare: 'x' } },
    ]);
    expect((await store.latest({ ...everything, since: NOW - 60 * MINUTE }))[0]?.fields).toEqual({ v: 100 });
  });

  it('bounds what one school may create, and not another', async () => {
    const { store } = await openStore({ seriesPerSchool: 2, fieldsPerMeasurement: 3, fieldSetsPerMeasurement: 2 });
    const write = async (...of: Parameters<typeof sample>) => (await store.write([sample(...of)])).rejected[0]?.reason;
    expect(await write('m', NOW, { a: 1 }, { p: '1' })).toBeUndefined();
    expect(await write('m', NOW, { a: 1 }, { p: '2' })).toBeUndefined();
    expect(await write('m', NOW, { a: 1 }, { p: '3' })).toBe('school has more than 2 series');
    expect(await write('m', NOW, { a: 1 }, { p: '3', school: 'other' })).toBeUndefined();
    expect(await write('m', NOW, { a: 1, b: 1, c: 1, d: 1 }, { p: '1' })).toBe(
      'measurement "m" has more than 3 fields',
    );
    expect(await write('m', NOW, { a: 1, b: 1 }, { p: '1' })).toBeUndefined();
    expect(await write('m', NOW, { b: 1 }, { p: '1' })).toBe('measurement "m" has more than 2 combinations of fields');
  });

  it('leaves a damaged row out, counts it, and takes the point again', async () => {
    const { store, sql } = await openStore();
    const good = [0, 1, 2].map((n) => sample('m', NOW - n * MINUTE, { v: n + 0.1, i: 3n }));
    await store.write(good);
    sql(`UPDATE point SET data = x'ff01' WHERE at = (SELECT max(at) FROM point)`);
    sql('UPDATE point SET field_set = 999 WHERE at = (SELECT min(at) FROM point)');
    const query = { school, measurement: 'm', field: 'v', from: NOW - DAY, to: NOW + 1 };
    const left = await store.range(query);
    expect(left[0]?.points).toHaveLength(1);
    expect(store.damagedRows).toBe(2);
    await store.latest(everything);
    await store.maintain(NOW + DAY);
    expect(store.damagedRows).toBeGreaterThan(2);
    await store.write(good);
    expect((await store.range(query))[0]?.points).toHaveLength(3);
  });

  it('lets no second writer in, and says so', async () => {
    const { store, another } = await openStore();
    await expect(another().start()).rejects.toMatchObject({
      code: 'BW_STORAGE_UNAVAILABLE',
      message: expect.stringContaining('another process has it open'),
    });
    await store.stop();
    const second = another();
    await second.start();
    await second.stop();
  });

  it('refuses a file that is no database, or of another version', async () => {
    const { store, another, sql, file } = await openStore();
    await store.stop();
    sql('PRAGMA user_version = 99');
    await expect(another().start()).rejects.toThrow('schema 99, expected 1');
    const garbage = join(file, '..', 'garbage.db');
    writeFileSync(garbage, 'not a database '.repeat(1000));
    await expect(another(garbage).start()).rejects.toThrow('file is not a database');
  });

  it('undoes a failed transaction whole, answers each batch for itself, and goes on', async () => {
    const { store, sql } = await openStore();
    await store.write([sample('m', NOW, { v: 1 })]);
    sql(`CREATE TRIGGER full BEFORE INSERT ON point WHEN NEW.at = 60001 BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
    const base = NOW + MINUTE;
    const bad = store.write([sample('new', base, { v: 1 }), sample('new', base + 1, { v: 1 })]);
    const good = store.write([sample('m', base, { v: 2 }, { port: 'new' })]);
    await expect(bad).rejects.toMatchObject({ code: 'BW_STORAGE_UNAVAILABLE', retryable: true });
    expect(await good).toEqual({ written: 1, rejected: [] });
    expect(await store.latest({ ...everything, measurement: 'new' })).toEqual([]);
    sql('DROP TRIGGER full');
    expect(await store.write([sample('new', base, { v: 'other type' })])).toEqual({ written: 1, rejected: [] });
  });

  it('stores nothing for a caller that gives up while waiting', async () => {
    const { store } = await openStore();
    const giveUp = new AbortController();
    const gone = store.write([sample('m', NOW, { v: 1 })], giveUp.signal);
    const stays = store.write([sample('m', NOW, { w: 1 })]);
    giveUp.abort();
    await expect(gone).rejects.toMatchObject({ code: 'BW_STORAGE_UNAVAILABLE', retryable: true });
    await stays;
    expect((await store.latest(everything))[0]?.fields).toEqual({ w: 1 });
  });

  it('writes a consistent copy while writes go on', async () => {
    const { store, file, another } = await openStore();
    const batch = (n: number) =>
      Array.from({ length: 500 }, (_, i) => sample('m', NOW - i * 1000, { v: n }, { n: `${n}` }));
    for (let n = 0; n < 10; n++) await store.write(batch(n));
    const copy = join(file, '..', 'copy.db');
    const backup = backupSqlite(file, copy);
    for (let n = 10; n < 20; n++) await store.write(batch(n));
    await backup;
    await expect(backupSqlite(file, copy)).rejects.toThrow('exists already');
    await store.stop();
    await backupSqlite(file, `${copy}.later`);
    const restored = another(copy);
    await restored.start();
    const series = await restored.range({ school, measurement: 'm', field: 'v', from: NOW - DAY, to: NOW + 1 });
    expect(series.length).toBeGreaterThanOrEqual(10);
    expect(series.every((s) => s.points.length === 500)).toBe(true);
    await restored.stop();
    const later = another(`${copy}.later`);
    await later.start();
    expect(await later.latest({ ...everything, tags: { n: '19' } })).toHaveLength(1);
    await later.stop();
  });

  it('keeps fields and series apart whose names were made to look alike', async () => {
    const { store } = await openStore();
    const result = await store.write([
      sample('m', NOW, { a: 1, b: 2 }),
      sample('m', NOW + 1, { 'a1:f1:b': 3 }),
      sample('m', NOW, { a: 1 }, { x: 'y\u0000z\u0001w' }),
      sample('m\u0000x\u0001y', NOW, { a: 1 }),
    ]);
    expect(result.rejected.map((r) => r.index)).toEqual([2, 3]);
    expect((await store.latest(everything))[0]?.fields).toEqual({ a: 1, b: 2, 'a1:f1:b': 3 });
  });

  it('holds every batch it answered for when its process is killed', async () => {
    const { store, file, another } = await openStore();
    await store.stop();
    const writer = startProgram('test/collector/storage/sqlite/write-until-killed.ts', [file, String(NOW)]);
    const answered = () => writer.stdout.split('\n').filter((line) => line !== '').length;
    await until('200 batches', 20_000, () => !writer.running || answered() >= 200);
    await writer.end('SIGKILL');
    const count = answered();
    expect(count).toBeGreaterThanOrEqual(200);
    const after = another();
    await after.start();
    const series = await after.range({ school, measurement: 'm', field: 'v', from: NOW - DAY, to: NOW + DAY });
    const stored = new Set(series.flatMap((s) => s.points.map(([, v]) => v)));
    for (let n = 0; n < count; n++) expect(stored.has(n)).toBe(true);
    // Each batch whole or not at all.
    expect(new Set(series.map((s) => s.points.length)).size).toBe(1);
    expect(series).toHaveLength(10);
    await after.stop();
  });
});
