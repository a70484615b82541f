import { join } from 'node:path';
import { expect } from 'vitest';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import { foldEvents, type StoredAlert } from '../../../collector/alert/life.ts';
import { meaningsOf } from '../../../collector/alert/meaning.ts';
import { loadRules } from '../../../collector/alert/rule-file.ts';
import type { Severity } from '../../../collector/engagement/decision.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { Intake } from '../../../collector/intake.ts';
import type { SchoolGraph } from '../../../collector/inventory/topology.ts';
import { Boundaries } from '../../../collector/notify/boundaries.ts';
import { channelRegistry } from '../../../collector/notify/channels/channel.ts';
import { Outbox } from '../../../collector/notify/outbox.ts';
import { Pager } from '../../../collector/notify/pager.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import { Router } from '../../../collector/notify/router.ts';
import { schoolDirectory } from '../../../collector/notify/school-directory.ts';
import { Suppression } from '../../../collector/notify/suppression.ts';
import { AgentRegistry } from '../../../collector/state/agents.ts';
import { listAlerts, listEvents } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { schoolTransactions } from '../../../collector/state/school-transaction.ts';
import type { MetricStore } from '../../../collector/storage/storage.ts';
import type { Sample } from '../../../core/sample.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ROOT } from '../../support/source-files.ts';
import { tokenFor } from '../state/state.ts';
import { alert, change, deps, RecordingChannel, testState } from './fixtures.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const START = Date.parse('2026-10-05T10:00:00-04:00');

export const SCHOOL = `
school: hilltop
tz: America/New_York
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
topology:
  patience: 60s
  uplinks:
    - { device: "*", parent: core1, site: main }
    - { device: core1, parent: fw1, site: main }
    - { device: fw1, parent: wan, site: main }
`;

/** Store that keeps nothing: what counts here is what is told. */
const nowhere = { write: async (samples) => ({ written: samples.length, rejected: [] }) } as Pick<
  MetricStore,
  'write'
> as MetricStore;

/**
 * A collector from the intake to the phones, all of it real but the metrics store and the channel, on a clock that the test moves. It can be
 * ended in the middle of anything and begun again over the same state database.
 */
export class Collector {
  readonly clock = new FakeClock(START);
  readonly phones = new RecordingChannel(this.clock);
  readonly router = new Router();
  readonly db: StateDb;
  readonly token: string;
  intake!: Intake;
  suppression!: Suppression;
  boundaries!: Boundaries;
  /** Who stands beside whom, as the devices tell. */
  found: SchoolGraph | undefined;
  #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #ids = 0;
  #pipeline!: AlertPipeline;

  static async begin(school = SCHOOL): Promise<Collector> {
    const clock = new FakeClock(START);
    const db = await testState(clock);
    const { id } = await tokenFor(db, clock, 'hilltop');
    const collector = new Collector(db, id);
    collector.use(school);
    await collector.start();
    return collector;
  }

  private constructor(db: StateDb, token: string) {
    this.db = db;
    this.token = token;
  }

  use(school: string): void {
    this.router.use([parseSchool(school, 'school.yaml')]);
  }

  async start(): Promise<void> {
    const { db, clock, router } = this;
    const rules = loadRules(['network', 'isolation'].map((name) => join(ROOT, `config/rules/${name}.yaml`)));
    const evaluator = new Evaluator({ rules, newId: () => `alert-${++this.#ids}` });
    const found = schoolDirectory(() => router.schools);
    const directory: typeof found = (id) => {
      const school = found(id);
      const endpoints = (contact: string) => [{ type: 'test', id: 'phone', address: contact, secrets: [] }];
      return school && { ...school, endpoints };
    };
    const basic = { db, router, directory, ...deps(clock) };
    const outbox = new Outbox({ ...basic, channels: channelRegistry([this.phones]), idleMs: 86_400_000 });
    const pager = new Pager(basic);
    const group = (key: string) => evaluator.group(key);
    const meanings = meaningsOf(rules);
    const graph = () => this.found;
    this.suppression = new Suppression({ ...basic, pager, outbox, group, meanings: () => meanings, graph });
    const parts = { ...basic, pager, outbox, suppression: this.suppression };
    this.#pipeline = new AlertPipeline({ ...parts, responsibility: router.responsibility });
    this.boundaries = new Boundaries(parts);
    const agents = new AgentRegistry(db, clock);
    this.agents = agents;
    const inSchool = schoolTransactions(db);
    this.intake = new Intake({ ...parts, store: nowhere, evaluator, pipeline: this.#pipeline, agents, inSchool });
    for (const school of router.schools.keys()) await this.intake.takeUp(school);
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#running = Promise.all([
      outbox.run(signal),
      this.intake.watch(5 * SECOND, signal),
      this.suppression.run(async () => {}, signal),
    ]);
  }
  agents!: AgentRegistry;

  /** As the process ends and begins again: what is in memory is gone. */
  async restart(): Promise<void> {
    this.#stop.abort();
    await this.clock.advance(5 * SECOND);
    await this.#running;
    await this.start();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.clock.advance(10 * SECOND);
    await this.#running;
    await this.db.destroy();
  }

  /** A write of the agent of the main site. */
  async push(samples: readonly Sample[]): Promise<void> {
    const now = this.clock.now();
    this.agents.seen({ school: 'hilltop', site: 'main', tokenId: this.token }, now);
    const batch = { school: 'hilltop', site: 'main', samples, receivedAt: now };
    await this.intake.take(batch, new AbortController().signal);
  }

  /** A change that comes of no sample. */
  async inject({ type, device, at, severity = 'critical' }: Injected): Promise<void> {
    const labels = { device, role: 'other' };
    const times = { pendingAt: at, openedAt: at };
    const summary = `${device} is unwell`;
    const of = alert({
      id: `other-${device}`,
      key: device,
      school: 'hilltop',
      site: 'main',
      rule: 'other',
      severity,
      labels,
      summary,
      ...times,
    });
    await this.#pipeline.apply([change(type, of)]);
    await this.clock.advance(0);
  }

  alerts(): Promise<StoredAlert[]> {
    return listAlerts(this.db, { school: 'hilltop' });
  }

  told(kind: string): string[] {
    return this.phones.got.filter((m) => m.kind === kind).map((m) => m.to);
  }

  /** The row of each alert is what its log adds up to. */
  async checkLogs(): Promise<void> {
    for (const alert of await this.alerts()) expect(foldEvents(await listEvents(this.db, alert.id))).toEqual(alert);
  }

  async log(id: string): Promise<string[]> {
    return (await listEvents(this.db, id)).map(({ type }) => type).filter((type) => type !== 'notified');
  }
}

interface Injected {
  readonly type: 'opened' | 'resolved';
  readonly device: string;
  readonly at: number;
  readonly severity?: Severity;
}

export interface Device {
  readonly name: string;
  readonly role: string;
  readonly parent: string | undefined;
  /** Where in its 20 s interval it is pinged, ms. */
  readonly phase: number;
}

/** From when to when something is dead, ms after the start. */
export interface Outage {
  readonly device: string;
  readonly from: number;
  readonly to: number;
}

export interface Weather {
  /** How long after its time the n-th sample of a device arrives, ms. */
  readonly delay: (device: string, n: number) => number;
  /** The agent does as it is asked and pings at once. */
  readonly probes: boolean;
  /** Pings tell their loss, too, as real agents' do. */
  readonly loss?: boolean;
}

const INTERVAL = 20 * SECOND;

/** A site as its agent sees it: everything is pinged every 20 s, each device at a moment of its own. */
export class Site {
  readonly #devices: ReadonlyMap<string, Device>;
  readonly outages: Outage[];
  readonly #collector: Collector;
  readonly #weather: Weather;
  /** By time of arrival. */
  readonly #under: { at: number; samples: Sample[] }[] = [];
  /** Set while nothing gets through; it waits then. */
  cutOff: Omit<Outage, 'device'> | undefined;

  constructor(collector: Collector, devices: readonly Device[], outages: readonly Outage[], weather: Weather) {
    this.#collector = collector;
    this.#devices = new Map(devices.map((device) => [device.name, device]));
    this.outages = [...outages];
    this.#weather = weather;
  }

  #dead(name: string | undefined, at: number): boolean {
    const device = name === undefined ? undefined : this.#devices.get(name);
    if (!device) return false;
    const down = this.outages.some((o) => o.device === name && o.from <= at && at < o.to);
    return down || this.#dead(device.parent, at);
  }

  samples(device: Device, at: number): Sample[] {
    const dead = this.#dead(device.name, at);
    const tags = { school: 'hilltop', site: 'main', device: device.name, role: device.role };
    const time = START + at;
    return [
      {
        measurement: 'ping',
        tags: { ...tags, url: device.name },
        fields: {
          packets_transmitted: 5n,
          packets_received: dead ? 0n : 5n,
          ...(this.#weather.loss === true && { percent_packet_loss: dead ? 100 : 0 }),
          result_code: 0n,
        },
        time,
      },
      { measurement: 'device', tags, fields: { down: dead ? 1n : 0n, state: dead ? 'down' : 'up' }, time },
    ];
  }

  /** Lets `ms` pass from `from` (ms after the start), second by second where something arrives. */
  async pass(from: number, ms: number): Promise<void> {
    for (const device of this.#devices.values()) {
      const first = Math.ceil((from - device.phase) / INTERVAL);
      for (let n = first; n * INTERVAL + device.phase < from + ms; n++) {
        const at = n * INTERVAL + device.phase;
        this.#send(device, at, at + this.#weather.delay(device.name, n));
      }
    }
    const end = from + ms;
    for (;;) {
      this.#under.sort((a, b) => a.at - b.at);
      const next = this.#under[0];
      if (!next || next.at >= end) break;
      const due = this.#under.filter(({ at }) => at === next.at);
      this.#under.splice(0, due.length);
      await this.#goTo(next.at);
      await this.#collector.push(due.flatMap(({ samples }) => samples));
      this.#probe(next.at);
    }
    await this.#goTo(end);
  }

  /** A whole second: so much is gathered before it is sent. */
  #send(device: Device, at: number, arrives: number): void {
    const { cutOff } = this;
    const held = cutOff && cutOff.from <= arrives && arrives < cutOff.to ? cutOff.to : arrives;
    this.#under.push({ at: Math.ceil(held / SECOND) * SECOND, samples: this.samples(device, at) });
  }

  #probe(at: number): void {
    const { suppression, clock } = this.#collector;
    if (!this.#weather.probes) return;
    for (const name of suppression.probes.take('hilltop', 'main', clock.now())) {
      const device = this.#devices.get(name);
      if (device) this.#send(device, at + SECOND, at + 2 * SECOND);
    }
  }

  async #goTo(at: number): Promise<void> {
    const ahead = START + at - this.#collector.clock.now();
    if (ahead > 0) await this.#collector.clock.advance(ahead);
  }
}
