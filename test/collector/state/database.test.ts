import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openState, type StateDb } from '../../../collector/state/database.ts';
import { migrateState } from '../../../collector/state/migrate.ts';
import type { AlertTable } from '../../../collector/state/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from './state.ts';

const folder = temporaryFolder();
let db: StateDb;
let count = 0;
let file: string;

beforeEach(async () => {
  file = folder.file(`deep/state-${count++}.db`);
  db = openState(file);
  await migrateState(db, new FakeClock());
});
afterEach(() => db.destroy());
afterAll(() => folder.remove());

function alert(id: string, key: string, state: string): AlertTable {
  return {
    id,
    key,
    school: 'north',
    site: 'main',
    rule: 'uplink',
    domain: 'wan',
    severity: 'critical',
    state,
    labels: '{}',
    summary: 's',
    condition: 'c',
    value: 96.25,
    owner: null,
    why: null,
    decision: null,
    decided_at: null,
    round: 0,
    claimed_by: null,
    acked_by: null,
    acked_at: null,
    noted_at: null,
    suppression: null,
    held_until: null,
    pending_at: 1_790_000_000_123,
    opened_at: null,
    resolved_at: null,
  };
}

describe('the state database', () => {
  it('is readable by its user only, journal included, and waits for the disk', async () => {
    for (const name of [file, `${file}-wal`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    const one = async (pragma: string) =>
      Object.values((await sql.raw<Record<string, unknown>>(`pragma ${pragma}`).execute(db)).rows[0]!)[0];
    expect(await one('journal_mode')).toBe('wal');
    expect(await one('synchronous')).toBe(2);
    expect(await one('foreign_keys')).toBe(1);
    expect(await one('busy_timeout')).toBe(5000);
  });

  it('gives back what was put in, to the last digit', async () => {
    await db
      .insertInto('alert')
      .values(alert('a', 'k', 'open'))
      .execute();
    expect(await db.selectFrom('alert').selectAll().executeTakeFirst()).toEqual(alert('a', 'k', 'open'));
    const { seq } = await db
      .insertInto('alert_event')
      .values({ alert_id: 'a', school: 'north', type: 'opened', at: 1, decided_at: 2, detail: '{}' })
      .returning('seq')
      .executeTakeFirstOrThrow();
    expect(seq).toBe(1);
  });

  it('tells why a transaction failed that SQLite had ended by itself, as on a full disk', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await sql`rollback`.execute(trx);
      throw new Error('database or disk is full');
    });
    await expect(transaction).rejects.toThrow('database or disk is full');
    await db.transaction().execute((trx) =>
      trx
        .insertInto('alert')
        .values(alert('after', 'k', 'open'))
        .execute(),
    );
    expect(await db.selectFrom('alert').select('id').execute()).toEqual([{ id: 'after' }]);
  });

  it('takes booleans as 0 and 1, undefined as null, and refuses what it has no type for', async () => {
    const row = await sql<{
      a: number;
      b: null;
      c: number;
    }>`select ${true} as a, ${undefined} as b, ${5n} as c`.execute(db);
    expect(row.rows[0]).toEqual({ a: 1, b: null, c: 5 });
    await expect(sql`select ${new Date(0)}`.execute(db)).rejects.toThrow('the state database stores no Date');
  });

  it('refuses a second unresolved alert of one key, and allows it after the first is resolved', async () => {
    await db
      .insertInto('alert')
      .values(alert('a', 'k', 'open'))
      .execute();
    await expect(
      db
        .insertInto('alert')
        .values(alert('b', 'k', 'pending'))
        .execute(),
    ).rejects.toThrow(/UNIQUE/);
    await db.updateTable('alert').set({ state: 'resolved' }).where('id', '=', 'a').execute();
    await db
      .insertInto('alert')
      .values(alert('b', 'k', 'pending'))
      .execute();
  });

  it('undoes a transaction that throws, and runs transactions one after the other', async () => {
    const put = (name: string, fail = false) =>
      db.transaction().execute(async (trx) => {
        await trx.insertInto('meta').values({ name, value: '1' }).execute();
        await new Promise((resolve) => setImmediate(resolve));
        if (fail) throw new Error('no');
      });
    const results = await Promise.allSettled([put('a'), put('b', true), put('c')]);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const names = await db.selectFrom('meta').select('name').orderBy('name').execute();
    expect(names.map((r) => r.name)).toEqual(['a', 'c']);
  });

  it('lets another process write between a read and a write of nobody: a transaction holds the write lock from its start', async () => {
    const other = new DatabaseSync(file, { timeout: 0 });
    await db.transaction().execute(async (trx) => {
      await trx.selectFrom('meta').selectAll().execute();
      expect(() => other.exec("insert into meta values ('x', '1')")).toThrow(/locked/);
      await trx.insertInto('meta').values({ name: 'y', value: '1' }).execute();
    });
    other.exec("insert into meta values ('x', '1')");
    other.close();
    expect(await db.selectFrom('meta').select('name').orderBy('name').execute()).toEqual([
      { name: 'x' },
      { name: 'y' },
    ]);
  });

  it('survives closing', async () => {
    await db.insertInto('meta').values({ name: 'a', value: '1' }).execute();
    await db.destroy();
    db = openState(file);
    expect(await migrateState(db, new FakeClock())).toEqual([]);
    expect(await db.selectFrom('meta').selectAll().execute()).toEqual([{ name: 'a', value: '1' }]);
  });

  it('names the file when it cannot be opened', () => {
    expect(() => openState(folder.path)).toThrow(
      expect.objectContaining({ code: 'BW_STATE', message: expect.stringContaining(folder.path) }),
    );
  });
});
