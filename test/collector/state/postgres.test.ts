import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openState, type StateDb } from '../../../collector/state/database.ts';
import { migrateState } from '../../../collector/state/migrate.ts';
import type { PostgresSettings } from '../../../collector/state/postgres-settings.ts';
import { inSchool, inSchools } from '../../../collector/state/school-transaction.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { postgresState } from '../../support/state-backend.ts';
import { temporaryFolder } from './state.ts';

const value = async (db: StateDb, query: ReturnType<typeof sql>): Promise<unknown> =>
  Object.values((await query.execute(db)).rows[0] as object)[0];

describe('PostgreSQL', () => {
  let db: StateDb;
  let settings: PostgresSettings;
  beforeEach(async () => {
    ({ db, settings } = await postgresState());
  });
  afterEach(() => db.destroy());

  it('gives numbers as SQLite does, and refuses what a number cannot hold', async () => {
    await sql`create table n (big bigint, many numeric, half double precision)`.execute(db);
    await sql`insert into n values (${1_790_000_000_123}, ${2}, ${0.1 + 0.2}), (${2}, ${3}, ${1})`.execute(db);
    expect((await sql`select * from n`.execute(db)).rows[0]).toEqual({
      big: 1_790_000_000_123,
      many: 2,
      half: 0.1 + 0.2,
    });
    expect(await value(db, sql`select sum(big) from n`)).toBe(1_790_000_000_125);
    expect(await value(db, sql`select count(*) from n`)).toBe(2);
    await expect(value(db, sql`select 9007199254740993`)).rejects.toThrow('9007199254740993, more than a number');
  });

  it('takes booleans as 0 and 1, undefined as null, text without NUL, and refuses what it has no type for', async () => {
    await sql`create table v (a integer, b text, c text)`.execute(db);
    await sql`insert into v values (${true}, ${undefined}, ${'a\0b'})`.execute(db);
    expect((await sql`select * from v`.execute(db)).rows).toEqual([{ a: 1, b: null, c: 'a\uFFFDb' }]);
    await expect(sql`insert into v values (${new Date(0)})`.execute(db)).rejects.toThrow(
      'the state database stores no Date',
    );
  });

  it('takes an empty list for one that nothing is in', async () => {
    expect(await db.selectFrom('meta').selectAll().where('name', 'in', []).execute()).toEqual([]);
  });

  it('counts by itself where SQLite does', async () => {
    const add = () =>
      db
        .insertInto('alert_event')
        .values({ alert_id: 'a', school: 'north', type: 'opened', at: 1, decided_at: 2, detail: '{}' })
        .returning('seq')
        .executeTakeFirstOrThrow();
    expect([await add(), await add()]).toEqual([{ seq: 1 }, { seq: 2 }]);
  });

  it('bounds what a connection may do', async () => {
    const shown = async (name: string) => value(db, sql`select current_setting(${name})`);
    expect(await shown('statement_timeout')).toBe('10s');
    expect(await shown('lock_timeout')).toBe('5s');
    expect(await shown('idle_in_transaction_session_timeout')).toBe('3s');
    expect(await shown('application_name')).toBe('bellwether-collector');
  });

  it('says after a while that all connections are taken, and that this may pass', async () => {
    const small = openState({ ...settings, pool: 1 });
    await small.transaction().execute(async (tx) => {
      await sql`select 1`.execute(tx);
      const waiting = expect(sql`select 1`.execute(small)).rejects.toMatchObject({ code: 'BW_STATE', retryable: true });
      // Not idle all that time, which the server would end.
      for (let i = 0; i < 5; i++) await Promise.all([sql`select 1`.execute(tx), systemClock.sleep(1_100)]);
      await waiting;
    });
    await small.destroy();
  });

  it('runs the transactions of a school one after another, also over connections, and those of others beside them', async () => {
    const other = openState(settings);
    const events: string[] = [];
    const inside = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const first = inSchool(db, 'north', async (tx) => {
      events.push('first begins');
      inside.resolve();
      await go.promise;
      await tx.insertInto('meta').values({ name: 'first', value: '1' }).execute();
      events.push('first ends');
    });
    await inside.promise;
    const second = inSchool(other, 'north', async (tx) => {
      const rows = await tx.selectFrom('meta').select('name').execute();
      events.push(`second sees ${rows.map((row) => row.name)}`);
    });
    await inSchool(other, 'south', async () => void events.push('south'));
    go.resolve();
    await Promise.all([first, second]);
    expect(events).toEqual(['first begins', 'south', 'first ends', 'second sees first']);
    await other.destroy();
  });

  it('locks several schools in one order', async () => {
    const pairs = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? ['north', 'south'] : ['south', 'north']));
    await Promise.all(pairs.map((pair) => inSchools(db, pair, async (tx) => void (await sql`select 1`.execute(tx)))));
  });

  it('ends a transaction that stands still, so that its lock is free for others', async () => {
    const other = openState(settings);
    const inside = Promise.withResolvers<void>();
    const standing = inSchool(db, 'north', async (tx) => {
      inside.resolve();
      await systemClock.sleep(3_500);
      await sql`select 1`.execute(tx);
    });
    const failed = expect(standing).rejects.toMatchObject({ code: 'BW_STATE', retryable: true });
    await inside.promise;
    await inSchool(other, 'north', async () => {});
    await failed;
    await other.destroy();
  });
});

describe('a PostgreSQL that goes away', () => {
  let server: TestPostgres;
  let db: StateDb;
  beforeAll(async () => {
    server = await startPostgres();
    db = openState(await server.create('bellwether'));
    await migrateState(db, systemClock);
  });
  afterAll(async () => {
    await db.destroy();
    await server.stop();
  });
  const put = (name: string) => db.insertInto('meta').values({ name, value: '1' }).execute();
  const isAway = { code: 'BW_STATE', retryable: true, message: expect.stringContaining('bellwether at 127.0.0.1:') };

  it.each(['fast', 'immediate'] as const)(
    'is an error that may pass (%s), and works by itself when it is back',
    async (how) => {
      await put(`before ${how}`);
      const broken = db.transaction().execute(async (tx) => {
        await tx
          .insertInto('meta')
          .values({ name: `undone ${how}`, value: '1' })
          .execute();
        await server.halt(how);
        await tx
          .insertInto('meta')
          .values({ name: `never ${how}`, value: '1' })
          .execute();
      });
      await expect(broken).rejects.toMatchObject(isAway);
      await expect(put('away')).rejects.toMatchObject(isAway);
      await server.start();
      await put(`after ${how}`);
      const names = (await db.selectFrom('meta').select('name').execute()).map((row) => row.name);
      expect(names.filter((name) => name.endsWith(how)).sort()).toEqual([`after ${how}`, `before ${how}`]);
    },
  );

  it('names the database that cannot be migrated, and what is wrong with it', async () => {
    const none = openState({ ...(await server.create('other')), database: 'nowhere' });
    await expect(migrateState(none, systemClock)).rejects.toMatchObject({
      code: 'BW_STATE',
      message: expect.stringMatching(/nowhere at 127\.0\.0\.1:\d+ .*database "nowhere" does not exist/),
    });
    await none.destroy();
  });
});

describe('TLS', () => {
  const folder = temporaryFolder();
  let server: TestPostgres;
  let settings: PostgresSettings;
  let ca: string;
  beforeAll(async () => {
    const certificates = makeCertificates(folder.path);
    ca = readFileSync(certificates.ca, 'utf8');
    server = await startPostgres({ tls: certificates });
    settings = await server.create('bellwether');
  });
  afterAll(async () => {
    await server.stop();
    folder.remove();
  });
  const connect = async (more: Partial<PostgresSettings>) => {
    const db = openState({ ...settings, ...more });
    try {
      return await value(db, sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`);
    } finally {
      await db.destroy();
    }
  };

  it('is used with an authority that signed for the server', async () => {
    expect(await connect({ tls: { ca } })).toBe(true);
  });

  it.each([
    ['one that nobody vouches for', () => ({ tls: { ca: undefined } })],
    ['one for another name', () => ({ tls: { ca }, host: 'localhost' })],
    ['none, where the server wants it', () => ({})],
  ])('%s is refused', async (_name, more) => {
    await expect(connect(more())).rejects.toMatchObject({ code: 'BW_STATE' });
  });
});
