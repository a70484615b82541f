import { mkdirSync } from 'node:fs';
import { systemClock } from '../runtime/clock.ts';
import { inTheNameOf } from './audit/cause.ts';
import type { CollectorConfig } from './config.ts';
import { stateLocation } from './state/config.ts';
import { openState, type StateDb } from './state/database.ts';
import { migrateState } from './state/migrate.ts';

/** Opens the state database for one command, beside a collector that may be running; what is written is the operator's doing. */
export async function withState<T>(config: CollectorConfig, work: (db: StateDb) => Promise<T>): Promise<T> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const db = openState(stateLocation(config));
  try {
    await migrateState(db, systemClock);
    return await inTheNameOf({ actor: 'operator', via: 'command line' }, () => work(db));
  } finally {
    await db.destroy();
  }
}
