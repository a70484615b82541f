import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { schoolFacts } from '../../collector/access/school-facts.ts';
import type { Alert } from '../../collector/alert/alert.ts';
import type { Decision } from '../../collector/engagement/decision.ts';
import type { School } from '../../collector/engagement/school.ts';
import { parseSchool } from '../../collector/engagement/school-file.ts';
import { allRoutes } from '../../collector/http/all-routes.ts';
import { buildServer } from '../../collector/http/server.ts';
import { AgentRegistry } from '../../collector/state/agents.ts';
import { findAlert, record } from '../../collector/state/alerts.ts';
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
import { holdReplies } from '../support/hold-replies.ts';
import { PageDesk } from './page-desk.ts';

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

const SCHOOL_FILE = {
  tz: 'America/New_York',
  parties: {
    internal: { contacts: ['kim'], coverage: 'always' },
    provider: { contacts: ['noc'], coverage: 'always' },
  },
  safety_net: ['principal'],
  base: { owner: 'internal' },
};

/** The page on the collector's real server, state database and embedded store; alerts, messages and metrics are put in by the test. */
export class PageServer {
  readonly store: PageStore;
  readonly folder = mkdtempSync(join(tmpdir(), 'bellwether-page-'));
  /** What the page lists; only those that came by `configure` have agreements. */
  readonly schools: (Pick<School, 'school' | 'tz'> & Partial<Pick<School, 'parties'>>)[] = [];
  readonly #configured: School[] = [];
  readonly db: StateDb = openState(':memory:');
  readonly desk: PageDesk;
  readonly clock: Clock;
  /** The admin token. */
  token = '';
  requestsPerMinute = 10_000;
  #app: FastifyInstance | undefined;
  #port = 0;

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
    this.desk = new PageDesk(this.db, clock);
    this.store = new PageStore(this.folder, clock);
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
    const { db, clock, store, desk } = this;
    const facts = (school: string) => schoolFacts(desk.book, school);
    const tokens = new TokenVerifier(db, clock);
    const schools = () => this.schools.map((school) => ({ parties: new Map(), ...school }));
    const app = buildServer({
      log: createLogger('test', 'silent'),
      clock,
      metrics: new SelfMetrics(),
      db,
      facts,
      tokens,
      agents: new AgentRegistry(db, clock),
      ingest: async ({ samples }) => store.write(samples),
      checks: [],
      version: '0.0.0',
      routes: allRoutes({
        ...desk.routeDeps,
        calendars: { ...desk.routeDeps.calendars, facts },
        console: { db, store, schools, clock, facts },
        accounts: { db, clock, agentTokens: tokens },
      }),
      settings: { requestsPerMinute: this.requestsPerMinute },
    });
    holdReplies(app);
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
    rmSync(this.folder, { recursive: true });
  }

  /** A school with its agreements, by what its file says; of a list under `engagements` the file is the source, as when it was loaded. */
  async configure(school: string, more: Readonly<Record<string, unknown>> = {}): Promise<School> {
    const raw = { ...SCHOOL_FILE, school, engagements: [], ...more };
    const engagements = raw.engagements as readonly unknown[];
    const read = parseSchool(JSON.stringify(raw), join(this.folder, `${school}.yaml`));
    const made = { ...read, source: { file: join(this.folder, `${school}.yaml`), engagements } };
    this.schools.push(made);
    this.#configured.push(made);
    await this.desk.use(this.#configured);
    return made;
  }

  /** A request as somebody with the admin token makes it. */
  ask(method: 'GET' | 'POST', url: string, payload?: object) {
    const headers = { authorization: `Bearer ${this.token}` };
    return this.app.inject({ method, url, headers, ...(payload && { payload }) });
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
    const full: Alert = {
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
    };
    const detail = { reason: '1 above 0 for 1m', alert: full, decision: decision ?? null };
    await record(this.db, undefined, { type: 'opened', at: full.openedAt ?? now, decidedAt: now, detail });
    return id;
  }

  async resolve(id: string): Promise<void> {
    const alert = await findAlert(this.db, id);
    const now = this.clock.now();
    await record(this.db, alert!, { type: 'resolved', at: now, decidedAt: now, detail: { reason: '0', value: 0 } });
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
