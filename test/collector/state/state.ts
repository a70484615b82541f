import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openState, type StateDb } from '../../../collector/state/database.ts';
import { migrateState } from '../../../collector/state/migrate.ts';
import { createToken } from '../../../collector/state/tokens.ts';
import type { Clock } from '../../../core/clock.ts';

/** A folder of its own under the system's temporary one; `remove` when done. */
export function temporaryFolder(): { path: string; file(name: string): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'bellwether-state-'));
  return { path, file: (name) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A migrated state database in memory. */
export async function memoryState(clock: Clock): Promise<StateDb> {
  const db = openState(':memory:');
  await migrateState(db, clock);
  return db;
}

export function tokenFor(
  db: StateDb,
  clock: Clock,
  school: string,
  site = 'main',
): Promise<{ id: string; token: string }> {
  return createToken(db, { school, site, note: '' }, clock, randomBytes);
}
