import { existsSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { processOutput } from '../runtime/command-line.ts';
import { backupSqlite } from '../runtime/sqlite-backup.ts';
import { loadCollectorConfig } from './config.ts';
import { postgresName } from './state/postgres-settings.ts';

/** `backup`: consistent copies of the state database and of the embedded metrics store, while the collector runs. Never overwrites. */
export async function backUp(file: string, to: string): Promise<number> {
  const { dataDir, storage, state } = loadCollectorConfig(file);
  const metrics = storage.driver === 'sqlite' ? [resolve(dataDir, storage.path)] : [];
  const sources = state ? metrics : [join(dataDir, 'state.db'), ...metrics];
  if (state)
    processOutput.err(
      `the state is on PostgreSQL (${postgresName(state.postgres)}): back it up with its own tools, such as pg_dump --format=custom`,
    );
  if (sources.length === 0) return 1;
  const missing = sources.filter((source) => !existsSync(source));
  if (missing.length > 0) {
    processOutput.err(`nothing to back up: ${missing.join(', ')} not there`);
    return 1;
  }
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const copies = sources.map((source) => ({ source, copy: join(to, basename(source)) }));
  const taken = copies.filter(({ copy }) => existsSync(copy));
  if (taken.length > 0) {
    processOutput.err(`${taken.map((t) => t.copy).join(', ')} already there; give a new folder`);
    return 1;
  }
  for (const { source, copy } of copies) {
    await backupSqlite(source, copy);
    processOutput.out(copy);
  }
  return 0;
}
