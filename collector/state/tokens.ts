import type { Clock } from '../../core/clock.ts';
import { appendAudit } from './audit.ts';
import type { StateDb } from './database.ts';
import { hashSecret, newSecret, type RandomBytes } from './secret.ts';

/** What a token stands for: who may write, and where to. */
export interface Tenant {
  readonly tokenId: string;
  readonly school: string;
  readonly site: string;
}

/** A token as it can be listed: everything but the secret, which nobody has. */
export interface TokenInfo extends Tenant {
  readonly note: string;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

const TOKEN_PREFIX = 'bw_';
const ID_BYTES = 6;

/** Makes a token for one site of one school. `token` is shown once and cannot be had again: only its SHA-256 is kept (see `hashSecret`). */
export async function createToken(
  db: StateDb,
  spec: { readonly school: string; readonly site: string; readonly note: string },
  clock: Clock,
  randomBytes: RandomBytes,
): Promise<{ id: string; token: string }> {
  const id = randomBytes(ID_BYTES).toString('hex');
  const token = newSecret(randomBytes, TOKEN_PREFIX);
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('token')
      .values({ id, hash: hashSecret(token), ...spec, created_at: now, revoked_at: null })
      .execute();
    await appendAudit(tx, { school: null, action: 'token.created', detail: { id, kind: 'agent', ...spec }, at: now });
  });
  return { id, token };
}

/** The tenant of a token that exists and is not revoked. */
export async function findToken(db: StateDb, token: string): Promise<Tenant | undefined> {
  if (!token.startsWith(TOKEN_PREFIX)) return undefined;
  return db
    .selectFrom('token')
    .select(['id as tokenId', 'school', 'site'])
    .where('hash', '=', hashSecret(token))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
}

/** Ends a token; false when there is none of that id that is still good. A running collector may take it for `TokenVerifier.TTL_MS` more. */
export function revokeToken(db: StateDb, id: string, clock: Clock): Promise<boolean> {
  const now = clock.now();
  return db.transaction().execute(async (tx) => {
    const result = await tx
      .updateTable('token')
      .set({ revoked_at: now })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) return false;
    await appendAudit(tx, { school: null, action: 'token.revoked', detail: { id, kind: 'agent' }, at: now });
    return true;
  });
}

/** The schools that somebody may deliver for, configured or not. */
export async function schoolsOfTokens(db: StateDb): Promise<string[]> {
  const rows = await db.selectFrom('token').select('school').distinct().where('revoked_at', 'is', null).execute();
  return rows.map((row) => row.school);
}

/** Every token, revoked ones too, by school, site and age. */
export function listTokens(db: StateDb): Promise<TokenInfo[]> {
  return db
    .selectFrom('token')
    .select(['id as tokenId', 'school', 'site', 'note', 'created_at as createdAt', 'revoked_at as revokedAt'])
    .orderBy('school')
    .orderBy('site')
    .orderBy('created_at')
    .execute();
}
