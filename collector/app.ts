import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import { systemClock } from '../runtime/clock.ts';
import { giveBackMemory } from '../runtime/give-back.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import { schedule } from '../runtime/schedule.ts';
import { SelfMetrics } from '../runtime/self-metrics.ts';
import { runService } from '../runtime/service.ts';
import { VERSION } from '../runtime/version.ts';
import { schoolFacts } from './access/school-facts.ts';
import { type Ground, makeParts, type Parts } from './app-parts.ts';
import { type CollectorConfig, loadCollectorConfig } from './config.ts';
import { CHANNEL_TYPES } from './engagement/channel-schema.ts';
import { responsibilitySpans } from './engagement/coverage/responsibility-spans.ts';
import { lintSchool } from './engagement/lint/lint.ts';
import { formatWarning } from './engagement/lint/lint-problems.ts';
import { allRoutes } from './http/all-routes.ts';
import { buildServer } from './http/server.ts';
import { allChannels } from './notify/channels/all-channels.ts';
import { PeerClient } from './outbound/peer.ts';
import { reload } from './reload.ts';
import { purgeAlertLinks } from './state/alert-links.ts';
import { auditHeads } from './state/audit.ts';
import { stateLocation, stateWarning } from './state/config.ts';
import { openState, type StateDb } from './state/database.ts';
import { purgeEvents } from './state/events.ts';
import { purgeInventory } from './state/inventory.ts';
import { migrateState } from './state/migrate.ts';
import { purgeFinished } from './state/outbox.ts';
import { purgeRounds } from './state/safety-net.ts';
import { createAdminToken } from './state/sessions.ts';
import { TokenVerifier } from './state/token-verifier.ts';
import { createStore, type StoreParts } from './storage/config.ts';
import type { MetricStore } from './storage/storage.ts';

/** How long messages that were sent or given up are kept for "who was told". */
const OUTBOX_KEPT_MS = 90 * 86_400_000;
/** After they have run out: until then their page says so, instead of "not good". */
const LINKS_KEPT_MS = 30 * 86_400_000;
/** Tests of the safety net, for the record. */
const TESTS_KEPT_MS = 400 * 86_400_000;
/** What happened to devices, and those that are gone; of events so many of each school at most. */
const EVENTS_KEPT_MS = 400 * 86_400_000;
const EVENTS_KEPT = 200_000;
const DAILY = '17 3 * * *';

/** What the collector has of the world: the real one, or one that a long simulation plays at speed. */
export interface World extends Pick<Ground, 'channels'> {
  readonly clock: Clock;
  readonly store: (config: CollectorConfig['storage'], parts: StoreParts) => MetricStore;
}

const REAL: World = { clock: systemClock, store: createStore, channels: allChannels };

/** What a started collector is handled by. */
export interface Running extends Pick<Parts, 'intake' | 'agents' | 'actions'> {
  readonly db: StateDb;
  readonly reload: () => Promise<void>;
}

/** Runs the collector until it is told to stop. Returns the exit code. @throws ConfigError, or BW_STATE / BW_STORAGE_UNAVAILABLE at start. */
export async function runCollector(file: string): Promise<number> {
  const config = loadCollectorConfig(file);
  const log = createLogger('collector', config.log_level);
  const lifecycle = new Lifecycle(log, systemClock);
  return runService(lifecycle, async () => (await startCollector(file, config, lifecycle, log)).reload);
}

/** Starts in the order of the flow, so that stopping (in reverse) ends the intake first and the databases last. */
export async function startCollector(
  file: string,
  config: CollectorConfig,
  lifecycle: Lifecycle,
  log: Logger,
  world: World = REAL,
): Promise<Running> {
  const { clock, channels } = world;
  const metrics = new SelfMetrics().withProcessMetrics();
  const current = { config };
  const { db, leaseDb } = await openDatabase(config, lifecycle, clock);
  const store = world.store(config.storage, {
    dataDir: config.dataDir,
    clock,
    log,
    seriesPerSchool: config.limits.series_per_school,
  });
  await store.start();
  lifecycle.onStop('metrics store', () => store.stop());

  const ground = { config, current, db, leaseDb, store, channels, clock, log, metrics };
  const parts = makeParts(ground);
  const { intake, desk, keeper, agents, actions } = parts;
  await desk.start(config.schools);
  // Given up last, once nothing writes any more.
  lifecycle.onStop('leases', () => keeper.stop());
  await keeper.start();
  runLoops(parts, ground, lifecycle);
  scheduleJobs(ground, lifecycle);

  const server = serverOf(parts, ground, lifecycle);
  const url = await listenOn(server, config.listen, lifecycle);
  // Once it listens: a start that fails (the port is taken) must not use up the one time it is shown.
  await announceAdminToken(db);
  if (config.listen.cert === undefined && !isLoopback(config.listen.host))
    log.warn({ host: config.listen.host }, 'listening beyond this machine without TLS: tokens can be read on the way');
  const insecure = stateWarning(config.state);
  if (insecure !== undefined) log.warn(insecure);
  log.info({ url, schools: config.schools.length, rules: config.rules.length, storage: store.name }, 'listening');
  for (const warning of config.warnings) log.warn(formatWarning(warning));
  return { db, intake, agents, actions, reload: () => reload({ file, current, desk, intake, log }) };
}

function runLoops(parts: Parts, { config, log }: Ground, lifecycle: Lifecycle): void {
  const { intake, suppression, agents } = parts;
  lifecycle.run('leases', (signal) => parts.keeper.run(signal));
  lifecycle.run('outbox', (signal) => parts.outbox.run(signal));
  lifecycle.run('endpoints', (signal) => parts.endpoints.run(signal));
  lifecycle.run('agents', (signal) =>
    agents.run(signal, (error) => log.warn({ err: errorMessage(error) }, 'last-seen times not written')),
  );
  lifecycle.run('watch', (signal) => intake.watch(config.tick, signal));
  lifecycle.run('domains', (signal) => parts.domains.run(signal));
  lifecycle.run('baselines', (signal) => parts.baselines.run(signal));
  lifecycle.run('calendars', (signal) => parts.calendars.run(signal));
  lifecycle.run('alertmanagers', (signal) => parts.alertmanager.watch(signal));
  lifecycle.run('topology', (signal) => parts.topology.run(signal));
  lifecycle.run('inventory', (signal) => parts.inventory.run(parts.keeper.schools, signal));
  lifecycle.run('desk', (signal) => parts.desk.run(config.tick, signal));
  lifecycle.run('suppression', (signal) => suppression.run((samples) => intake.record(samples), signal));
  lifecycle.run('on-call', (signal) => parts.onCallWatch.run(signal));
  lifecycle.run('safety net', (signal) => parts.safetyNet.run(signal));
  lifecycle.run('receipts', (signal) => parts.receipts.run(parts.actions, signal));
}

function scheduleJobs({ config, db, store, clock, log }: Ground, lifecycle: Lifecycle): void {
  schedule(lifecycle, log, { name: 'retention and roll-ups', cron: config.maintenance }, async () => {
    log.debug(await store.maintain(clock.now()), 'metrics store maintained');
    giveBackMemory();
  });
  schedule(lifecycle, log, { name: 'outbox purge', cron: DAILY }, async () => {
    await purgeFinished(db, clock.now() - OUTBOX_KEPT_MS);
    await purgeAlertLinks(db, clock.now() - LINKS_KEPT_MS);
    await purgeRounds(db, clock.now() - TESTS_KEPT_MS);
    await purgeInventory(db, clock.now() - EVENTS_KEPT_MS);
    await purgeEvents(db, clock.now() - EVENTS_KEPT_MS, EVENTS_KEPT);
  });
  schedule(lifecycle, log, { name: 'audit heads', cron: DAILY }, async () => {
    for (const [chain, head] of await auditHeads(db)) log.info({ chain, ...head }, 'audit log ends here');
  });
}

function serverOf(parts: Parts, { config, current, db, store, clock, log, metrics }: Ground, lifecycle: Lifecycle) {
  const { router, me, keeper, people, actions, ritual, safetyNet, endpoints, suppression, book, calendars } = parts;
  const { intake, alertmanager, record, agents, desk, inventory } = parts;
  const { cert, key } = config.listen;
  const peers = new PeerClient(config.cluster?.ca);
  lifecycle.onStop('other collectors', () => peers.close());
  const { holds, holderUrl } = keeper;
  const cluster = { id: me.id, holds, holderUrl, post: peers.post.bind(peers) };
  const tokens = new TokenVerifier(db, clock);
  const facts = (school: string) => schoolFacts(book, school);
  const publicUrl = config.public_url;
  const { body: bodyLimit, decompressed: inflatedLimit, in_flight: inFlightBatches } = config.limits;
  const settings = { bodyLimit, inflatedLimit, inFlightBatches };
  return buildServer({
    log,
    clock,
    metrics,
    db,
    facts,
    tokens,
    agents,
    ingest: (batch, signal) => intake.take(batch, signal),
    probes: suppression.probes,
    cluster,
    checks: [
      { name: 'metrics store', check: () => store.ping() },
      {
        name: 'state database',
        check: async () => void (await db.selectFrom('meta').select('name').limit(1).execute()),
      },
    ],
    version: VERSION,
    settings: {
      ...settings,
      publicUrl,
      trustProxy: config.trust_proxy.length > 0 ? config.trust_proxy : false,
      tls: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    },
    routes: allRoutes({
      console: { db, store, schools: () => current.config.schools, clock, facts },
      alerts: { db, router, actions, clock, record },
      alertLinks: { ...people, actions, record, publicUrl },
      engagements: {
        book,
        lint: (school) => lintSchool(calendars.withEvents(school), clock.now(), { channelTypes: CHANNEL_TYPES }),
        onChange: () => desk.step(),
      },
      calendars: {
        db,
        clock,
        randomBytes,
        schools: () => current.config.schools,
        calendars,
        spans: (school, from, days) => responsibilitySpans(router.school(school.school) ?? school, from, days),
        publicUrl,
        facts,
      },
      alertmanager: { tokens, import: alertmanager, cluster },
      inventory: { db, router },
      inventoryIngest: { inventory, tokens, agents, clock, log, cluster, settings },
      handovers: { ritual, router },
      endpoints: { endpoints, router },
      onCall: { router, safetyNet, clock },
      mutes: {
        db,
        router,
        clock,
        newId: randomUUID,
        onChange: async (school) => intake.record(await suppression.stepSchool(school)),
        unknownDevices: (school) => suppression.unknownDevices(school),
      },
      accounts: { db, clock, agentTokens: tokens },
    }),
  });
}

/** Its stop is registered once it listens: a server that is closed while it begins to listen may go on. */
async function listenOn(
  server: ReturnType<typeof buildServer>,
  { host, port }: CollectorConfig['listen'],
  lifecycle: Lifecycle,
): Promise<string> {
  try {
    lifecycle.signal.throwIfAborted();
    const url = await server.listen({ host, port });
    lifecycle.onStop('http server', () => server.close());
    return url;
  } catch (error) {
    await server.close();
    throw error;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

async function openDatabase(
  config: CollectorConfig,
  lifecycle: Lifecycle,
  clock: Clock,
): Promise<{ db: StateDb; leaseDb: StateDb }> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const at = stateLocation(config);
  const db = openState(at);
  lifecycle.onStop('state database', () => db.destroy());
  await migrateState(db, clock);
  if (typeof at === 'string') return { db, leaseDb: db };
  const leaseDb = openState({ ...at, pool: 1 });
  lifecycle.onStop('leases in the state database', () => leaseDb.destroy());
  return { db, leaseDb };
}

/** Shown once, on stdout, where the log does not keep it. */
async function announceAdminToken(db: StateDb): Promise<void> {
  const token = await createAdminToken(db, randomBytes);
  if (token !== undefined) process.stdout.write(`admin token: ${token}\n`);
}
