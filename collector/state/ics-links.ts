import type { Clock } from '../../core/clock.ts';
import type { TenantId } from '../access/access.ts';
import { appendAudit } from './audit.ts';
import type { StateDb } from './database.ts';
import { inSchool } from './school-transaction.ts';
import { hashSecret, newSecret, type RandomBytes } from './secret.ts';

/** A link under which a school's responsibility is published, without its token, which nobody has. */
export interface IcsLink {
  readonly id: string;
  readonly school: string;
  /** Null: every party. */
  readonly party: string | null;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

const TOKEN_PREFIX = 'bwc_';
const ID_BYTES = 6;

/** `token` is shown once and cannot be had again: only its SHA-256 is kept. */
export async function createIcsLink(
  db: StateDb,
  { school, party }: { readonly school: TenantId; readonly party: string | null },
  clock: Clock,
  randomBytes: RandomBytes,
): Promise<{ id: string; token: string }> {
  const id = randomBytes(ID_BYTES).toString('hex');
  const token = newSecret(randomBytes, TOKEN_PREFIX);
  const now = clock.now();
  await inSchool(db, school, async (tx) => {
    await tx
      .insertInto('ics_link')
      .values({ id, hash: hashSecret(token), school, party, created_at: now, revoked_at: null })
      .execute();
    await appendAudit(tx, { school, action: 'link.created', detail: { id, party }, at: now });
  });
  return { id, token };
}

/** What a token that is still good stands for. Looked up by its hash, so that the time taken says nothing of the token. */
export async function findIcsLink(
  db: StateDb,
  token: string,
): Promise<{ school: string; party: string | null } | undefined> {
  if (!token.startsWith(TOKEN_PREFIX)) return undefined;
  return db
    .selectFrom('ics_link')
    .select(['school', 'party'])
    .where('hash', '=', hashSecret(token))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
}

/** Of one school, revoked ones too, by age. */
export function listIcsLinks(db: StateDb, school: TenantId): Promise<IcsLink[]> {
  return db
    .selectFrom('ics_link')
    .select(['id', 'school', 'party', 'created_at as createdAt', 'revoked_at as revokedAt'])
    .where('school', '=', school)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** False when the school has none of that id that is still good. */
export function revokeIcsLink(db: StateDb, school: TenantId, id: string, clock: Clock): Promise<boolean> {
  const now = clock.now();
  return inSchool(db, school, async (tx) => {
    const result = await tx
      .updateTable('ics_link')
      .set({ revoked_at: now })
      .where('id', '=', id)
      .where('school', '=', school)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) return false;
    await appendAudit(tx, { school, action: 'link.revoked', detail: { id }, at: now });
    return true;
  });
}
