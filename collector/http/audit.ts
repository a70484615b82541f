import { Readable } from 'node:stream';
import type { FastifyPluginAsync } from 'fastify';
import type { AuditPageView } from '../../core/access-api.ts';
import { type AuditRow, type Head, INSTALLATION } from '../audit/chain.ts';
import { type AuditPage, auditHead, installationAudit, installationHead, listAudit } from '../state/audit.ts';
import type { StateDb } from '../state/database.ts';
import { accessOf } from './access-guard.ts';
import { api } from './api-route.ts';
import { auditQuery, auditReply } from './schema/access-schema.ts';

const EXPORT_PAGE = 500;
/** The head that the export goes up to, `<seq>:<hash>`: keep it beside the file. */
export const HEAD_HEADER = 'bellwether-audit-head';

const PAGE = api({
  access: 'audit.read',
  summary: 'The audit log of a school',
  query: auditQuery,
  replies: { 200: auditReply },
});
const EXPORT = api({
  access: 'audit.read',
  summary: 'The whole audit log of a school, a row a line, as `collector audit verify` reads it',
  replies: { 200: 'application/jsonl' },
});
const OWN = api({
  access: 'accounts.manage',
  summary: 'The audit log of the installation: accounts, tokens, logins',
  query: auditQuery,
  replies: { 200: auditReply },
});

type OfSchool = { Params: { school: string } };

/** A school's audit log, to be read without asking the provider: `GET /api/schools/:school/audit`, `.../audit.jsonl`; and the installation's: `GET /api/audit`. */
export function auditRoutes({ db }: { readonly db: StateDb }): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'private, no-store'));

    app.get<OfSchool>('/api/schools/:school/audit', PAGE, async (request, reply) => {
      const { tenant } = accessOf(request);
      const query = auditQuery.safeParse(request.query);
      if (!query.success) return reply.code(400).send({ error: 'expected after >= 0 and limit from 1 to 1000' });
      const head = await auditHead(db, tenant);
      return pageOf(tenant, head, await listAudit(db, tenant, query.data), query.data);
    });

    app.get<OfSchool>('/api/schools/:school/audit.jsonl', EXPORT, async (request, reply) => {
      const { tenant } = accessOf(request);
      const head = await auditHead(db, tenant);
      const rows = exportedRows(head, (page) => listAudit(db, tenant, page));
      return reply
        .header(HEAD_HEADER, `${head.seq}:${head.hash}`)
        .header('content-disposition', 'attachment; filename="audit.jsonl"')
        .type('application/jsonl; charset=utf-8')
        .send(Readable.from(rows));
    });

    app.get('/api/audit', OWN, async (request, reply) => {
      const query = auditQuery.safeParse(request.query);
      if (!query.success) return reply.code(400).send({ error: 'expected after >= 0 and limit from 1 to 1000' });
      const head = await installationHead(db);
      return pageOf(INSTALLATION, head, await installationAudit(db, query.data), query.data);
    });
  };
}

function pageOf(school: string, head: Head, rows: readonly AuditRow[], { limit }: AuditPage): AuditPageView {
  const last = rows.at(-1);
  return { school, head, rows, next: last && rows.length === limit && last.seq < head.seq ? last.seq : null };
}

/** Up to the head that was read first: what is added meanwhile is for the next export. */
async function* exportedRows(head: Head, read: (page: AuditPage) => Promise<AuditRow[]>): AsyncGenerator<string> {
  for (let after = 0; after < head.seq; ) {
    const rows = await read({ after, limit: Math.min(EXPORT_PAGE, head.seq - after) });
    if (rows.length === 0) return;
    yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    after = rows.at(-1)!.seq;
  }
}
