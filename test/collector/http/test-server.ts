import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Cluster } from '../../../collector/http/forward.ts';
import type { HealthCheck } from '../../../collector/http/health.ts';
import type { Batch, Ingest } from '../../../collector/http/ingest.ts';
import { buildServer } from '../../../collector/http/server.ts';
import type { ServerSettings } from '../../../collector/http/settings.ts';
import { AgentRegistry } from '../../../collector/state/agents.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { TokenVerifier } from '../../../collector/state/token-verifier.ts';
import type { Clock } from '../../../core/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { holdReplies } from '../../support/hold-replies.ts';
import { memoryState, tokenFor } from '../state/state.ts';

export interface TestServer {
  readonly app: FastifyInstance;
  readonly db: StateDb;
  readonly agents: AgentRegistry;
  readonly clock: FakeClock;
  /** Tokens of two schools. */
  readonly north: string;
  readonly south: string;
  /** What reached the store. */
  readonly batches: Batch[];
  /** Everything logged, as JSON lines. */
  readonly logged: string[];
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** A POST to `/api/v2/write` unless told otherwise, with north's token. */
  write(
    body: string | Buffer,
    options?: { url?: string; headers?: Record<string, string>; token?: string | null },
  ): Promise<Reply>;
  close(): Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface TestServerOptions {
  readonly ingest?: Ingest;
  readonly settings?: Partial<ServerSettings>;
  readonly checks?: readonly HealthCheck[];
  readonly routes?: readonly FastifyPluginAsync[];
  /** A clock that moves, for tests with real clients. */
  readonly clock?: Clock;
  /** A database that holds something already; default: one in memory. It is closed with the server. */
  readonly db?: StateDb;
  /** Default: it answers for every school. */
  readonly cluster?: Cluster;
}

/** A collector's HTTP server over a database in memory and a store that keeps what it gets. */
export async function testServer(options: TestServerOptions = {}): Promise<TestServer> {
  const fake = new FakeClock();
  const clock = options.clock ?? fake;
  const logged: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk));
      done();
    },
  });
  const db = options.db ?? (await memoryState(clock));
  const agents = new AgentRegistry(db, clock);
  const metrics = new SelfMetrics();
  const batches: Batch[] = [];
  const keep: Ingest = async (batch) => {
    batches.push(batch);
    return { written: batch.samples.length, rejected: [] };
  };
  const { token: north } = await tokenFor(db, clock, 'north');
  const { token: south } = await tokenFor(db, clock, 'south', 'annex');
  const app = buildServer({
    log: createLogger('test', 'info', sink),
    clock,
    metrics,
    db,
    tokens: new TokenVerifier(db, clock),
    agents,
    ingest: options.ingest ?? keep,
    ...(options.cluster && { cluster: options.cluster }),
    checks: options.checks ?? [],
    version: '9.9.9',
    settings: options.settings ?? {},
    routes: options.routes ?? [],
  });
  holdReplies(app);
  return {
    app,
    db,
    agents,
    clock: fake,
    north,
    south,
    batches,
    logged,
    metric: async (name, labels = {}) => {
      const wanted = Object.entries(labels).map(([k, v]) => `${k}="${v}"`);
      return (await metrics.text())
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .filter((line) => wanted.every((w) => line.includes(w)))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
    write: async (body, { url = '/api/v2/write', headers = {}, token = north } = {}) => {
      const reply = await app.inject({
        method: 'POST',
        url,
        headers: { ...(token === null ? {} : { authorization: `Token ${token}` }), ...headers },
        payload: body,
      });
      return { status: reply.statusCode, headers: reply.headers, body: reply.body };
    },
    close: async () => {
      await app.close();
      await db.destroy();
    },
  };
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(app: FastifyInstance): Promise<{ host: string; port: number; url: string }> {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { host: '127.0.0.1', port: Number(new URL(url).port), url };
}

/** A raw connection: what a test writes is what goes over the wire; `received` collects the answer. */
export async function rawConnection(
  port: number,
): Promise<{ socket: Socket; received(): string; closed: Promise<unknown> }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return { socket, received: () => text, closed };
}
