import { randomBytes } from 'node:crypto';
import { parseDuration } from '../core/duration.ts';
import { systemClock } from '../runtime/clock.ts';
import { processOutput } from '../runtime/command-line.ts';
import { isPermission, isRole, needsParty, PERMISSIONS, ROLES } from './access/permission.ts';
import { defaultParty, listOf, refuse, schoolsProblem } from './account-command.ts';
import { loadCollectorConfig } from './config.ts';
import { replaceLinkKey } from './state/alert-links.ts';
import {
  API_TOKEN_MAX_MS,
  createApiToken,
  listApiTokens,
  type NewApiToken,
  revokeApiToken,
} from './state/api-tokens.ts';
import { createToken, listTokens, revokeToken } from './state/tokens.ts';
import { withState } from './state-command.ts';

/** `token create`: prints the token as the only line on stdout. The collector may be running. */
export async function createAgentToken(file: string, school: string, site: string, note: string): Promise<number> {
  const config = loadCollectorConfig(file);
  const { schools } = config;
  const known = schools.map((s) => s.school);
  if (!known.includes(school)) return refuse(`unknown school "${school}"; the configuration has ${known.join(', ')}`);
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(site))
    return refuse(`--site: expected a name of letters, digits, dots, dashes or underscores, got "${site}"`);
  const { token, id } = await withState(config, (db) =>
    createToken(db, { school, site, note }, systemClock, randomBytes),
  );
  processOutput.err(`token ${id} for ${school}/${site}; it is shown this once:`);
  processOutput.out(token);
  return 0;
}

export interface ApiTokenAsked {
  /** A role, or permissions with commas. */
  readonly scope: string;
  readonly schools: string;
  /** Empty: by the role. */
  readonly party: string;
  /** A duration. */
  readonly expires: string;
  readonly note: string;
}

/** `token create --scope`: for a program that uses the API. */
export async function createScopedToken(file: string, asked: ApiTokenAsked): Promise<number> {
  const config = loadCollectorConfig(file);
  const { schools } = config;
  const now = systemClock.now();
  const read = readScope(asked, now);
  if (typeof read === 'string') return refuse(read);
  // A token for the metrics of the collector itself is about no school.
  const aboutNone = read.permissions?.every((permission) => permission === 'metrics.read');
  const problem =
    aboutNone && read.schools.length === 0 ? undefined : schoolsProblem(schools, read.schools, read.party, read.role);
  if (problem !== undefined) return refuse(problem);
  const { token, id } = await withState(config, (db) => createApiToken(db, read, now, randomBytes));
  const until = new Date(read.expiresAt).toISOString();
  processOutput.err(`token ${id} for ${asked.scope}, good until ${until}; it is shown this once:`);
  processOutput.out(token);
  return 0;
}

function readScope(asked: ApiTokenAsked, now: number): NewApiToken | string {
  const words = listOf(asked.scope);
  const [only] = words;
  const role = words.length === 1 && only !== undefined && isRole(only) ? only : null;
  const permissions = words.filter(isPermission);
  if (role === null && (words.length === 0 || permissions.length < words.length))
    return `--scope: expected a role (${ROLES.join(', ')}) or some of ${PERMISSIONS.join(', ')}, got "${asked.scope}"`;
  if (permissions.includes('accounts.manage')) return '--scope: accounts are managed with the admin token only';
  const party = asked.party || (role === null ? null : defaultParty(role));
  if (party === null && permissions.some(needsParty))
    return `--party: expected the party that ${permissions.filter(needsParty).join(', ')} is done for`;
  const lasts = parseDuration(asked.expires);
  if (lasts === undefined || lasts <= 0 || lasts > API_TOKEN_MAX_MS)
    return `--expires: expected a duration up to 365d, got "${asked.expires}"`;
  return {
    note: asked.note,
    role,
    permissions: role === null ? permissions : null,
    party,
    schools: listOf(asked.schools),
    expiresAt: now + lasts,
  };
}

/** `token list`: those of agents, then those of programs. */
export async function listAllTokens(file: string): Promise<number> {
  const config = loadCollectorConfig(file);
  const written = (at: number): string => new Date(at).toISOString();
  await withState(config, async (db) => {
    for (const t of await listTokens(db)) {
      const state = t.revokedAt === null ? 'good' : `revoked ${written(t.revokedAt)}`;
      processOutput.out([t.tokenId, t.school, t.site, written(t.createdAt), state, t.note].join('\t'));
    }
    const now = systemClock.now();
    for (const t of await listApiTokens(db)) {
      const good = t.expiresAt > now ? `good until ${written(t.expiresAt)}` : `expired ${written(t.expiresAt)}`;
      const state = t.revokedAt === null ? good : `revoked ${written(t.revokedAt)}`;
      const scope = t.role ?? t.permissions?.join(',') ?? '';
      const used = t.lastUsedAt === null ? 'never used' : `used ${written(t.lastUsedAt)}`;
      processOutput.out([t.id, t.schools.join(','), scope, written(t.createdAt), state, used, t.note].join('\t'));
    }
  });
  return 0;
}

/** `token revoke`, of either kind */
export async function revokeAnyToken(file: string, id: string): Promise<number> {
  const config = loadCollectorConfig(file);
  const done = await withState(
    config,
    async (db) => (await revokeToken(db, id, systemClock)) || (await revokeApiToken(db, id, systemClock.now())),
  );
  return done ? 0 : refuse(`no token "${id}" that is still good`);
}

/** `links revoke`: a new key for the links in messages. A running collector goes by it at once. */
export async function revokeLinks(file: string): Promise<number> {
  const config = loadCollectorConfig(file);
  await withState(config, (db) => replaceLinkKey(db, randomBytes));
  return 0;
}
