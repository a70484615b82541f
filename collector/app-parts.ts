import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { Logger } from '../runtime/logger.ts';
import type { SelfMetrics } from '../runtime/self-metrics.ts';
import { Evaluator } from './alert/evaluator.ts';
import { meaningsOf } from './alert/meaning.ts';
import { categoriesOfSchools } from './alert/school-day.ts';
import { AlertmanagerImport } from './alertmanager/import.ts';
import { Baselines } from './baseline/baselines.ts';
import { CalendarService } from './calendar/calendar-service.ts';
import type { CollectorConfig } from './config.ts';
import { Desk } from './desk.ts';
import { DomainWatch } from './health/domain-watch.ts';
import { Intake } from './intake.ts';
import { EventLog } from './inventory/event-log.ts';
import { InventoryKeeper } from './inventory/inventory-keeper.ts';
import { TopologyKeeper } from './inventory/topology-keeper.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { AlertActions } from './notify/actions.ts';
import { AgreementNotes } from './notify/agreement-notes.ts';
import { AlertLinks, withAlertLinks } from './notify/alert-links.ts';
import { Boundaries } from './notify/boundaries.ts';
import type { allChannels } from './notify/channels/all-channels.ts';
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
import { AgentRegistry } from './state/agents.ts';
import type { StateDb } from './state/database.ts';
import { EngagementBook } from './state/engagement-book.ts';
import { schoolsOfTokens } from './state/tokens.ts';
import type { MetricStore } from './storage/storage.ts';

/** Where another collector may write messages: how soon they are noticed. */
const SHARED_IDLE_MS = 1_000;

/** What the parts are made of. */
export interface Ground {
  readonly config: CollectorConfig;
  /** As the configuration is now: a reload changes it. */
  readonly current: { readonly config: CollectorConfig };
  readonly db: StateDb;
  /** For leases alone; may be the same. */
  readonly leaseDb: StateDb;
  readonly store: MetricStore;
  readonly channels: (parts: Parameters<typeof allChannels>[0]) => readonly Channel[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
}

export type Parts = ReturnType<typeof makeParts>;

/** The collector's parts, each with those it needs; nothing runs yet. Part of app.ts, apart for its length. */
export function makeParts({ config, current, db, leaseDb, store, clock, log, metrics, ...ground }: Ground) {
  const router = new Router();
  const directory = schoolDirectory(() => router.schools);
  const observe = (samples: readonly Sample[]): Promise<void> => intake.observe(samples);
  const record = (samples: readonly Sample[]): void => void intake.record(samples);

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
      await topology.takeUp(school);
    },
    onLose: (school) => {
      topology.giveUp(school);
      intake.giveUp(school);
      outbox.drop(school);
    },
    clock,
    log,
    metrics,
  });
  const { holds, inSchool } = keeper;

  const school = (id: string) => router.school(id);
  const links = new AlertLinks({ db, clock, log, randomBytes, school, publicUrl: config.public_url });
  const guarded = { clock, log, policy: () => current.config.webhooks };
  const calls = new ReceiptCall(guarded);
  const receipts = new PushoverReceipts({ db, calls, router, directory, clock, log, metrics, record, holds });
  const channels = channelRegistry(
    ground
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
    inSchool,
    schools: keeper.schools,
    ...(config.state && { idleMs: SHARED_IDLE_MS }),
  });
  const basic = { db, router, directory, clock, log, outbox, inSchool, holds };
  const endpoints = new EndpointWatch({
    ...basic,
    schools: () => router.schools,
    metrics,
    newId: randomUUID,
    observe,
  });
  const stock = { inSchool, clock, log, newId: randomUUID, observe };
  const topology = new TopologyKeeper({ ...stock, configured: (id) => school(id)?.topology });
  const inventory = new InventoryKeeper({ ...stock, onChange: topology.changed });
  const pager = new Pager({ directory, log, metrics });
  const suppression = new Suppression({
    ...basic,
    pager,
    meanings: () => meaningsOf(current.config.rules),
    group: (key) => evaluator.group(key),
    graph: topology.graph,
  });
  const people = { ...basic, pager, suppression };
  const actions = new AlertActions({ ...people, newId: randomUUID });
  const ritual = new HandoverRitual(people);
  const boundaries = new Boundaries(people);
  const onCallWatch = new OnCallWatch({ ...people, channels, observe });
  const safetyNet = new SafetyNetTest({ ...people, metrics, observe });

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
      void observe(samples).catch((error: unknown) =>
        log.warn({ err: errorMessage(error) }, 'samples of calendars not stored'),
      ),
  });
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
    observe,
  });
  const pipeline = new AlertPipeline({
    ...people,
    metrics,
    responsibility: router.responsibility,
    onFault: desk.fault,
  });

  const agents = new AgentRegistry(db, clock);
  const rules = () => current.config.rules;
  const categoriesAt = categoriesOfSchools(school);
  const baselines = new Baselines({ store, clock, log, rules, schools: () => router.schools, categoriesAt });
  const evaluator = new Evaluator({
    rules: config.rules,
    newId: randomUUID,
    maxSeriesPerSchool: config.limits.series_per_school,
    categoriesAt,
    baselineOf: baselines.usual,
  });
  const domains = new DomainWatch({ db, rules, clock, log, observe });
  const note = (samples: readonly Sample[]): void => domains.see(samples);
  const events = new EventLog({ db, clock, log, metrics });
  const intake = new Intake({
    db,
    store,
    evaluator,
    pipeline,
    suppression,
    note,
    events,
    agents,
    clock,
    log,
    inSchool,
  });
  const alertmanager = new AlertmanagerImport({
    db,
    pipeline,
    mapping: () => current.config.alertmanager,
    clock,
    log,
    metrics,
    newId: randomUUID,
    record,
    holds,
  });
  return {
    router,
    me,
    keeper,
    receipts,
    outbox,
    endpoints,
    topology,
    inventory,
    suppression,
    people,
    actions,
    ritual,
    onCallWatch,
    safetyNet,
    book,
    calendars,
    desk,
    agents,
    baselines,
    domains,
    intake,
    alertmanager,
    record,
  };
}
