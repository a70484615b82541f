import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeaseKeeper } from '../../collector/lease-keeper.ts';
import type { StateDb } from '../../collector/state/database.ts';
import { databaseNow } from '../../collector/state/lease-rows.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { BACKEND, freshState } from '../support/state-backend.ts';
import { deps } from './notify/fixtures.ts';

const ROUND = 1_500;
let clock: FakeClock;
let db: StateDb;
let stops: AbortController[] = [];
beforeEach(async () => {
  clock = new FakeClock();
  db = await freshState(clock);
});
afterEach(async () => {
  for (const stop of stops) stop.abort();
  stops = [];
  await clock.advance(0);
  await db.destroy();
});

/** A collector as far as its leases go. */
class Collector {
  readonly taken: string[] = [];
  readonly lost: string[] = [];
  readonly keeper: LeaseKeeper;
  schools = ['east', 'hill', 'north', 'south'];
  fails = false;
  readonly #stop = new AbortController();

  constructor(id: string, url: string | null = null) {
    this.keeper = new LeaseKeeper({
      db,
      leaseDb: db,
      me: { id, url },
      schools: async () => this.schools,
      onTake: async (school) => {
        if (this.fails) throw new Error('not now');
        this.taken.push(school);
      },
      onLose: (school) => void this.lost.push(school),
      ...deps(clock),
    });
  }

  async start(): Promise<this> {
    await this.keeper.start();
    stops.push(this.#stop);
    void this.keeper.run(this.#stop.signal);
    return this;
  }

  /** As a process that is stopped by a signal: it does nothing more, and knows nothing of it. */
  stand(): void {
    this.#stop.abort();
  }

  /** Writes something for a school, as its holder does by itself. */
  write(school: string, name: string): Promise<void> {
    return this.keeper.inSchool(school, async (tx) => {
      await tx.insertInto('meta').values({ name, value: school }).execute();
    });
  }
}

const written = async () => (await db.selectFrom('meta').select('name').orderBy('name').execute()).map((r) => r.name);
/** As if the time of its leases had passed, and some more. */
async function expire(holder: string): Promise<void> {
  const expires_at = (await databaseNow(db, clock)) - 4_000;
  await db.updateTable('school_lease').set({ expires_at }).where('holder', '=', holder).execute();
}

describe('a collector alone', () => {
  it('takes every school at its start, keeps them, and takes up one that comes later', async () => {
    const a = await new Collector('a').start();
    expect(a.keeper.schools()).toEqual(['east', 'hill', 'north', 'south']);
    await clock.advance(20 * ROUND);
    expect(a.taken).toEqual(['east', 'hill', 'north', 'south']);
    expect(a.lost).toEqual([]);
    a.schools = [...a.schools, 'lake'];
    await clock.advance(ROUND);
    expect(a.keeper.holds('lake')).toBe(true);
    expect(a.keeper.holds('moon')).toBe(false);
    await a.write('lake', 'w');
    await expect(a.write('moon', 'never')).rejects.toMatchObject({ code: 'BW_LEASE', retryable: false });
    expect(await written()).toEqual(['w']);
  });

  it('answers for a school once it is taken up, and tries that again', async () => {
    const a = new Collector('a');
    a.fails = true;
    await a.start();
    expect(a.keeper.schools()).toEqual([]);
    await clock.advance(ROUND);
    expect(a.keeper.schools()).toEqual([]);
    a.fails = false;
    await clock.advance(ROUND);
    expect(a.keeper.schools()).toHaveLength(4);
  });

  it('does not count on a lease that it could not renew, and goes on when it can', async () => {
    const a = await new Collector('a').start();
    await db.schema.alterTable('collector_member').renameTo('away').execute();
    await clock.advance(5_000);
    expect(a.keeper.holds('north')).toBe(true);
    await clock.advance(2_000);
    expect(a.keeper.holds('north')).toBe(false);
    await db.schema.alterTable('away').renameTo('collector_member').execute();
    await clock.advance(ROUND);
    expect(a.keeper.holds('north')).toBe(true);
    expect([a.taken.length, a.lost]).toEqual([4, []]);
  });
});

if (BACKEND === 'sqlite')
  it('on a file, the process that was started last answers at once, and the former one writes nothing more', async () => {
    const a = await new Collector('a').start();
    const b = await new Collector('b').start();
    expect(b.keeper.schools()).toHaveLength(4);
    await expect(a.write('north', 'never')).rejects.toMatchObject({ code: 'BW_LEASE' });
    await clock.advance(20 * ROUND);
    expect([a.keeper.schools(), a.lost.length, b.lost]).toEqual([[], 4, []]);
    expect(await written()).toEqual([]);
  });

if (BACKEND === 'postgres')
  describe('two collectors', () => {
    it('one that was killed has its schools taken when its leases are over', async () => {
      const a = await new Collector('a', 'http://a').start();
      const b = await new Collector('b', 'http://b').start();
      expect([b.keeper.schools(), b.keeper.holderUrl('north'), a.keeper.holderUrl('north')]).toEqual([
        [],
        'http://a',
        undefined,
      ]);
      a.stand();
      await expire('a');
      await db.updateTable('collector_member').set({ expires_at: 0 }).where('id', '=', 'a').execute();
      await clock.advance(ROUND);
      expect(b.keeper.schools()).toHaveLength(4);
    });

    it('one that stood still and wakes up writes nothing any more, and drops what it held', async () => {
      const a = await new Collector('a').start();
      a.stand();
      await expire('a');
      const b = await new Collector('b').start();
      await clock.advance(ROUND);
      expect(b.keeper.schools()).toHaveLength(4);
      await expect(a.write('north', 'never')).rejects.toMatchObject({ code: 'BW_LEASE' });
      expect(a.lost).toEqual(['north']);
      await b.write('north', 'by b');
      expect(await written()).toEqual(['by b']);
    });

    it('nothing is taken from under a transaction that goes on', async () => {
      const a = await new Collector('a').start();
      const b = new Collector('b');
      await a.keeper.inSchool('north', async (tx) => {
        a.stand();
        await expire('a');
        await b.start();
        await clock.advance(ROUND);
        expect(b.keeper.schools()).toEqual(['east', 'hill', 'south']);
        await tx.insertInto('meta').values({ name: 'in time', value: '' }).execute();
      });
      await clock.advance(ROUND);
      expect(b.keeper.holds('north')).toBe(true);
      expect(await written()).toEqual(['in time']);
    });

    it('one that stops gives its schools up at once', async () => {
      const a = await new Collector('a').start();
      const b = await new Collector('b').start();
      a.stand();
      await a.keeper.stop();
      await clock.advance(ROUND);
      expect(b.keeper.schools()).toHaveLength(4);
      expect([a.keeper.schools(), a.lost.length]).toEqual([[], 4]);
    });

    it('one that comes later gets its share, and then all stay where they are', async () => {
      const a = await new Collector('a').start();
      const b = await new Collector('b').start();
      await clock.advance(8 * ROUND);
      expect([a.keeper.schools().length, b.keeper.schools().length]).toEqual([2, 2]);
      const moved = [a.lost.length, b.taken.length];
      await clock.advance(10 * ROUND);
      expect([a.lost.length, b.taken.length, b.lost.length]).toEqual([...moved, 0]);
    });

    it('one that is started again under its address does not wait for its own leases', async () => {
      const a = await new Collector('a', 'http://a').start();
      a.stand();
      const again = await new Collector('a2', 'http://a').start();
      expect(again.keeper.schools()).toHaveLength(4);
      await expect(a.write('north', 'never')).rejects.toMatchObject({ code: 'BW_LEASE' });
    });
  });
