import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import type { CatalogueLimits } from '../../../../collector/storage/sqlite/catalogue.ts';
import { SqliteStore } from '../../../../collector/storage/sqlite/store.ts';
import type { Retention } from '../../../../collector/storage/sqlite/tiers.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { temporaryFolder } from '../../../support/server-process.ts';
import { storeParts } from '../../../support/store-parts.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** The time of these tests, on an hour. */
export const NOW = Date.UTC(2026, 9, 5, 14, 0);

export interface TestStore {
  readonly store: SqliteStore;
  readonly clock: FakeClock;
  readonly file: string;
  /** Runs SQL on the file behind the store's back. */
  sql(text: string): Record<string, unknown>[];
  /** A second store, not started, on the same file or another. */
  another(file?: string): SqliteStore;
}

/** A started store on a file of its own with a clock that stands; both go when the test ends. */
export async function openStore(limits: Partial<CatalogueLimits> = {}): Promise<TestStore> {
  const folder = await temporaryFolder('sqlite');
  const file = join(folder, 'metrics.db');
  const clock = new FakeClock(NOW);
  const retention: Retention = [7 * DAY, 90 * DAY, 730 * DAY];
  const options = {
    ...storeParts,
    clock,
    file,
    retention,
    limits: { seriesPerSchool: 1000, fieldsPerMeasurement: 100, fieldSetsPerMeasurement: 100, ...limits },
  };
  const store = new SqliteStore(options);
  await store.start();
  onTestFinished(async () => {
    await store.stop();
    await rm(folder, { recursive: true });
  });
  return {
    store,
    clock,
    file,
    another: (other = file) => new SqliteStore({ ...options, file: other }),
    sql: (text) => {
      const db = new DatabaseSync(file, { timeout: 2000 });
      try {
        return db.prepare(text).all();
      } finally {
        db.close();
      }
    },
  };
}
