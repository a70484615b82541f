import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StateDb } from '../../../collector/state/database.ts';
import { createToken } from '../../../collector/state/tokens.ts';
import type { Clock } from '../../../core/clock.ts';
import { freshState } from '../../support/state-backend.ts';

/** A folder of its own under the system's temporary one; `remove` when done. */
export function temporaryFolder(): { path: string; file(name: string): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'bellwether-state-'));
  return { path, file: (name) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A migrated state database of its own, on what this run keeps state in. */
export function memoryState(clock: Clock): Promise<StateDb> {
  return freshState(clock);
}

export function tokenFor(
  db: StateDb,
  clock: Clock,
  school: string,
  site = 'main',
): Promise<{ id: string; token: string }> {
  return createToken(db, { school, site, note: '' }, clock, randomBytes);
}
