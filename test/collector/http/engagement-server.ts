import { randomBytes } from 'node:crypto';
import { lintSchool } from '../../../collector/engagement/lint/lint.ts';
import { type EngagementDeps, engagementRoutes } from '../../../collector/http/engagements.ts';
import { EngagementBook } from '../../../collector/state/engagement-book.ts';
import { createAdminToken } from '../../../collector/state/sessions.ts';
import type { EngagementList, EngagementView } from '../../../core/engagement-api.ts';
import { type Body, infra, schoolWithFile } from '../engagement/agreement/partnership.ts';
import { type TestServer, testServer } from './test-server.ts';

export const BASE = '/api/schools/hilltop/engagements';

export const wing = {
  id: 'wing',
  kind: 'adhoc',
  from: '2026-10-06',
  until: '2026-10-20',
  grants: [{ owner: 'provider', scope: { zone: 'wing-b/*' } }],
};
export const kim = { party: 'internal', by: 'Kim Lee' };
export const lee = { party: 'provider', by: 'Lee Park' };

/** The API of one school, whose file has `infra`, over a database in memory; somebody is logged in. */
export class EngagementServer {
  server!: TestServer;
  book!: EngagementBook;
  cookie = '';
  /** Schools that were to be planned anew. */
  readonly changes: string[] = [];
  lint: EngagementDeps['lint'] = (school) => lintSchool(school, this.server.clock.now());

  async start(): Promise<this> {
    const book = (): EngagementBook => this.book;
    const routes = engagementRoutes({
      // Made with the server's database, before the first request.
      get book() {
        return book();
      },
      lint: (school) => this.lint(school),
      onChange: (school) => void this.changes.push(school),
    });
    this.server = await testServer({ routes: [routes] });
    const { db, clock, app } = this.server;
    this.book = new EngagementBook({ db, clock });
    await this.book.start([schoolWithFile([infra])]);
    const token = await createAdminToken(db, randomBytes);
    const reply = await app.inject({ method: 'POST', url: '/login', payload: { token } });
    this.cookie = String(reply.headers['set-cookie']).split(';')[0]!;
    return this;
  }

  /** The status of a request as such, logged in or not. */
  async status(method: 'GET' | 'POST' | 'PUT', url: string, headers: Record<string, string> = {}): Promise<number> {
    return (await this.server.app.inject({ method, url, headers, ...(method !== 'GET' && { payload: {} }) }))
      .statusCode;
  }

  async send(method: 'POST' | 'PUT', path: string, payload: Body) {
    const { cookie } = this;
    const reply = await this.server.app.inject({ method, url: `${BASE}${path}`, headers: { cookie }, payload });
    return { status: reply.statusCode, body: reply.json<EngagementView & { error?: string; problems?: Body[] }>() };
  }

  propose(engagement: Body, more: Body = {}) {
    return this.send('POST', '', { ...kim, engagement, ...more });
  }

  step(name: string, more: Body = {}) {
    return this.send('POST', `/wing/${name}`, { ...kim, ...more });
  }

  async list(): Promise<EngagementList> {
    return (await this.server.app.inject({ url: BASE, headers: { cookie: this.cookie } })).json<EngagementList>();
  }
}
