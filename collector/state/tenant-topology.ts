import type { TenantId } from '../access/access.ts';
import type { Link, ReadDevice } from '../inventory/links.ts';
import type { StateDb } from './database.ts';
import { listLinks } from './device-links.ts';
import { linksOfSite } from './inventory.ts';
import { stockedSites } from './inventory-sites.ts';

export interface StoredSite {
  readonly site: string;
  readonly devices: readonly ReadDevice[];
  readonly links: readonly Link[];
}

/** What the devices of a school say of their neighbours, and the links that were made of it. */
export async function tenantTopology(db: StateDb, tenant: TenantId): Promise<StoredSite[]> {
  const links = await listLinks(db, tenant);
  const sites: StoredSite[] = [];
  for (const site of await stockedSites(db, tenant))
    sites.push({ site, devices: await linksOfSite(db, tenant, site), links: links.get(site) ?? [] });
  return sites;
}
