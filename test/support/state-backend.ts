import pg from 'pg';
import { openState, type StateDb } from '../../collector/state/database.ts';
import { migrateState } from '../../collector/state/migrate.ts';
import type { PostgresSettings } from '../../collector/state/postgres-settings.ts';
import type { Clock } from '../../core/clock.ts';
import { follow } from './outside.ts';

/** Where databases are to be had; set by postgres-setup.ts. */
export const STATE_SERVER = 'BELLWETHER_TEST_STATE_SERVER';

/** What the tests of this run keep their state in: the suites over the state database run once on each (vitest.config.ts). */
export const BACKEND: 'sqlite' | 'postgres' =
  process.env['BELLWETHER_TEST_STATE'] === 'postgres' ? 'postgres' : 'sqlite';

if (BACKEND === 'postgres') {
  // Clocks that are moved by hand wait for its answers, as they need not with SQLite, which answers at once.
  for (const [of, name] of [
    [pg.Client.prototype, 'query'],
    [pg.Pool.prototype, 'connect'],
  ] as const) {
    const target = of as unknown as Record<string, (...args: unknown[]) => unknown>;
    const original = target[name]!;
    target[name] = function (this: unknown, ...args: unknown[]) {
      const result = original.apply(this, args);
      return result instanceof Promise ? follow(result) : result;
    };
  }
}

/** An empty state database with all tables, in memory or on the run's PostgreSQL. `destroy()` removes it. */
export async function freshState(clock: Clock): Promise<StateDb> {
  if (BACKEND === 'postgres') return (await postgresState()).db;
  const db = openState(':memory:');
  await migrateState(db, clock);
  return db;
}

/** A database on the run's PostgreSQL, whatever the backend of this run is; more connections to it may be opened by its settings. */
export async function postgresState(
  options: { readonly empty?: boolean } = {},
): Promise<{ db: StateDb; settings: PostgresSettings }> {
  const settings = (await ask(`/create?empty=${options.empty ? 1 : 0}`)) as PostgresSettings;
  const db = openState(settings);
  const destroy = db.destroy.bind(db);
  db.destroy = async () => {
    await destroy();
    await ask(`/drop?name=${settings.database}`);
  };
  return { db, settings };
}

async function ask(path: string): Promise<unknown> {
  const response = await fetch(`${process.env[STATE_SERVER]}${path}`, { method: 'POST' });
  const body = await response.text();
  if (!response.ok) throw new Error(body);
  return JSON.parse(body);
}
