import type { TenantId } from '../access/access.ts';
import type { Mute, MuteKind } from '../alert/mute.ts';
import { appendAudit } from './audit.ts';
import type { StateDb } from './database.ts';
import { addMute, countCurrentMutes, endMute, listMutes } from './mutes.ts';
import { inSchool } from './school-transaction.ts';

/** Maintenance windows and silences as people ask for them; each change stands in the school's audit log. */

export function tenantMutes(db: StateDb, tenant: TenantId, kind: MuteKind, limit: number): Promise<Mute[]> {
  return listMutes(db, tenant, kind, limit);
}

export function countTenantMutes(db: StateDb, tenant: TenantId, now: number): Promise<number> {
  return countCurrentMutes(db, tenant, now);
}

export async function beginMute(db: StateDb, tenant: TenantId, mute: Omit<Mute, 'school'>): Promise<void> {
  await inSchool(db, tenant, async (tx) => {
    await addMute(tx, { ...mute, school: tenant });
    const { id, kind, matchers, startsAt, endsAt, party, author: by, createdAt } = mute;
    const detail = { id, party, by, matchers, startsAt, endsAt };
    await appendAudit(tx, { school: tenant, action: `${kind}.begun`, detail, at: createdAt });
  });
}

/** False: there is no such one, or it is over. */
export function finishMute(
  db: StateDb,
  tenant: TenantId,
  { kind, id }: Pick<Mute, 'kind' | 'id'>,
  { party, by }: { readonly party: string; readonly by: string },
  now: number,
): Promise<boolean> {
  return inSchool(db, tenant, async (tx) => {
    if (!(await endMute(tx, { school: tenant, kind, id }, by, now))) return false;
    await appendAudit(tx, { school: tenant, action: `${kind}.ended`, detail: { id, party, by }, at: now });
    return true;
  });
}
