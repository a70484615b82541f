import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import { BellwetherError, errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import { systemClock } from '../runtime/clock.ts';
import { giveBackMemory } from '../runtime/give-back.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import { serveMetrics } from '../runtime/metrics-server.ts';
import { SelfMetrics } from '../runtime/self-metrics.ts';
import { runService } from '../runtime/service.ts';
import { VERSION } from '../runtime/version.ts';
import type { AgentConfig } from './config.ts';
import { GatheredLines } from './gathered-lines.ts';
import { intoSpool } from './into-spool.ts';
import { Poller, type PollerDeps } from './poll/loop.ts';
import { PollBook } from './poll/poll-book.ts';
import { logPolling } from './poll/polling-log.ts';
import { answerPolling } from './polling-api.ts';
import { BUNDLED_PROFILES, GENERIC_PROFILE } from './profile/bundle.ts';
import { InventoryPush } from './push/inventory-push.ts';
import { Sender } from './push/sender.ts';
import { HttpTransport } from './push/transport.ts';
import { reportItself } from './self-report.ts';
import { FailureHistory } from './services/failure-history.ts';
import { ServiceWatch } from './services/watch.ts';
import type { Settings } from './settings.ts';
import { readSettings } from './settings-reader.ts';
import type { Spool } from './spool/spool.ts';
import { SqliteSpool } from './spool/sqlite-spool.ts';
import { type TrapDeps, Traps } from './traps.ts';

/** Runs the agent until it is told to stop. Returns the exit code. @throws ConfigError, or BW_SPOOL when the spool cannot be opened. */
export async function runAgent(file: string): Promise<number> {
  const settings = await readSettings(file);
  const log = createLogger('agent', settings.config.log_level);
  const lifecycle = new Lifecycle(log, systemClock);
  return runService(lifecycle, () => startAgent(file, settings, lifecycle, log));
}

/** What can fail comes first; polling last. Returns what reloads. */
async function startAgent(
  file: string,
  settings: Settings,
  lifecycle: Lifecycle,
  log: Logger,
): Promise<() => Promise<void>> {
  const clock = systemClock;
  const { config } = settings;
  const metrics = new SelfMetrics().withProcessMetrics();
  const { path, max_bytes, max_age } = config.spool;
  const spool = new SqliteSpool({ path, maxBytes: max_bytes, maxAgeMs: max_age, clock, log, metrics });
  spool.start();
  lifecycle.onStop('spool', () => spool.stop());
  const book = new PollBook();
  const routes = { '/api/v1/polling': (query: URLSearchParams) => answerPolling(book, query, clock.now()) };
  if (config.listen) log.info({ url: await serveMetrics(lifecycle, metrics, config.listen, routes) }, 'metrics');

  const parts: Parts = { clock, log, metrics, spool, book, lines: new GatheredLines(spool, clock) };
  const work = new Work(parts, settings);
  work.start();
  lifecycle.onStop('polling and pushing', () => work.stop());
  const itself = { ...parts, host: hostname(), version: VERSION, rssBytes: process.memoryUsage.rss };
  lifecycle.run('self report', (signal) =>
    reportItself(
      { ...itself, polls: () => book.totals(), targets: () => work.targets, emit: intoSpool(spool) },
      signal,
    ),
  );
  lifecycle.run('polling summary', (signal) => logPolling(parts, signal));
  log.info({ targets: config.targets.length, collector: config.collector.url }, 'polling');
  return () => work.reload(file, lifecycle.signal);
}

interface Parts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  readonly spool: Spool;
  /** What is counted of each device stays over a reload. */
  readonly book: PollBook;
  readonly lines: GatheredLines;
}

/** What a reload replaces: the poller, the watch over services, and the way to the collector. The spool stays, so nothing is lost in between. */
class Work {
  readonly #parts: Parts;
  #settings: Settings;
  #poller: Poller | undefined;
  #services: ServiceWatch | undefined;
  readonly #history = new FailureHistory();
  readonly #traps: Traps;
  #push: Push | undefined;
  /** Reloads one after the other, however fast the signals come. */
  #last: Promise<void> = Promise.resolve();

  constructor(parts: Parts, settings: Settings) {
    this.#parts = parts;
    this.#settings = settings;
    const pollNow: TrapDeps['pollNow'] = (device, reread) => this.#poller?.pollNow(device, reread);
    this.#traps = new Traps({ ...parts, host: hostname(), emit: intoSpool(parts.spool), pollNow });
  }

  /** How many are polled now. */
  get targets(): number {
    return this.#settings.config.targets.length;
  }

  start(): void {
    const { config, traps } = this.#settings;
    this.#poller = this.#createPoller(this.#settings);
    this.#services = this.#createServices(config);
    this.#push = this.#startPush(config.collector);
    this.#push.inventory.retain(namesOf(config));
    this.#poller.start();
    this.#services.start();
    this.#traps.start(config, traps);
  }

  /** Polling ends first, then what is being sent gets its time; the rest waits in the spool. */
  async stop(): Promise<void> {
    await this.#last;
    await this.#traps.stop();
    await Promise.all([this.#poller?.stop(), this.#services?.stop()]);
    this.#parts.lines.flush();
    await this.#push?.stop();
  }

  /** What is read of a device goes into the inventory; a role that is configured is more than one that was found. */
  #createPoller(settings: Settings): Poller {
    const onFacts: NonNullable<PollerDeps['onFacts']> = ({ name, host, role }, facts) => {
      this.#traps.learnFacts(name, facts);
      this.#push?.inventory.offer(facts, { device: name, host, ...(role !== 'other' && { role }) });
    };
    return createPoller(this.#parts, settings, { traps: this.#traps, onFacts });
  }

  #createServices({ services, icmp }: AgentConfig): ServiceWatch {
    const { spool, lines: _lines, ...parts } = this.#parts;
    return new ServiceWatch({ ...parts, services, history: this.#history, fping: icmp.fping, emit: intoSpool(spool) });
  }

  #startPush(collector: AgentConfig['collector']): Push {
    return startPush(this.#parts, collector, (names) => this.#poller?.probe(names));
  }

  reload(file: string, signal: AbortSignal): Promise<void> {
    this.#last = this.#last.then(() => this.#reload(file, signal));
    return this.#last;
  }

  async #reload(file: string, signal: AbortSignal): Promise<void> {
    const { log } = this.#parts;
    try {
      const settings = await readSettings(file, { signal });
      const next = settings.config;
      const before = this.#settings.config;
      for (const key of ['spool', 'listen'] as const) {
        if (!isDeepStrictEqual(next[key], before[key]))
          log.warn({ key }, 'this change takes effect at the next restart');
      }
      log.level = next.log_level;
      // Made before the old one is touched: what cannot be made leaves everything as it was.
      const poller = this.#createPoller(settings);
      const services = this.#createServices(next);
      await this.#traps.stop();
      await Promise.all([this.#poller?.stop(), this.#services?.stop()]);
      if (!isDeepStrictEqual(next.collector, before.collector)) {
        await this.#push?.stop();
        this.#push = this.#startPush(next.collector);
      }
      this.#poller = poller;
      this.#services = services;
      this.#settings = settings;
      this.#push?.inventory.retain(namesOf(next));
      poller.start();
      services.start();
      this.#traps.start(next, settings.traps);
      log.info({ targets: next.targets.length }, 'configuration reloaded');
    } catch (error) {
      log.error({ err: errorMessage(error) }, 'configuration not reloaded, the old one stays in force');
    }
  }
}

/** Of profiles, told one by one at a start: a folder of another project's has thousands. */
const WARNINGS = 50;

/** @throws BellwetherError BW_CONFIG_INVALID when the profiles that come with the product are not there */
function createPoller(
  { clock, log, metrics, spool, book, lines }: Parts,
  { config, profiles }: Settings,
  { traps, onFacts }: Required<Pick<PollerDeps, 'onFacts'>> & { readonly traps: Traps },
): Poller {
  // What has come from the reading process was held twice.
  giveBackMemory();
  for (const warning of profiles.warnings.slice(0, WARNINGS)) log.warn({ warning }, 'profile: not used');
  const more = profiles.warnings.length - WARNINGS;
  if (more > 0) log.warn({ more }, 'profile: not used, and more; `profiles lint` says all');
  for (const reason of profiles.disabled) log.error({ reason }, 'profile disabled');
  if (!profiles.profiles.has(GENERIC_PROFILE))
    throw new BellwetherError('BW_CONFIG_INVALID', `${BUNDLED_PROFILES}/${GENERIC_PROFILE} is missing or broken`);
  const keep = intoSpool(spool);
  const emit = (samples: readonly Sample[]): void => {
    traps.learn(samples);
    keep(samples);
  };
  return new Poller({ config, profiles, clock, log, metrics, book, emit, onFacts, lines });
}

interface Push {
  /** To be offered what a full pass over a device found. */
  readonly inventory: InventoryPush;
  readonly stop: () => Promise<void>;
}

function namesOf({ targets }: AgentConfig): ReadonlySet<string> {
  return new Set(targets.map(({ name }) => name));
}

function startPush(
  { clock, log, metrics, spool }: Parts,
  collector: AgentConfig['collector'],
  onProbe: (names: readonly string[]) => void,
): Push {
  const { url, token, timeout, ca, batch } = collector;
  const transport = new HttpTransport({ url, token, timeoutMs: timeout, clock, ...(ca === undefined ? {} : { ca }) });
  transport.start();
  const sender = new Sender({ spool, transport, clock, log, metrics, batchBytes: batch, onProbe });
  const inventory = new InventoryPush({ transport, clock, log, metrics });
  const stopping = new AbortController();
  const running = Promise.all([sender.run(stopping.signal), inventory.run(stopping.signal)]);
  return {
    inventory,
    stop: async () => {
      stopping.abort();
      await running;
      await transport.stop();
    },
  };
}
