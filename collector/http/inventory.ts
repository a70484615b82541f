import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify';
import type { InventoryDetail, InventoryRow } from '../../core/inventory-api.ts';
import type { TenantId } from '../access/access.ts';
import { topologyView } from '../inventory/topology-view.ts';
import type { Router } from '../notify/router.ts';
import { deviceLine, INVENTORY_CSV_HEADER, partLines } from '../report/inventory-csv.ts';
import type { StateDb } from '../state/database.ts';
import { type EventFilter, listEvents } from '../state/events.ts';
import { type DeviceRecord, inventoryOf, listDocuments, listInventory } from '../state/inventory.ts';
import { tenantTopology } from '../state/tenant-topology.ts';
import { accessOf } from './access-guard.ts';
import { api } from './api-route.ts';
import {
  CSV_QUERY,
  csvQuery,
  EVENT_QUERY,
  eventListReply,
  eventQuery,
  INVENTORY_QUERY,
  inventoryDetailReply,
  inventoryListReply,
  inventoryQuery,
  topologyReply,
} from './schema/inventory-schema.ts';

export interface InventoryRouteDeps {
  readonly db: StateDb;
  readonly router: Pick<Router, 'school'>;
}

const EXPORT_PAGE = 200;
const CHANGES_SHOWN = 50;

const LIST = api({
  access: 'read',
  summary: 'Devices with model, serial number and firmware',
  query: inventoryQuery,
  replies: { 200: inventoryListReply },
});
const EXPORT = api({
  access: 'read',
  summary: 'The same as CSV (RFC 4180), on request with modules, stack members and optics',
  query: csvQuery,
  replies: { 200: 'text/csv' },
});
const DETAIL = api({
  access: 'read',
  summary: 'What a device is and is made of, and what has changed',
  replies: { 200: inventoryDetailReply },
});
const EVENTS = api({
  access: 'read',
  summary: 'What happened: changes of the inventory, traps',
  query: eventQuery,
  replies: { 200: eventListReply },
});
const TOPOLOGY = api({
  access: 'read',
  summary: 'What hangs on what, by the school and by what devices say of their neighbours',
  replies: { 200: topologyReply },
});

type OfDevice = { Params: { school: string; site: string; device: string } };

/** What a school has and what happened to it (core/inventory-api.ts): `GET /api/schools/:school/inventory`, `.../inventory.csv`, `.../inventory/:site/:device`, `.../events`, `.../topology`. */
export function inventoryRoutes(deps: InventoryRouteDeps): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'private, no-store'));
    registerInventory(app, deps);
    registerEvents(app, deps);
  };
}

function registerInventory(app: FastifyInstance, { db }: InventoryRouteDeps): void {
  app.get('/api/schools/:school/inventory', LIST, async (request, reply) => {
    const { tenant } = accessOf(request);
    const query = inventoryQuery.safeParse(request.query);
    const after = query.data?.after === undefined ? undefined : readCursor(query.data.after);
    if (!query.success || after === null) return expected(reply, INVENTORY_QUERY);
    const { site, limit } = query.data;
    const found = await listInventory(db, tenant, { site, after, limit: limit + 1 });
    const shown = found.slice(0, limit);
    const last = found.length > limit ? shown.at(-1) : undefined;
    return { school: tenant, devices: shown.map(rowOf), next: last ? `${last.site}/${last.device}` : null };
  });

  app.get('/api/schools/:school/inventory.csv', EXPORT, async (request, reply) => {
    const { tenant } = accessOf(request);
    const query = csvQuery.safeParse(request.query);
    if (!query.success) return expected(reply, CSV_QUERY);
    return reply
      .header('content-disposition', `attachment; filename="inventory-${tenant}.csv"`)
      .type('text/csv; charset=utf-8')
      .send(Readable.from(csvOf(db, tenant, query.data.site, query.data.parts === 'true')));
  });

  app.get<OfDevice>('/api/schools/:school/inventory/:site/:device', DETAIL, async (request, reply) => {
    const { tenant } = accessOf(request);
    const { site, device } = request.params;
    const found = await inventoryOf(db, tenant, site, device);
    if (!found) return reply.code(404).send({ error: 'no such device' });
    const changes = await listEvents(db, tenant, { site, device, limit: CHANGES_SHOWN });
    return { school: tenant, row: rowOf(found.record), document: found.document, changes } satisfies InventoryDetail;
  });
}

function registerEvents(app: FastifyInstance, { db, router }: InventoryRouteDeps): void {
  app.get('/api/schools/:school/events', EVENTS, async (request, reply) => {
    const { tenant } = accessOf(request);
    const query = eventQuery.safeParse(request.query);
    if (!query.success) return expected(reply, EVENT_QUERY);
    const filter: EventFilter = query.data;
    const events = await listEvents(db, tenant, { ...filter, limit: filter.limit + 1 });
    const shown = events.slice(0, filter.limit);
    return { school: tenant, events: shown, next: events.length > filter.limit ? shown.at(-1)!.seq : null };
  });

  app.get('/api/schools/:school/topology', TOPOLOGY, async (request) => {
    const { tenant } = accessOf(request);
    return topologyView(tenant, await tenantTopology(db, tenant), router.school(tenant)?.topology);
  });
}

/** Sites and devices are slugs: they hold no slash. Null: it is none. */
function readCursor(text: string): { readonly site: string; readonly device: string } | null {
  const [site, device, more] = text.split('/');
  return site && device && more === undefined ? { site, device } : null;
}

function rowOf({ site, device, summary, firstSeen, changedAt, seenAt, goneAt }: DeviceRecord): InventoryRow {
  return { site, device, ...summary, firstSeen, changedAt, lastSeen: seenAt, gone: goneAt !== null };
}

/** A page at a time: whoever reads slowly holds nothing up. */
async function* csvOf(
  db: StateDb,
  tenant: TenantId,
  site: string | undefined,
  withParts: boolean,
): AsyncGenerator<string> {
  yield INVENTORY_CSV_HEADER;
  for (let after: { site: string; device: string } | undefined; ; ) {
    const page = { site, after, limit: EXPORT_PAGE };
    const found = withParts
      ? await listDocuments(db, tenant, page)
      : (await listInventory(db, tenant, page)).map((record) => ({ record, document: undefined }));
    for (const { record, document } of found) {
      const row = rowOf(record);
      yield [deviceLine(row), ...(document ? partLines(row, document) : [])].join('');
    }
    if (found.length < EXPORT_PAGE) return;
    after = found.at(-1)!.record;
  }
}

function expected(reply: FastifyReply, what: string): FastifyReply {
  return reply.code(400).send({ error: `expected ${what}` });
}
