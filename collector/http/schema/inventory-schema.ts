import { z } from 'zod';
import { DOMAINS } from '../../../core/domain.ts';
import type { EventList, InventoryDetail, InventoryList, TopologyView } from '../../../core/inventory-api.ts';
import { slug } from '../../../runtime/config-schema.ts';
import { SEVERITIES } from '../../engagement/decision.ts';
import { inventoryDocument } from './inventory-line-schema.ts';
import { nullable, time } from './schema-parts.ts';

const text = nullable(z.string());
const severity = z.enum(SEVERITIES as ['info', 'warning', 'critical']);

const row = z
  .strictObject({
    site: z.string(),
    device: z.string(),
    role: text,
    vendor: text,
    model: text,
    serial: text,
    firmware: text,
    sysName: text,
    location: text,
    host: text,
    firstSeen: time,
    changedAt: time,
    lastSeen: time,
    gone: z.boolean(),
  })
  .meta({ id: 'InventoryRow' });

export const inventoryListReply = z.strictObject({
  school: z.string(),
  devices: z.array(row),
  next: nullable(z.string()),
}) satisfies z.ZodType<InventoryList>;

const event = z
  .strictObject({
    seq: z.number(),
    site: z.string(),
    device: text,
    ifName: text,
    at: time,
    type: z.string(),
    severity,
    domain: z.string(),
    message: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });

export const inventoryDetailReply = z.strictObject({
  school: z.string(),
  row,
  document: inventoryDocument,
  changes: z.array(event),
}) satisfies z.ZodType<InventoryDetail>;

export const eventListReply = z.strictObject({
  school: z.string(),
  events: z.array(event),
  next: nullable(z.number()),
}) satisfies z.ZodType<EventList>;

const port = text;

export const topologyReply = z.strictObject({
  school: z.string(),
  sites: z.array(
    z.strictObject({
      site: z.string(),
      roots: z.array(z.string()),
      rootsBy: nullable(z.enum(['configured', 'role'])),
      nodes: z.array(
        z.strictObject({
          device: z.string(),
          role: text,
          parents: z.array(z.string()),
          by: nullable(z.enum(['configured', 'discovered'])),
          reason: z.string(),
        }),
      ),
      edges: z.array(
        z.strictObject({
          a: z.string(),
          b: z.string(),
          ports: z.array(z.strictObject({ a: port, b: port })),
          saidBy: z.array(z.string()),
          current: z.boolean(),
          seenAt: time,
        }),
      ),
      unmatched: z.array(
        z.strictObject({
          device: z.string(),
          port,
          protocol: z.enum(['lldp', 'cdp']),
          name: text,
          chassisId: text,
          address: text,
          platform: text,
          reason: z.string(),
        }),
      ),
    }),
  ),
}) satisfies z.ZodType<TopologyView>;

const limit = (most: number) => z.coerce.number().int().min(1).max(most);
const when = z.coerce.number().int().min(0).describe('ms since the epoch');

export const INVENTORY_QUERY = 'site: a site; after: what `next` said; limit from 1 to 1000';
export const inventoryQuery = z.strictObject({
  site: slug.optional(),
  after: z.string().max(200).optional().describe('what `next` of the page before said'),
  limit: limit(1_000).default(500),
});

export const CSV_QUERY = 'site: a site; parts: true or false';
export const csvQuery = z.strictObject({
  site: slug.optional(),
  parts: z.enum(['true', 'false']).default('false').describe('true: a line for each module, stack member, optic ...'),
});

export const EVENT_QUERY =
  'site, device, type, domain, severity (info, warning, critical), since and until (ms), before (what `next` said), limit from 1 to 1000';
export const eventQuery = z.strictObject({
  site: slug.optional(),
  device: slug.optional(),
  type: z.string().max(100).optional(),
  domain: z.enum(DOMAINS as [string, ...string[]]).optional(),
  severity: severity.optional(),
  since: when.optional(),
  until: when.optional(),
  before: z.coerce.number().int().min(0).optional().describe('what `next` of the page before said'),
  limit: limit(1_000).default(100),
});
