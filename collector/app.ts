import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { errorMessage } from '../core/errors.ts';
import { systemClock } from '../runtime/clock.ts';
import { giveBackMemory } from '../runtime/give-back.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import { schedule } from '../runtime/schedule.ts';
import { SelfMetrics } from '../runtime/self-metrics.ts';
import { runService } from '../runtime/service.ts';
import { VERSION } from '../runtime/version.ts';
import { Evaluator } from './alert/evaluator.ts';
import { categoriesOfSchools } from './alert/school-day.ts';
import { CalendarService } from './calendar/calendar-service.ts';
import { type CollectorConfig, loadCollectorConfig } from './config.ts';
import { Desk } from './desk.ts';
import { CHANNEL_TYPES } from './engagement/channel-schema.ts';
import { responsibilitySpans } from './engagement/coverage/responsibility-spans.ts';
import { lintSchool } from './engagement/lint/lint.ts';
import { formatWarning } from './engagement/lint/lint-problems.ts';
import { alertRoutes } from './http/alerts.ts';
import { calendarRoutes } from './http/calendars.ts';
import { consoleRoutes } from './http/console.ts';
import { engagementRoutes } from './http/engagements.ts';
import { handoverRoutes } from './http/handovers.ts';
import { buildServer } from './http/server.ts';
import { Intake } from './intake.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { AlertActions } from './notify/actions.ts';
import { AgreementNotes } from './notify/agreement-notes.ts';
import { Boundaries } from './notify/boundaries.ts';
import { allChannels } from './notify/channels/all-channels.ts';
import { channelRegistry } from './notify/channels/channel.ts';
import { HandoverRitual } from './notify/handover-ritual.ts';
import { Outbox } from './notify/outbox.ts';
import { Pager } from './notify/pager.ts';
import { AlertPipeline } from './notify/pipeline.ts';
import { Router } from './notify/router.ts';
import { schoolDirectory } from './notify/school-directory.ts';
import { PeerClient } from './outbound/peer.ts';
import { reload } from './reload.ts';
import { AgentRegistry } from './state/agents.ts';
import { stateLocation, stateWarning } from './state/config.ts';
import { openState, type StateDb } from './state/database.ts';
import { EngagementBook } from './state/engagement-book.ts';
import { migrateState } from './state/migrate.ts';
import { purgeFinished } from './state/outbox.ts';
import { createAdminToken } from './state/sessions.ts';
import { TokenVerifier } from './state/token-verifier.ts';
import { schoolsOfTokens } from './state/tokens.ts';
import { createStore } from './storage/config.ts';

/** How long messages that were sent or given up are kept for "who was told". */
const OUTBOX_KEPT_MS = 90 * 86_400_000;
const DAILY = '17 3 * * *';
/** Where another collector may write messages: how soon they are noticed. */
const SHARED_IDLE_MS = 1_000;

/** Runs the collector until it is told to stop. Returns the exit code. @throws ConfigError, or BW_STATE / BW_STORAGE_UNAVAILABLE at start. */
export async function runCollector(file: string): Promise<number> {
  const config = loadCollectorConfig(file);
  const log = createLogger('collector', config.log_level);
  const lifecycle = new Lifecycle(log, systemClock);
  return runService(lifecycle, () => startCollector(file, config, lifecycle, log));
}

/** Starts in the order of the flow, so that stopping (in reverse) ends the intake first and the databases last. Returns what reloads. */
async function startCollector(
  file: string,
  config: CollectorConfig,
  lifecycle: Lifecycle,
  log: Logger,
): Promise<() => Promise<void>> {
  const clock = systemClock;
  const metrics = new SelfMetrics().withProcessMetrics();
  const current = { config };
  const router = new Router();

  const { db, leaseDb } = await openDatabase(config, lifecycle);
  const store = createStore(config.storage, {
    dataDir: config.dataDir,
    clock,
    log,
    seriesPerSchool: config.limits.series_per_school,
  });
  await store.start();
  lifecycle.onStop('metrics store', () => store.stop());

  const me = { id: randomUUID(), url: config.cluster?.url ?? null };
  const keeper = new LeaseKeeper({
    db,
    leaseDb,
    me,
    schools: async () => [...new Set([...router.schools.keys(), ...(await schoolsOfTokens(leaseDb))])],
    onTake: async (school) => {
      await boundaries.takeUp(school);
      await intake.takeUp(school);
      await outbox.takeUp(school);
    },
    onLose: (school) => {
      intake.giveUp(school);
      outbox.drop(school);
    },
    clock,
    log,
    metrics,
  });
  const { holds, inSchool } = keeper;
  const directory = schoolDirectory(() => router.schools);
  const channels = channelRegistry(
    allChannels({ clock, log, policy: () => current.config.webhooks, mailServer: () => current.config.email }),
  );
  const outbox = new Outbox({
    db,
    channels,
    directory,
    clock,
    log,
    metrics,
    record: (samples) => void intake.record(samples),
    inSchool,
    schools: keeper.schools,
    ...(config.state && { idleMs: SHARED_IDLE_MS }),
  });
  const pager = new Pager({ directory, log, metrics });
  const people = { db, router, directory, pager, clock, log, outbox, inSchool, holds };
  const book = new EngagementBook({ db, clock });
  const calendars = new CalendarService({
    db,
    clock,
    log,
    schools: () => current.config.schools,
    policy: () => current.config.webhooks,
    holds,
    onChange: () => desk.plan(),
    record: (samples) =>
      void intake
        .observe(samples)
        .catch((error: unknown) => log.warn({ err: errorMessage(error) }, 'samples of calendars not stored')),
  });
  const ritual = new HandoverRitual(people);
  const boundaries = new Boundaries(people);
  const desk = new Desk({
    router,
    book,
    calendars,
    boundaries,
    ritual,
    notes: new AgreementNotes({ ...people, book }),
    clock,
    log,
    record: (samples) => intake.record(samples),
    observe: (samples) => intake.observe(samples),
  });
  const pipeline = new AlertPipeline({
    ...people,
    metrics,
    responsibility: router.responsibility,
    onFault: desk.fault,
  });
  const agents = new AgentRegistry(db, clock);
  const evaluator = new Evaluator({
    rules: config.rules,
    newId: randomUUID,
    maxSeriesPerSchool: config.limits.series_per_school,
    categoriesAt: categoriesOfSchools((school) => router.school(school)),
  });
  const intake = new Intake({ db, store, evaluator, pipeline, agents, clock, log, inSchool });
  await desk.start(config.schools);
  // Given up last, once nothing writes any more.
  lifecycle.onStop('leases', () => keeper.stop());
  await keeper.start();
  lifecycle.run('leases', (signal) => keeper.run(signal));

  lifecycle.run('outbox', (signal) => outbox.run(signal));
  lifecycle.run('agents', (signal) =>
    agents.run(signal, (error) => log.warn({ err: errorMessage(error) }, 'last-seen times not written')),
  );
  lifecycle.run('watch', (signal) => intake.watch(config.tick, signal));
  lifecycle.run('calendars', (signal) => calendars.run(signal));
  lifecycle.run('desk', (signal) => desk.run(config.tick, signal));
  schedule(lifecycle, log, { name: 'retention and roll-ups', cron: config.maintenance }, async () => {
    log.debug(await store.maintain(clock.now()), 'metrics store maintained');
    giveBackMemory();
  });
  schedule(lifecycle, log, { name: 'outbox purge', cron: DAILY }, async () => {
    await purgeFinished(db, clock.now() - OUTBOX_KEPT_MS);
  });

  const { listen, limits } = config;
  const peers = new PeerClient(config.cluster?.ca);
  lifecycle.onStop('other collectors', () => peers.close());
  const tls =
    listen.cert !== undefined && listen.key !== undefined ? { cert: listen.cert, key: listen.key } : undefined;
  const server = buildServer({
    log,
    clock,
    metrics,
    db,
    tokens: new TokenVerifier(db, clock),
    agents,
    ingest: (batch, signal) => intake.take(batch, signal),
    cluster: { id: me.id, holds, holderUrl: keeper.holderUrl, post: (request, signal) => peers.post(request, signal) },
    checks: [
      { name: 'metrics store', check: () => store.ping() },
      {
        name: 'state database',
        check: async () => void (await db.selectFrom('meta').select('name').limit(1).execute()),
      },
    ],
    version: VERSION,
    settings: {
      bodyLimit: limits.body,
      inflatedLimit: limits.decompressed,
      inFlightBatches: limits.in_flight,
      publicUrl: config.public_url,
      trustProxy: config.trust_proxy.length > 0 ? config.trust_proxy : false,
      tls,
    },
    routes: [
      consoleRoutes({ db, store, schools: () => current.config.schools, clock }),
      alertRoutes({
        db,
        router,
        actions: new AlertActions({ ...people, newId: randomUUID }),
        clock,
        record: (samples) => void intake.record(samples),
      }),
      engagementRoutes({
        book,
        lint: (school) => lintSchool(calendars.withEvents(school), clock.now(), { channelTypes: CHANNEL_TYPES }),
        onChange: () => desk.step(),
      }),
      calendarRoutes({
        db,
        clock,
        randomBytes,
        schools: () => current.config.schools,
        calendars,
        spans: (school, from, days) => responsibilitySpans(router.school(school.school) ?? school, from, days),
        publicUrl: config.public_url,
      }),
      handoverRoutes({ ritual, router }),
    ],
  });
  const url = await listenOn(server, listen, lifecycle);
  // Once it listens: a start that fails (the port is taken) must not use up the one time it is shown.
  await announceAdminToken(db);
  if (!tls && !isLoopback(listen.host))
    log.warn({ host: listen.host }, 'listening beyond this machine without TLS: tokens can be read on the way');
  const insecure = stateWarning(config.state);
  if (insecure !== undefined) log.warn(insecure);
  log.info({ url, schools: config.schools.length, rules: config.rules.length, storage: store.name }, 'listening');
  for (const warning of config.warnings) log.warn(formatWarning(warning));
  return () => reload({ file, current, desk, intake, log });
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

async function openDatabase(config: CollectorConfig, lifecycle: Lifecycle): Promise<{ db: StateDb; leaseDb: StateDb }> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const at = stateLocation(config);
  const db = openState(at);
  lifecycle.onStop('state database', () => db.destroy());
  await migrateState(db, systemClock);
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
