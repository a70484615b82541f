import { randomBytes, randomUUID } from 'node:crypto';
import { CalendarService } from '../../collector/calendar/calendar-service.ts';
import { Desk } from '../../collector/desk.ts';
import { responsibilitySpans } from '../../collector/engagement/coverage/responsibility-spans.ts';
import { lintSchool } from '../../collector/engagement/lint/lint.ts';
import type { School } from '../../collector/engagement/school.ts';
import type { AllRouteDeps } from '../../collector/http/all-routes.ts';
import { InventoryKeeper } from '../../collector/inventory/inventory-keeper.ts';
import { TopologyKeeper } from '../../collector/inventory/topology-keeper.ts';
import { AlertActions } from '../../collector/notify/actions.ts';
import { AgreementNotes } from '../../collector/notify/agreement-notes.ts';
import { Boundaries } from '../../collector/notify/boundaries.ts';
import { EndpointWatch } from '../../collector/notify/endpoint-watch.ts';
import { HandoverRitual } from '../../collector/notify/handover-ritual.ts';
import { Pager } from '../../collector/notify/pager.ts';
import { Router } from '../../collector/notify/router.ts';
import { SafetyNetTest } from '../../collector/notify/safety-net-test.ts';
import { schoolDirectory } from '../../collector/notify/school-directory.ts';
import { Suppression } from '../../collector/notify/suppression.ts';
import { AgentRegistry } from '../../collector/state/agents.ts';
import type { StateDb } from '../../collector/state/database.ts';
import { EngagementBook } from '../../collector/state/engagement-book.ts';
import { schoolTransactions } from '../../collector/state/school-transaction.ts';
import { TokenVerifier } from '../../collector/state/token-verifier.ts';
import type { Clock } from '../../core/clock.ts';
import { createLogger } from '../../runtime/logger.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';

const NOWHERE = { allow: [], ports: [] };

/** Everything behind responsibility, wired as collector/app.ts does it, but for the loops and what leaves the machine: time passes when a test says so. */
export class PageDesk {
  readonly router = new Router();
  readonly book: EngagementBook;
  readonly safetyNet: SafetyNetTest;
  readonly suppression: Suppression;
  readonly routeDeps: Omit<AllRouteDeps, 'console' | 'accounts'>;
  readonly endpoints: EndpointWatch;
  readonly topology: TopologyKeeper;
  readonly inventory: InventoryKeeper;
  readonly #desk: Desk;
  #schools: readonly School[] = [];

  constructor(db: StateDb, clock: Clock) {
    const { router } = this;
    const log = createLogger('test', 'silent');
    const directory = schoolDirectory(() => router.schools);
    const schools = (): readonly School[] => this.#schools;
    const pager = new Pager({ directory, log, metrics: new SelfMetrics() });
    const people = { db, router, directory, pager, clock, log, outbox: { notify() {} } };
    const meanings = new Map([['device-down', 'down']] as const);
    const stock = { inSchool: schoolTransactions(db), clock, log, newId: randomUUID, observe: async () => {} };
    this.topology = new TopologyKeeper({ ...stock, configured: (id) => router.school(id)?.topology });
    this.inventory = new InventoryKeeper({ ...stock, onChange: this.topology.changed });
    const { graph } = this.topology;
    this.suppression = new Suppression({ ...people, meanings: () => meanings, group: () => undefined, graph });
    this.book = new EngagementBook({ db, clock });
    const { book } = this;
    const calendars = new CalendarService({
      db,
      clock,
      log,
      schools,
      policy: () => NOWHERE,
      onChange: () => this.#desk.plan(),
      record: () => {},
    });
    const ritual = new HandoverRitual(people);
    this.#desk = new Desk({
      router,
      book,
      calendars,
      boundaries: new Boundaries(people),
      ritual,
      notes: new AgreementNotes({ ...people, book }),
      clock,
      log,
      record: async () => {},
      observe: async () => {},
    });
    this.safetyNet = new SafetyNetTest({ ...people, metrics: new SelfMetrics(), observe: async () => {} });
    this.endpoints = new EndpointWatch({
      ...people,
      metrics: new SelfMetrics(),
      schools: () => router.schools,
      newId: randomUUID,
      observe: async () => {},
    });
    const actions = new AlertActions({ ...people, newId: randomUUID });
    this.routeDeps = {
      alerts: { db, router, actions, clock, record: () => {} },
      engagements: {
        book,
        lint: (school) => lintSchool(calendars.withEvents(school), clock.now()),
        onChange: () => this.#desk.step(),
      },
      calendars: {
        db,
        clock,
        randomBytes,
        schools,
        calendars,
        spans: (school, from, days) => responsibilitySpans(router.school(school.school) ?? school, from, days),
        publicUrl: undefined,
      },
      inventory: { db, router },
      inventoryIngest: {
        inventory: this.inventory,
        tokens: new TokenVerifier(db, clock),
        agents: new AgentRegistry(db, clock),
        clock,
        log,
      },
      handovers: { ritual, router },
      onCall: { router, safetyNet: this.safetyNet, clock },
      endpoints: { endpoints: this.endpoints, router },
      mutes: {
        db,
        router,
        clock,
        newId: randomUUID,
        onChange: (school) => this.suppression.stepSchool(school),
        unknownDevices: (school) => this.suppression.unknownDevices(school),
      },
      alertLinks: { ...people, actions, record: () => {}, publicUrl: undefined },
      alertmanager: {
        tokens: new TokenVerifier(db, clock),
        import: { take: () => Promise.reject(new Error('not here')) },
      },
    };
  }

  /** Begins with these schools, and what the database holds of them. */
  async use(schools: readonly School[]): Promise<void> {
    this.#schools = schools;
    await this.#desk.start(schools);
  }
}
