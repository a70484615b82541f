import fc from 'fast-check';
import { expect, it } from 'vitest';
import { foldEvents } from '../../../collector/alert/life.ts';
import type { Severity } from '../../../collector/engagement/decision.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { channelRegistry, type Delivery, type DeliveryResult } from '../../../collector/notify/channels/channel.ts';
import { Outbox } from '../../../collector/notify/outbox.ts';
import { Pager } from '../../../collector/notify/pager.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import type { Router } from '../../../collector/notify/router.ts';
import { Suppression } from '../../../collector/notify/suppression.ts';
import { listAlerts, listEvents } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { addMute, currentMutes, endMute } from '../../../collector/state/mutes.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { alert, change, deps, directory, RecordingChannel, responsibility, T0, testState } from './fixtures.ts';

/** How a receiver takes one message: whether it acts on it, what the sender hears, and after how long. */
const outcomes = [
  { acts: true, result: { ok: true } },
  { acts: true, result: { ok: true }, slow: true },
  { acts: true, result: { ok: false, retryable: true, uncertain: true, reason: 'answer lost' } },
  { acts: false, result: { ok: false, retryable: true, uncertain: true, reason: 'no answer' }, slow: true },
  { acts: false, result: { ok: false, retryable: true, reason: 'status 500' } },
  { acts: false, result: { ok: false, retryable: true, reason: 'status 503', retryAfterMs: 30_000 }, slow: true },
  { acts: false, result: { ok: false, retryable: false, reason: '410 Gone' } },
] as const satisfies readonly { acts: boolean; result: DeliveryResult; slow?: boolean }[];

const WELL = outcomes[0];
const SCHOOL = parseSchool(
  'school: lincoln\ntz: America/New_York\nparties: { internal: { contacts: [kim], coverage: always } }\nsafety_net: [a, b]\nbase: { owner: internal }',
  'school.yaml',
);
const ALERTS = 3;

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('open' as const), n: fc.nat(ALERTS - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('resolve' as const), n: fc.nat(ALERTS - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), n: fc.nat(ALERTS - 1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      n: fc.nat(ALERTS - 1),
      to: fc.constantFrom('warning' as const, 'critical' as const),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 700, 6_000, 61_000, 1_300_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mute' as const), n: fc.nat(ALERTS - 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unmute' as const), n: fc.nat(ALERTS - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
);

/** A collector that can be stopped and killed, and receivers that remember what they acted on. */
class World {
  readonly clock = new FakeClock(T0);
  /** What each receiver acted on, in order; and what it may have been sent without anybody knowing. */
  readonly acted: { target: string; kind: string; id: string }[] = [];
  readonly uncertain = new Set<string>();
  /** Alerts that resolved, and pages that were sent for one of them all the same. */
  readonly over = new Set<string>();
  readonly late: string[] = [];
  readonly db: StateDb;
  readonly #take: () => (typeof outcomes)[number];
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #outbox!: Outbox;
  #pipeline!: AlertPipeline;
  #suppression!: Suppression;
  #mutes = 0;

  readonly #groupMs: number;

  constructor(db: StateDb, groupMs: number, take: () => (typeof outcomes)[number]) {
    this.db = db;
    this.#groupMs = groupMs;
    this.#take = take;
  }

  start(): void {
    const stop = new AbortController();
    const process = { dead: false };
    const channel = new RecordingChannel(this.clock, (delivery, signal) => this.#receive(delivery, signal, process));
    const parts = { db: this.db, ...deps(this.clock), directory: directory() };
    this.#outbox = new Outbox({
      ...parts,
      channels: channelRegistry([channel]),
      random: () => 0.5,
      groupMs: () => this.#groupMs,
    });
    const router = { schools: new Map([['lincoln', SCHOOL]]), school: () => SCHOOL, responsibility: responsibility() };
    this.#suppression = new Suppression({
      ...parts,
      outbox: this.#outbox,
      pager: new Pager(parts),
      router: router as unknown as Router,
      meanings: () => new Map(),
      group: () => undefined,
    });
    const { responsibility: decides } = router;
    const suppression = this.#suppression;
    this.#pipeline = new AlertPipeline({ ...parts, outbox: this.#outbox, responsibility: decides, suppression });
    this.#stop = stop;
    this.#process = process;
    this.#running = this.#outbox.run(stop.signal);
  }
  #process = { dead: false };

  async restart(): Promise<void> {
    this.#stop.abort();
    await this.clock.advance(5_000);
    await this.#running;
    this.start();
  }

  /** Deliveries under way never come back to the process that began them. */
  kill(): void {
    this.#process.dead = true;
    this.#stop.abort();
    this.start();
  }

  async apply(type: 'opened' | 'resolved', id: string): Promise<void> {
    const at = this.clock.now();
    const of = alert({
      id,
      key: id.split('.')[0]!,
      openedAt: type === 'opened' ? at : T0,
      resolvedAt: at,
      labels: { n: id[1]! },
    });
    await this.#pipeline.apply([change(type, of)]);
    if (type === 'resolved') this.over.add(id);
  }

  async change(id: string, severity: Severity): Promise<void> {
    const of = alert({ id, key: id.split('.')[0]!, severity });
    const change = { type: 'severity_changed', alert: of, reason: severity, at: this.clock.now() } as const;
    await this.#pipeline.apply([change, change]);
  }

  /** Nobody is told of the alerts of a number for a while, or until that is ended. */
  async mute(n: number, ms: number): Promise<void> {
    const now = this.clock.now();
    const matchers = [{ name: 'n', value: String(n), isRegex: false, isEqual: true }];
    const by = { party: 'internal', author: 'Kim', comment: 'c', createdAt: now, endedAt: null, endedBy: null };
    const id = `n${n} ${++this.#mutes}`;
    await addMute(this.db, {
      id,
      school: 'lincoln',
      kind: 'silence',
      matchers,
      startsAt: now,
      endsAt: now + ms,
      ...by,
    });
    await this.#suppression.step();
  }

  async unmute(n?: number): Promise<void> {
    const now = this.clock.now();
    for (const { id, kind, school } of await currentMutes(this.db, 'lincoln', now))
      if (n === undefined || id.startsWith(`n${n} `)) await endMute(this.db, { id, kind, school }, 'Kim', now);
    await this.#suppression.step();
  }

  async #receive(delivery: Delivery, signal: AbortSignal, process: { dead: boolean }): Promise<DeliveryResult> {
    const { type, data } = JSON.parse(delivery.body) as {
      type: string;
      data: { alert: { id: string }; alerts?: { reference: string; alert: { id: string } }[] };
    };
    const kind = type.replace('alerts.', 'alert.');
    const told = data.alerts ?? [{ reference: delivery.id, alert: data.alert }];
    const parts = told.map(({ reference, alert: { id } }) => ({
      target: `${id} ${delivery.endpoint.address}`,
      kind,
      id: reference,
      alert: id,
    }));
    const open = kind === 'alert.open';
    for (const { target, alert } of parts) if (open && this.over.has(alert)) this.late.push(target);
    const outcome: { acts: boolean; result: DeliveryResult; slow?: boolean } = this.#take();
    // A receiver that is told an alert is over is not gone: otherwise nothing could be owed to it.
    const result = !open && outcome === outcomes[6] ? outcomes[4].result : outcome.result;
    if (outcome.acts) this.acted.push(...parts);
    if (!outcome.acts && !result.ok && 'uncertain' in result)
      for (const { target } of parts) this.uncertain.add(target);
    if (outcome.slow) await this.clock.sleep(2_500, signal);
    if (process.dead) {
      if (open) for (const { target } of parts) this.uncertain.add(target);
      return new Promise(() => {});
    }
    return result;
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.clock.advance(5_000);
    await this.#running;
    await this.db.destroy();
  }
}

async function play(
  acts: readonly (typeof act extends fc.Arbitrary<infer T> ? T : never)[],
  script: readonly number[],
  groupMs: number,
  endMutes: boolean,
): Promise<void> {
  let next = 0;
  let well = false;
  const clock = new FakeClock(T0);
  const world = new World(await testState(clock), groupMs, () =>
    well ? WELL : outcomes[script[next++ % script.length]!]!,
  );
  world.start();
  const openings: number[] = Array(ALERTS).fill(0);
  const isOpen: boolean[] = Array(ALERTS).fill(false);
  for (const a of acts) {
    if (a.do === 'open' && !isOpen[a.n]) {
      isOpen[a.n] = true;
      await world.apply('opened', `a${a.n}.${++openings[a.n]!}`);
    } else if (a.do === 'resolve' && isOpen[a.n]) {
      isOpen[a.n] = false;
      await world.apply('resolved', `a${a.n}.${openings[a.n]}`);
    } else if (a.do === 'again' && openings[a.n]! > 0) {
      await world.apply('opened', `a${a.n}.${openings[a.n]}`);
      if (!isOpen[a.n]) await world.apply('resolved', `a${a.n}.${openings[a.n]}`);
    } else if (a.do === 'change' && openings[a.n]! > 0) await world.change(`a${a.n}.${openings[a.n]}`, a.to);
    else if (a.do === 'wait') await world.clock.advance(a.ms);
    else if (a.do === 'mute') await world.mute(a.n, 3_600_000);
    else if (a.do === 'unmute') await world.unmute(a.n);
    else if (a.do === 'restart') await world.restart();
    else if (a.do === 'kill') world.kill();
  }
  well = true;
  if (endMutes) await world.unmute();
  for (let n = 0; n < ALERTS; n++) if (isOpen[n]) await world.apply('resolved', `a${n}.${openings[n]}`);
  await world.clock.advance(2_700_000);
  await check(world);
  await world.end();
}

async function check(world: World): Promise<void> {
  const targets = new Map<string, { opens: number; lastOpen: number; closings: Set<string>; firstClosing: number }>();
  world.acted.forEach(({ target, kind, id }, i) => {
    const seen = targets.get(target) ?? {
      opens: 0,
      lastOpen: -1,
      closings: new Set(),
      firstClosing: Number.POSITIVE_INFINITY,
    };
    targets.set(target, seen);
    if (kind === 'alert.open') {
      seen.opens++;
      seen.lastOpen = i;
    } else {
      seen.closings.add(id);
      seen.firstClosing = Math.min(seen.firstClosing, i);
    }
  });
  for (const [target, { opens, lastOpen, closings, firstClosing }] of targets) {
    if (opens > 0) expect(closings.size, `closings of ${target}, which was told`).toBe(1);
    else expect(world.uncertain, `${target} was closed without having been told`).toContain(target);
    expect(lastOpen, `${target} was told after it was closed`).toBeLessThan(firstClosing);
  }
  expect(world.late, 'told of an alert that was over').toEqual([]);
  for (const stored of await listAlerts(world.db)) {
    expect(foldEvents(await listEvents(world.db, stored.id))).toEqual(stored);
  }
}

it('every delivered open gets exactly one closed, and nobody else gets one', async () => {
  const script = fc.array(fc.nat(outcomes.length - 1), { minLength: 1, maxLength: 30 });
  const played = fc.asyncProperty(
    fc.array(act, { minLength: 1, maxLength: 20 }),
    script,
    fc.constantFrom(0, 60_000),
    fc.boolean(),
    play,
  );
  await fc.assert(played, { numRuns: 120, interruptAfterTimeLimit: 45_000, endOnFailure: false });
}, 120_000);
