import type { StateDb } from './database.ts';

/** Since when the devices of a site are taken stock of. */
export interface StockedSite {
  readonly firstAt: number;
  /** Heard since then without a longer gap than `STOCK_GAP_MS`. */
  readonly since: number;
}

const STOCK_GAP_MS = 86_400_000;

/** Takes note that an agent of the site has told of devices. */
export async function stockSite(db: StateDb, school: string, site: string, now: number): Promise<StockedSite> {
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
  return { firstAt: row.first_at, since: row.since };
}

/** Sites of a school that are taken stock of. */
export async function stockedSites(
  db: StateDb,
  school: string,
): Promise<(StockedSite & { readonly site: string; readonly seenAt: number })[]> {
  const rows = await db.selectFrom('inventory_site').selectAll().where('school', '=', school).orderBy('site').execute();
  return rows.map((row) => ({
    site: row.site,
    firstAt: Number(row.first_at),
    since: Number(row.since),
    seenAt: Number(row.seen_at),
  }));
}
