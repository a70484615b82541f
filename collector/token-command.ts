import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { systemClock } from '../runtime/clock.ts';
import { processOutput } from '../runtime/command-line.ts';
import { type CollectorConfig, loadCollectorConfig } from './config.ts';
import { stateLocation } from './state/config.ts';
import { openState, type StateDb } from './state/database.ts';
import { migrateState } from './state/migrate.ts';
import { createToken, listTokens, revokeToken } from './state/tokens.ts';

/** `token create`: prints the token as the only line on stdout. The collector may be running. */
export async function createAgentToken(file: string, school: string, site: string, note: string): Promise<number> {
  const config = loadCollectorConfig(file);
  const { schools } = config;
  const known = schools.map((s) => s.school);
  if (!known.includes(school)) {
    processOutput.err(`unknown school "${school}"; the configuration has ${known.join(', ')}`);
    return 1;
  }
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(site)) {
    processOutput.err(`--site: expected a name of letters, digits, dots, dashes or underscores, got "${site}"`);
    return 1;
  }
  const { token, id } = await withState(config, (db) =>
    createToken(db, { school, site, note }, systemClock, randomBytes),
  );
  processOutput.err(`token ${id} for ${school}/${site}; it is shown this once:`);
  processOutput.out(token);
  return 0;
}

/** `token list` */
export async function listAgentTokens(file: string): Promise<number> {
  const config = loadCollectorConfig(file);
  for (const t of await withState(config, listTokens)) {
    const state = t.revokedAt === null ? 'good' : `revoked ${new Date(t.revokedAt).toISOString()}`;
    processOutput.out([t.tokenId, t.school, t.site, new Date(t.createdAt).toISOString(), state, t.note].join('\t'));
  }
  return 0;
}

/** `token revoke` */
export async function revokeAgentToken(file: string, id: string): Promise<number> {
  const config = loadCollectorConfig(file);
  if (await withState(config, (db) => revokeToken(db, id, systemClock))) return 0;
  processOutput.err(`no token "${id}" that is still good`);
  return 1;
}

async function withState<T>(config: CollectorConfig, work: (db: StateDb) => Promise<T>): Promise<T> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const db = openState(stateLocation(config));
  try {
    await migrateState(db, systemClock);
    return await work(db);
  } finally {
    await db.destroy();
  }
}
