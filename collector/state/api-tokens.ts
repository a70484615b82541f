import type { Selectable } from 'kysely';
import type { Permission, Role } from '../access/permission.ts';
import type { Principal } from '../access/principal.ts';
import { appendAudit } from './audit.ts';
import type { StateDb } from './database.ts';
import type { ApiTokenTable } from './schema.ts';
import { hashSecret, newSecret, type RandomBytes } from './secret.ts';

/** The token of a program that uses the API, as it can be listed: without the secret, which nobody has. */
export interface ApiToken {
  readonly id: string;
  readonly note: string;
  /** What it may do: a role, or a list of permissions. */
  readonly role: Role | null;
  readonly permissions: readonly Permission[] | null;
  readonly party: string | null;
  readonly schools: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  /** To within a minute. */
  readonly lastUsedAt: number | null;
}

export type NewApiToken = Pick<ApiToken, 'note' | 'role' | 'permissions' | 'party' | 'schools' | 'expiresAt'>;

export const API_TOKEN_PREFIX = 'bwt_';
/** No token outlives this. */
export const API_TOKEN_MAX_MS = 365 * 86_400_000;
const ID_BYTES = 6;
const USED_EVERY_MS = 60_000;

/** `token` is shown once and cannot be had again. @throws RangeError for an end that is past, or later than a year from now */
export function createApiToken(
  db: StateDb,
  spec: NewApiToken,
  now: number,
  randomBytes: RandomBytes,
): Promise<{ id: string; token: string }> {
  if (!(spec.expiresAt > now && spec.expiresAt <= now + API_TOKEN_MAX_MS))
    throw new RangeError('a token ends within a year of its beginning');
  const id = randomBytes(ID_BYTES).toString('hex');
  const token = newSecret(randomBytes, API_TOKEN_PREFIX);
  const { note, role, permissions, party, schools, expiresAt } = spec;
  return db.transaction().execute(async (tx) => {
    await tx
      .insertInto('api_token')
      .values({
        id,
        hash: hashSecret(token),
        note,
        role,
        permissions: permissions === null ? null : JSON.stringify(permissions),
        party,
        schools: JSON.stringify(schools),
        created_at: now,
        expires_at: expiresAt,
        revoked_at: null,
        last_used_at: null,
      })
      .execute();
    await appendAudit(tx, { school: null, action: 'token.created', detail: { id, kind: 'api', ...spec }, at: now });
    return { id, token };
  });
}

/** What a token that is still good stands for. Looked up by its hash, so that the time taken says nothing of the token. */
export async function useApiToken(db: StateDb, token: string, now: number): Promise<Principal | undefined> {
  if (!token.startsWith(API_TOKEN_PREFIX)) return undefined;
  const row = await db
    .selectFrom('api_token')
    .selectAll()
    .where('hash', '=', hashSecret(token))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (!row) return undefined;
  const { id, note, role, permissions, party, schools, lastUsedAt } = fromRow(row);
  if (lastUsedAt === null || now - lastUsedAt >= USED_EVERY_MS)
    await db.updateTable('api_token').set({ last_used_at: now }).where('id', '=', id).execute();
  return { kind: 'token', id: `token:${id}`, name: note || `token ${id}`, role, permissions, party, schools };
}

/** Ends a token; false when there is none of that id that is still good. */
export function revokeApiToken(db: StateDb, id: string, now: number): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const revoked = await tx
      .updateTable('api_token')
      .set({ revoked_at: now })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (revoked.numUpdatedRows === 0n) return false;
    await appendAudit(tx, { school: null, action: 'token.revoked', detail: { id, kind: 'api' }, at: now });
    return true;
  });
}

/** Every token of the API, those that ended too, by age. */
export async function listApiTokens(db: StateDb): Promise<ApiToken[]> {
  return (await db.selectFrom('api_token').selectAll().orderBy('created_at').orderBy('id').execute()).map(fromRow);
}

function fromRow(row: Selectable<ApiTokenTable>): ApiToken {
  const time = (value: number | null): number | null => (value === null ? null : Number(value));
  return {
    id: row.id,
    note: row.note,
    role: row.role as Role | null,
    permissions: row.permissions === null ? null : (JSON.parse(row.permissions) as Permission[]),
    party: row.party,
    schools: JSON.parse(row.schools) as string[],
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    revokedAt: time(row.revoked_at),
    lastUsedAt: time(row.last_used_at),
  };
}
