import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Alert } from '../../collector/alert/alert.ts';
import { UNTOUCHED } from '../../collector/alert/life.ts';
import type { Decision } from '../../collector/engagement/decision.ts';
import { consoleRoutes } from '../../collector/http/console.ts';
import { buildServer } from '../../collector/http/server.ts';
import { AgentRegistry } from '../../collector/state/agents.ts';
import { findAlert, saveAlert } from '../../collector/state/alerts.ts';
import { openState, type StateDb } from '../../collector/state/database.ts';
import { migrateState } from '../../collector/state/migrate.ts';
import { changeMessage, enqueue, type MessageStatus } from '../../collector/state/outbox.ts';
import { createAdminToken } from '../../collector/state/sessions.ts';
import { TokenVerifier } from '../../collector/state/token-verifier.ts';
import { SqliteStore } from '../../collector/storage/sqlite/store.ts';
import type { LatestQuery, LatestSeries, RangeQuery, RangeSeries } from '../../collector/storage/storage.ts';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLogger } from '../../runtime/logger.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';

const DAY = 86_400_000;

/** The embedded store, which a test can make unreadable. */
class PageStore extends SqliteStore {
  broken = false;

  constructor(folder: string, clock: Clock) {
    super({
      file: join(folder, 'metrics.db'),
      retention: [7 * DAY, 90 * DAY, 730 * DAY],
      limits: { seriesPerSchool: 10_000, fieldsPerMeasurement: 200, fieldSetsPerMeasurement: 200 },
      clock,
      log: createLogger('test', 'silent'),
    });
  }

  override async latest(query: LatestQuery): Promise<LatestSeries[]> {
    this.#check();
    return super.latest(query);
  }

  override async range(query: RangeQuery): Promise<RangeSeries[]> {
    this.#check();
    return super.range(query);
  }

  #check(): void {
    if (!this.broken) return;
    throw new BellwetherError('BW_STORAGE_UNAVAILABLE', 'the metrics store cannot be reached', { retryable: true });
  }
}

/** The page on the collector's real server, state database and embedded store; alerts, messages and metrics are put in by the test. */
export class PageServer {
  readonly store: PageStore;
  readonly #folder = mkdtempSync(join(tmpdir(), 'bellwether-page-'));
  readonly schools: { school: string; tz: string }[] = [];
  readonly db: StateDb = openState(':memory:');
  readonly clock: Clock;
  /** The admin token. */
  token = '';
  #app: FastifyInstance | undefined;
  #port = 0;

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
    this.store = new PageStore(this.#folder, clock);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get app(): FastifyInstance {
    return this.#app!;
  }

  async start(): Promise<this> {
    await migrateState(this.db, this.clock);
    await this.store.start();
    this.token = (await createAdminToken(this.db, randomBytes)) ?? '';
    await this.listen();
    return this;
  }

  /** Also used to come back, on the same port, after `goAway`. */
  async listen(): Promise<void> {
    const { db, clock, store } = this;
    const app = buildServer({
      log: createLogger('test', 'silent'),
      clock,
      metrics: new SelfMetrics(),
      db,
      tokens: new TokenVerifier(db, clock),
      agents: new AgentRegistry(db, clock),
      ingest: async ({ samples }) => store.write(samples),
      checks: [],
      version: '0.0.0',
      routes: [consoleRoutes({ db, store, schools: () => this.schools, clock })],
    });
    await app.listen({ host: '127.0.0.1', port: this.#port });
    this.#port = (app.server.address() as AddressInfo).port;
    this.#app = app;
  }

  async goAway(): Promise<void> {
    this.#app?.server.closeAllConnections();
    await this.#app?.close();
    this.#app = undefined;
  }

  async stop(): Promise<void> {
    await this.goAway();
    await this.db.destroy();
    await this.store.stop();
    rmSync(this.#folder, { recursive: true });
  }

  /** An agent of a site, heard now. */
  async agentHeard(school: string, site: string, at = this.clock.now()): Promise<void> {
    const id = `${school}-${site}`;
    await this.db
      .insertInto('token')
      .values({ id, hash: id, school, site, note: '', created_at: at, revoked_at: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = { school, site, token_id: id, first_seen: at, last_seen: at };
    await this.db
      .insertInto('agent')
      .values(row)
      .onConflict((conflict) => conflict.columns(['school', 'site', 'token_id']).doUpdateSet({ last_seen: at }))
      .execute();
  }

  /** Opens an alert and returns its id. */
  async open(alert: Partial<Alert> & { school: string; summary: string }, decision?: Decision): Promise<string> {
    const now = this.clock.now();
    const id = randomUUID();
    await saveAlert(this.db, {
      ...UNTOUCHED,
      id,
      key: id,
      site: 'main',
      rule: 'device-down',
      domain: 'switching',
      severity: 'warning',
      labels: {},
      condition: 'device down above 0 for 1m',
      value: 1,
      pendingAt: (alert.openedAt ?? now) - 60_000,
      openedAt: now,
      resolvedAt: null,
      ...alert,
      state: 'open',
      owner: decision?.owner ?? null,
      why: decision?.why ?? null,
      decision: decision ?? null,
    });
    return id;
  }

  async resolve(id: string): Promise<void> {
    const alert = await findAlert(this.db, id);
    await saveAlert(this.db, { ...alert!, state: 'resolved', resolvedAt: this.clock.now() });
  }

  async told(alertId: string, school: string, contact: string, more: Told = {}): Promise<void> {
    const id = randomUUID();
    const now = this.clock.now();
    await enqueue(this.db, [
      {
        id,
        alertId,
        school,
        kind: 'open',
        round: 0,
        party: more.party ?? 'provider',
        contact,
        channel: 'webhook',
        step: 0,
        repeat: more.repeat ?? 0,
        repeatMs: null,
        transfer: false,
        body: '{}',
        dueAt: more.at ?? now,
        createdAt: now,
      },
    ]);
    const status = more.status ?? 'sent';
    await changeMessage(this.db, id, {
      status,
      attempts: more.attempts ?? 1,
      ...(more.error === undefined ? {} : { lastError: more.error }),
      ...(status === 'sent' ? { sentAt: more.at ?? now } : {}),
    });
  }
}

export interface Told {
  readonly party?: string;
  readonly status?: MessageStatus;
  readonly at?: number;
  readonly attempts?: number;
  readonly error?: string;
  readonly repeat?: number;
}

export function decision(owner: string, why: string, text: string): Decision {
  return { owner, acting: owner, why, held: null, candidates: [why], steps: [], text };
}
