import { foldEvents, type StoredAlert } from '../../../collector/alert/life.ts';
import type { Severity } from '../../../collector/engagement/decision.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { type Action, AlertActions } from '../../../collector/notify/actions.ts';
import { Boundaries } from '../../../collector/notify/boundaries.ts';
import { channelRegistry } from '../../../collector/notify/channels/channel.ts';
import { HandoverRitual } from '../../../collector/notify/handover-ritual.ts';
import { Outbox } from '../../../collector/notify/outbox.ts';
import { Pager } from '../../../collector/notify/pager.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import { Router } from '../../../collector/notify/router.ts';
import { schoolDirectory as directoryOf } from '../../../collector/notify/school-directory.ts';
import { findAlert, listEvents } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import type { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { alert, change, deps, RecordingChannel, testState } from './fixtures.ts';

/** A school with its whole path from decision to delivery on a clock that the test moves; phones are a list. */
export class Story {
  readonly clock: FakeClock;
  readonly phones: RecordingChannel;
  readonly router = new Router();
  readonly db: StateDb;
  readonly pipeline: AlertPipeline;
  readonly actions: AlertActions;
  readonly boundaries: Boundaries;
  readonly ritual: HandoverRitual;
  readonly metrics: SelfMetrics;
  /** What a further one of them is made of: a collector that was started again. */
  readonly parts: ConstructorParameters<typeof HandoverRitual>[0];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #ids = 0;

  static async begin(schoolText: string, at: string): Promise<Story> {
    const clock = new FakeClock(Date.parse(at));
    return new Story(clock, await testState(clock), schoolText);
  }

  private constructor(clock: FakeClock, db: StateDb, schoolText: string) {
    this.clock = clock;
    this.db = db;
    this.phones = new RecordingChannel(clock);
    this.use(schoolText);
    // People are reached over the recording channel, whatever the file says of channels.
    const directory: ReturnType<typeof directoryOf> = (id) => {
      const found = directoryOf(() => this.router.schools)(id);
      return (
        found && { ...found, endpoints: (contact) => [{ type: 'test', id: 'phone', address: contact, secrets: [] }] }
      );
    };
    const basic = { db, router: this.router, directory, ...deps(clock) };
    this.metrics = basic.metrics;
    const outbox = new Outbox({ ...basic, channels: channelRegistry([this.phones]), idleMs: 7 * 86_400_000 });
    const parts = { ...basic, pager: new Pager(basic), outbox };
    this.parts = parts;
    this.pipeline = new AlertPipeline({ ...parts, responsibility: this.router.responsibility });
    this.actions = new AlertActions({ ...parts, newId: () => `child-${++this.#ids}` });
    this.boundaries = new Boundaries(parts);
    this.ritual = new HandoverRitual(parts);
    this.#running = outbox.run(this.#stop.signal);
  }

  use(schoolText: string): void {
    this.router.use([parseSchool(schoolText, 'school.yaml')]);
  }

  async open(
    id: string,
    more: { severity?: Severity; domain?: string; labels?: Record<string, string> } = {},
  ): Promise<void> {
    const now = this.clock.now();
    const school = [...this.router.schools.keys()][0]!;
    const of = alert({ id, key: id, school, severity: 'warning', openedAt: now, pendingAt: now, ...more });
    await this.pipeline.apply([change('opened', of)]);
    await this.clock.advance(0);
  }

  async resolve(id: string): Promise<void> {
    const now = this.clock.now();
    const of = (await this.alert(id))!;
    await this.pipeline.apply([change('resolved', { ...of, resolvedAt: now })]);
    await this.clock.advance(0);
  }

  async act(id: string, action: Action) {
    const outcome = await this.actions.act([...this.router.schools.keys()][0]!, id, action);
    await this.clock.advance(0);
    return outcome.ok ? 'ok' : outcome.reason;
  }

  /** Lets time pass, looking at the boundaries every `every` ms as the collector does. */
  async pass(ms: number, every = 60_000): Promise<void> {
    for (let left = ms; left > 0; left -= every) {
      await this.clock.advance(Math.min(every, left));
      await this.boundaries.step();
      await this.ritual.step();
      await this.clock.advance(0);
    }
  }

  alert(id: string): Promise<StoredAlert | undefined> {
    return findAlert(this.db, id);
  }

  async log(id: string): Promise<string[]> {
    const events = await listEvents(this.db, id);
    return events
      .filter((event) => event.type !== 'notified')
      .map(({ type, detail: d }) => (type === 'owner_changed' ? `${d['from']} > ${d['to']} (${d['why']})` : type));
  }

  /** What the log of an alert adds up to, which must be its row. */
  async replayed(id: string): Promise<StoredAlert | undefined> {
    return foldEvents(await listEvents(this.db, id));
  }

  /** `who what` of what was delivered about alerts, from the `from`th on. */
  told(from = 0, about = 'alert.'): string[] {
    const got = this.phones.got.filter(({ kind }) => kind.startsWith(about));
    return got.slice(from).map(({ to, kind }) => `${to} ${kind}`);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.clock.advance(10_000);
    await this.#running;
    await this.db.destroy();
  }
}
