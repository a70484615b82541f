import { inOrder, type Link, type LinkPorts } from '../inventory/links.ts';
import type { StateDb } from './database.ts';

/** The links of a school, by site. */
export async function listLinks(db: StateDb, school: string, site?: string): Promise<Map<string, Link[]>> {
  let query = db.selectFrom('device_link').selectAll().where('school', '=', school);
  if (site !== undefined) query = query.where('site', '=', site);
  const bySite = new Map<string, Link[]>();
  for (const row of await query.execute()) {
    const link = {
      a: row.a,
      b: row.b,
      ports: JSON.parse(row.ports) as LinkPorts[],
      saidBy: JSON.parse(row.said_by) as string[],
      since: Number(row.since),
      seenAt: Number(row.seen_at),
    };
    const links = bySite.get(row.site) ?? [];
    bySite.set(row.site, links);
    links.push(link);
  }
  return new Map([...bySite].map(([of, links]) => [of, inOrder(links)]));
}

const ROWS_AT_ONCE = 500;

/** A site has these links and no others. */
export async function replaceLinks(db: StateDb, school: string, site: string, links: readonly Link[]): Promise<void> {
  await db.deleteFrom('device_link').where('school', '=', school).where('site', '=', site).execute();
  for (let i = 0; i < links.length; i += ROWS_AT_ONCE)
    await db
      .insertInto('device_link')
      .values(
        links.slice(i, i + ROWS_AT_ONCE).map(({ ports, saidBy, seenAt, ...link }) => ({
          school,
          site,
          ...link,
          ports: JSON.stringify(ports),
          said_by: JSON.stringify(saidBy),
          seen_at: seenAt,
        })),
      )
      .execute();
}
