import type { StateDb } from './database.ts';

/** A site of which nothing came for longer was not heard. Agents may read everything once a week only. */
const STOCK_GAP_MS = 8 * 86_400_000;

/** Takes note that an agent of the site has told of devices. Returns when one did for the first time. */
export async function stockSite(db: StateDb, school: string, site: string, now: number): Promise<number> {
  const before = await db
    .selectFrom('inventory_site')
    .select(['first_at', 'since', 'seen_at'])
    .where('school', '=', school)
    .where('site', '=', site)
    .executeTakeFirst();
  const gap = !before || now - Number(before.seen_at) > STOCK_GAP_MS;
  const row = { first_at: Number(before?.first_at ?? now), since: gap ? now : Number(before.since), seen_at: now };
  await db
    .insertInto('inventory_site')
    .values({ school, site, ...row })
    .onConflict((conflict) => conflict.columns(['school', 'site']).doUpdateSet(row))
    .execute();
  return row.first_at;
}

/** Sites of a school that are taken stock of. */
export async function stockedSites(db: StateDb, school: string): Promise<string[]> {
  const rows = await db
    .selectFrom('inventory_site')
    .select('site')
    .where('school', '=', school)
    .orderBy('site')
    .execute();
  return rows.map(({ site }) => site);
}

/** Those that were heard all the time from `from` on, up to now. */
export async function heardSites(db: StateDb, school: string, from: number, now: number): Promise<string[]> {
  const rows = await db
    .selectFrom('inventory_site')
    .select('site')
    .where('school', '=', school)
    .where('since', '<=', from)
    .where('seen_at', '>=', now - STOCK_GAP_MS)
    .execute();
  return rows.map(({ site }) => site);
}
