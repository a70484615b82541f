import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
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
import { Evaluator } from './alert/evaluator.ts';
import { categoriesOfSchools } from './alert/school-day.ts';
import { CalendarService } from './calendar/calendar-service.ts';
import { type CollectorConfig, loadCollectorConfig } from './config.ts';
import { Desk } from './desk.ts';
import { CHANNEL_TYPES } from './engagement/channel-schema.ts';
import { responsibilitySpans } from './engagement/coverage/responsibility-spans.ts';
import { lintSchool } from './engagement/lint/lint.ts';
import { formatWarning } from './engagement/lint/lint-problems.ts';
import { allRoutes } from './http/all-routes.ts';
import { buildServer } from './http/server.ts';
import { Intake } from './intake.ts';
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
import { reload } from './reload.ts';
import { AgentRegistry } from './state/agents.ts';
import { auditHeads } from './state/audit.ts';
import { openState, type StateDb } from './state/database.ts';
import { EngagementBook } from './state/engagement-book.ts';
import { migrateState } from './state/migrate.ts';
import { purgeFinished } from './state/outbox.ts';
import { createAdminToken } from './state/sessions.ts';
import { TokenVerifier } from './state/token-verifier.ts';
import { createStore } from './storage/config.ts';

/** How long messages that were sent or given up are kept for "who was told". */
const OUTBOX_KEPT_MS = 90 * 86_400_000;
const DAILY = '17 3 * * *';

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

  const db = await openDatabase(config, lifecycle);
  const store = createStore(config.storage, {
    dataDir: config.dataDir,
    clock,
    log,
    seriesPerSchool: config.limits.series_per_school,
  });
  await store.start();
  lifecycle.onStop('metrics store', () => store.stop());

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
  });
  const pager = new Pager({ directory, log, metrics });
  const people = { db, router, directory, pager, clock, log, outbox };
  const book = new EngagementBook({ db, clock });
  const calendars = new CalendarService({
    db,
    clock,
    log,
    schools: () => current.config.schools,
    policy: () => current.config.webhooks,
    onChange: () => desk.plan(),
    record: (samples) =>
      void intake
        .observe(samples)
        .catch((error: unknown) => log.warn({ err: errorMessage(error) }, 'samples of calendars not stored')),
  });
  const ritual = new HandoverRitual(people);
  const desk = new Desk({
    router,
    book,
    calendars,
    boundaries: new Boundaries(people),
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
  const intake = new Intake({ db, store, evaluator, pipeline, agents, clock, log });
  await desk.start(config.schools);
  await intake.start();

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

  schedule(lifecycle, log, { name: 'audit heads', cron: DAILY }, async () => {
    for (const [chain, head] of await auditHeads(db)) log.info({ chain, ...head }, 'audit log ends here');
  });

  const { listen, limits } = config;
  const tls =
    listen.cert !== undefined && listen.key !== undefined ? { cert: listen.cert, key: listen.key } : undefined;
  const tokens = new TokenVerifier(db, clock);
  const facts = (school: string) => schoolFacts(book, school);
  const server = buildServer({
    log,
    clock,
    metrics,
    db,
    facts,
    tokens,
    agents,
    ingest: (batch, signal) => intake.take(batch, signal),
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
    routes: allRoutes({
      console: { db, store, schools: () => current.config.schools, clock, facts },
      alerts: {
        db,
        router,
        actions: new AlertActions({ ...people, newId: randomUUID }),
        clock,
        record: (samples) => void intake.record(samples),
      },
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
        publicUrl: config.public_url,
        facts,
      },
      handovers: { ritual, router },
      accounts: { db, clock, agentTokens: tokens },
    }),
  });
  const url = await listenOn(server, listen, lifecycle);
  // Once it listens: a start that fails (the port is taken) must not use up the one time it is shown.
  await announceAdminToken(db);
  if (!tls && !isLoopback(listen.host))
    log.warn({ host: listen.host }, 'listening beyond this machine without TLS: tokens can be read on the way');
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

async function openDatabase(config: CollectorConfig, lifecycle: Lifecycle): Promise<StateDb> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const db = openState(join(config.dataDir, 'state.db'));
  lifecycle.onStop('state database', () => db.destroy());
  await migrateState(db, systemClock);
  return db;
}

/** Shown once, on stdout, where the log does not keep it. */
async function announceAdminToken(db: StateDb): Promise<void> {
  const token = await createAdminToken(db, randomBytes);
  if (token !== undefined) process.stdout.write(`admin token: ${token}\n`);
}
