import { randomBytes } from 'node:crypto';
import type { Cluster } from '../../../collector/http/forward.ts';
import type { ServerSettings } from '../../../collector/http/settings.ts';
import { AgentRegistry } from '../../../collector/state/agents.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { createAdminToken } from '../../../collector/state/sessions.ts';
import { TokenVerifier } from '../../../collector/state/token-verifier.ts';
import type { InventoryLine, InventoryReply } from '../../../core/inventory-api.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { packed, Stock } from '../inventory/stock.ts';
import { memoryState } from '../state/state.ts';
import { type TestServer, testServer } from './test-server.ts';

/** A collector that takes and shows inventories; tokens of north/main and south/annex. */
export class InventoryServer {
  readonly clock = new FakeClock();
  db!: StateDb;
  stock!: Stock;
  server!: TestServer;
  #admin = '';

  async start(more: { settings?: Partial<ServerSettings>; cluster?: Cluster; db?: StateDb } = {}): Promise<this> {
    const { clock } = this;
    this.db = more.db ?? (await memoryState(clock));
    this.stock = new Stock(this.db, clock);
    const { db, stock } = this;
    const tokens = new TokenVerifier(db, clock);
    const deps = { tokens, agents: new AgentRegistry(db, clock), clock, log: createLogger('test', 'silent'), ...more };
    this.server = await testServer({ db, clock, routes: stock.routes(db, deps) });
    this.#admin = (await createAdminToken(db, randomBytes)) ?? '';
    return this;
  }

  /** What an agent gets for its push; the token is north's. */
  async push(lines: readonly (InventoryLine | object)[], token = this.server.north): Promise<InventoryReply> {
    const reply = await this.post(packed(lines), { 'content-encoding': 'gzip' }, token);
    if (reply.status !== 200) throw new Error(`${reply.status} ${reply.body}`);
    return JSON.parse(reply.body) as InventoryReply;
  }

  post(body: string | Buffer, headers: Record<string, string> = {}, token: string | null = this.server.north) {
    const type = { 'content-type': 'application/x-ndjson' };
    return this.server.write(body, { url: '/api/v1/inventory', headers: { ...type, ...headers }, token });
  }

  /** As the operator. */
  get(url: string) {
    return this.server.app.inject({ url: `/api/schools/${url}`, headers: { authorization: `Bearer ${this.#admin}` } });
  }

  async json<T>(url: string): Promise<T> {
    const reply = await this.get(url);
    if (reply.statusCode !== 200) throw new Error(`${reply.statusCode} ${reply.body}`);
    return reply.json<T>();
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
