import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
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
import { meaningsOf } from './alert/meaning.ts';
import { categoriesOfSchools } from './alert/school-day.ts';
import { AlertmanagerImport } from './alertmanager/import.ts';
import { Baselines } from './baseline/baselines.ts';
import { CalendarService } from './calendar/calendar-service.ts';
import { type CollectorConfig, loadCollectorConfig } from './config.ts';
import { Desk } from './desk.ts';
import { CHANNEL_TYPES } from './engagement/channel-schema.ts';
import { responsibilitySpans } from './engagement/coverage/responsibility-spans.ts';
import { lintSchool } from './engagement/lint/lint.ts';
import { formatWarning } from './engagement/lint/lint-problems.ts';
import { DomainWatch } from './health/domain-watch.ts';
import { allRoutes } from './http/all-routes.ts';
import { buildServer } from './http/server.ts';
import { Intake } from './intake.ts';
import { AlertActions } from './notify/actions.ts';
import { AgreementNotes } from './notify/agreement-notes.ts';
import { AlertLinks, withAlertLinks } from './notify/alert-links.ts';
import { Boundaries } from './notify/boundaries.ts';
import { allChannels } from './notify/channels/all-channels.ts';
import { type Channel, channelRegistry } from './notify/channels/channel.ts';
import { ReceiptCall } from './notify/channels/pushover-receipt.ts';
import { EndpointWatch } from './notify/endpoint-watch.ts';
import { HandoverRitual } from './notify/handover-ritual.ts';
import { OnCallWatch } from './notify/on-call-watch.ts';
import { Outbox } from './notify/outbox.ts';
import { Pager } from './notify/pager.ts';
import { AlertPipeline } from './notify/pipeline.ts';
import { PushoverReceipts } from './notify/pushover-receipts.ts';
import { Router } from './notify/router.ts';
import { SafetyNetTest } from './notify/safety-net-test.ts';
import { schoolDirectory } from './notify/school-directory.ts';
import { Suppression } from './notify/suppression.ts';
import { reload } from './reload.ts';
import { AgentRegistry } from './state/agents.ts';
import { purgeAlertLinks } from './state/alert-links.ts';
import { auditHeads } from './state/audit.ts';
import { openState, type StateDb } from './state/database.ts';
import { EngagementBook } from './state/engagement-book.ts';
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
const DAILY = '17 3 * * *';

/** Runs the collector until it is told to stop. Returns the exit code. @throws ConfigError, or BW_STATE / BW_STORAGE_UNAVAILABLE at start. */
export async function runCollector(file: string): Promise<number> {
  const config = loadCollectorConfig(file);
  const log = createLogger('collector', config.log_level);
  const lifecycle = new Lifecycle(log, systemClock);
  return runService(lifecycle, async () => (await startCollector(file, config, lifecycle, log)).reload);
}

/** What the collector has of the world: the real one, or one that a long simulation plays at speed. */
export interface World {
  readonly clock: Clock;
  readonly store: (config: CollectorConfig['storage'], parts: StoreParts) => MetricStore;
  readonly channels: (parts: Parameters<typeof allChannels>[0]) => readonly Channel[];
}

const REAL: World = { clock: systemClock, store: createStore, channels: allChannels };

/** What a started collector is handled by. */
export interface Running {
  readonly db: StateDb;
  readonly intake: Intake;
  readonly agents: AgentRegistry;
  readonly actions: AlertActions;
  readonly reload: () => Promise<void>;
}

/** Starts in the order of the flow, so that stopping (in reverse) ends the intake first and the databases last. */
export async function startCollector(
  file: string,
  config: CollectorConfig,
  lifecycle: Lifecycle,
  log: Logger,
  world: World = REAL,
): Promise<Running> {
  const { clock } = world;
  const metrics = new SelfMetrics().withProcessMetrics();
  const current = { config };
  const router = new Router();

  const db = await openDatabase(config, lifecycle, clock);
  const store = world.store(config.storage, {
    dataDir: config.dataDir,
    clock,
    log,
    seriesPerSchool: config.limits.series_per_school,
  });
  await store.start();
  lifecycle.onStop('metrics store', () => store.stop());

  const directory = schoolDirectory(() => router.schools);
  const links = new AlertLinks({
    db,
    clock,
    log,
    randomBytes,
    school: (id) => router.school(id),
    publicUrl: config.public_url,
  });
  const guarded = { clock, log, policy: () => current.config.webhooks };
  const calls = new ReceiptCall(guarded);
  const record = (samples: readonly Sample[]): void => void intake.record(samples);
  const receipts = new PushoverReceipts({ db, calls, router, directory, clock, log, metrics, record });
  const channels = channelRegistry(
    world
      .channels({ ...guarded, receipts, mailServer: () => current.config.email })
      .map((channel) => withAlertLinks(channel, links)),
  );
  const outbox = new Outbox({
    db,
    channels,
    directory,
    clock,
    log,
    metrics,
    groupMs: () => current.config.notify.group,
    onHealth: (change) => endpoints.changed(change),
    record,
  });
  const endpoints = new EndpointWatch({
    db,
    schools: () => router.schools,
    directory,
    clock,
    log,
    metrics,
    outbox,
    newId: randomUUID,
    observe: (samples) => intake.observe(samples),
  });
  const pager = new Pager({ directory, log, metrics });
  const suppression = new Suppression({
    db,
    router,
    pager,
    clock,
    log,
    outbox,
    meanings: () => meaningsOf(current.config.rules),
    group: (key) => evaluator.group(key),
  });
  const people = { db, router, directory, pager, clock, log, outbox, suppression };
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
  const observe = (samples: readonly Sample[]) => intake.observe(samples);
  const onCallWatch = new OnCallWatch({ ...people, channels, observe });
  const safetyNet = new SafetyNetTest({ ...people, metrics, observe });
  const pipeline = new AlertPipeline({
    ...people,
    metrics,
    responsibility: router.responsibility,
    onFault: desk.fault,
  });
  const agents = new AgentRegistry(db, clock);
  const categoriesAt = categoriesOfSchools((school) => router.school(school));
  const baselines = new Baselines({
    store,
    clock,
    log,
    rules: () => current.config.rules,
    schools: () => router.schools,
    categoriesAt,
  });
  const evaluator = new Evaluator({
    rules: config.rules,
    newId: randomUUID,
    maxSeriesPerSchool: config.limits.series_per_school,
    categoriesAt,
    baselineOf: baselines.usual,
  });
  const domains = new DomainWatch({
    db,
    rules: () => current.config.rules,
    clock,
    log,
    observe: (samples) => intake.observe(samples),
  });
  const note = (samples: readonly Sample[]) => domains.see(samples);
  const intake = new Intake({ db, store, evaluator, pipeline, suppression, note, agents, clock, log });
  const alertmanager = new AlertmanagerImport({
    db,
    pipeline,
    mapping: () => current.config.alertmanager,
    clock,
    log,
    metrics,
    newId: randomUUID,
    record,
  });
  await desk.start(config.schools);
  await intake.start();

  lifecycle.run('outbox', (signal) => outbox.run(signal));
  lifecycle.run('endpoints', (signal) => endpoints.run(signal));
  lifecycle.run('agents', (signal) =>
    agents.run(signal, (error) => log.warn({ err: errorMessage(error) }, 'last-seen times not written')),
  );
  lifecycle.run('watch', (signal) => intake.watch(config.tick, signal));
  lifecycle.run('domains', (signal) => domains.run(signal));
  lifecycle.run('baselines', (signal) => baselines.run(signal));
  lifecycle.run('calendars', (signal) => calendars.run(signal));
  lifecycle.run('alertmanagers', (signal) => alertmanager.watch(signal));
  lifecycle.run('desk', (signal) => desk.run(config.tick, signal));
  lifecycle.run('suppression', (signal) => suppression.run((samples) => intake.record(samples), signal));
  lifecycle.run('on-call', (signal) => onCallWatch.run(signal));
  lifecycle.run('safety net', (signal) => safetyNet.run(signal));
  schedule(lifecycle, log, { name: 'retention and roll-ups', cron: config.maintenance }, async () => {
    log.debug(await store.maintain(clock.now()), 'metrics store maintained');
    giveBackMemory();
  });
  schedule(lifecycle, log, { name: 'outbox purge', cron: DAILY }, async () => {
    await purgeFinished(db, clock.now() - OUTBOX_KEPT_MS);
    await purgeAlertLinks(db, clock.now() - LINKS_KEPT_MS);
    await purgeRounds(db, clock.now() - TESTS_KEPT_MS);
  });

  schedule(lifecycle, log, { name: 'audit heads', cron: DAILY }, async () => {
    for (const [chain, head] of await auditHeads(db)) log.info({ chain, ...head }, 'audit log ends here');
  });

  const actions = new AlertActions({ ...people, newId: randomUUID });
  lifecycle.run('receipts', (signal) => receipts.run(actions, signal));
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
    probes: suppression.probes,
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
        actions,
        clock,
        record,
      },
      alertLinks: { ...people, actions, record, publicUrl: config.public_url },
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
      alertmanager: { tokens, import: alertmanager },
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
  const url = await listenOn(server, listen, lifecycle);
  // Once it listens: a start that fails (the port is taken) must not use up the one time it is shown.
  await announceAdminToken(db);
  if (!tls && !isLoopback(listen.host))
    log.warn({ host: listen.host }, 'listening beyond this machine without TLS: tokens can be read on the way');
  log.info({ url, schools: config.schools.length, rules: config.rules.length, storage: store.name }, 'listening');
  for (const warning of config.warnings) log.warn(formatWarning(warning));
  return { db, intake, agents, actions, reload: () => reload({ file, current, desk, intake, log }) };
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

async function openDatabase(config: CollectorConfig, lifecycle: Lifecycle, clock: Clock): Promise<StateDb> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const db = openState(join(config.dataDir, 'state.db'));
  lifecycle.onStop('state database', () => db.destroy());
  await migrateState(db, clock);
  return db;
}

/** Shown once, on stdout, where the log does not keep it. */
async function announceAdminToken(db: StateDb): Promise<void> {
  const token = await createAdminToken(db, randomBytes);
  if (token !== undefined) process.stdout.write(`admin token: ${token}\n`);
}
