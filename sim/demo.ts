import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Lifecycle } from '../runtime/lifecycle.ts';
import { DOMAIN_RULE, type PhoneAddress } from './demo-files.ts';
import {
  createToken,
  type DemoContext,
  type RunningCollector,
  startAgent,
  startCollector,
  startPhones,
  startSchool,
} from './demo-parts.ts';
import { DemoStory, missing, sumMetric, summarise } from './demo-story.ts';
import { freePort, isFree } from './free-port.ts';
import { renderMessage } from './phone-message.ts';
import type { SimulatedSchool } from './school.ts';
import { DEMO_TIMELINE, playTimeline, type TimelineStep } from './timeline.ts';

const METRICS_TIMEOUT_MS = 2_000;
/** The longest a timer can wait: 24 days. */
const FOREVER_MS = 2 ** 31 - 1;
/** Calm wanted before the first fault: on a slow machine the timeline begins later. */
const CALM_MS = 8_000;

export interface DemoOptions {
  /** Ends by itself after this long; undefined: runs until it is told to stop. */
  readonly forMs: number | undefined;
  /** TCP port of the page. */
  readonly port: number;
  /** Where files are kept; undefined: a temporary folder, removed at the end. */
  readonly keep: string | undefined;
}

export interface DemoDeps {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** Aborted when the user wants to end. */
  readonly stop: AbortSignal;
  /** Prints one happening at `at` ms since the start. */
  readonly print: (at: number, topic: string, lines: readonly string[]) => void;
}

/**
 * Runs a simulated school, the real collector and the real agent on this machine, lets things go wrong and come right again.
 * Returns the exit code: with `forMs`, 0 only when the domain threshold was told to a phone and its resolve too; 1 after any failure.
 */
export async function runDemo(options: DemoOptions, deps: DemoDeps): Promise<number> {
  const { clock, lifecycle, stop } = deps;
  const startedAt = clock.monotonic();
  const elapsed = (): number => clock.monotonic() - startedAt;
  const say: DemoContext['say'] = (topic, ...lines) => deps.print(elapsed(), topic, lines);
  const story = new DemoStory(clock.now());
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {}); // It may come when nobody waits for it any more.
  const done = new AbortController();
  const over = clock.sleep(Math.min(options.forMs ?? FOREVER_MS, FOREVER_MS), AbortSignal.any([stop, done.signal]));
  const endOr = <T>(work: Promise<T>): Promise<T | undefined> =>
    Promise.race([work, failure.promise, over.then(() => undefined)]);
  let starting: Promise<unknown> | undefined;
  try {
    const dir = prepareFolder(options.keep, lifecycle);
    say('files', options.keep === undefined ? `${dir} (configurations and logs, removed at the end)` : dir);
    const context: DemoContext = { dir, clock, lifecycle, say, fail: failure.reject };
    const all = startAll(context, options.port, story, elapsed);
    starting = all.catch(() => {}); // Told below, unless the end came first.
    const running = await endOr(all);
    if (running) {
      const timelineStart = Math.max(startedAt, clock.monotonic() - DEMO_TIMELINE[0]!.at + CALM_MS);
      await endOr(play(context, running.school, timelineStart).then(() => over));
    }
    return await close(options, story, running, say);
  } catch (error) {
    say('failed', ...errorMessage(error).split('\n'));
    return 1;
  } finally {
    done.abort();
    await lifecycle.stop('the demo is over');
    await starting;
  }
}

/** A temporary folder that goes away at the end, or the one to keep, which must be new or empty. */
function prepareFolder(keep: string | undefined, lifecycle: Lifecycle): string {
  if (keep !== undefined) {
    const dir = resolve(keep);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (readdirSync(dir).length > 0) throw new Error(`${dir} is not empty: --keep wants a new or empty folder`);
    return dir;
  }
  const dir = mkdtempSync(join(tmpdir(), 'bellwether-demo-'));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  process.once('exit', remove);
  lifecycle.onStop('temporary folder', () => {
    process.off('exit', remove);
    remove();
  });
  return dir;
}

interface Running {
  readonly school: SimulatedSchool;
  /** Where agent and collector show their own metrics. */
  readonly metrics: { readonly agent: string; readonly collector: string };
}

async function startAll(
  context: DemoContext,
  wantedPort: number,
  story: DemoStory,
  elapsed: () => number,
): Promise<Running> {
  const { say } = context;
  const school = await startSchool(context);
  const phones = await startPhones(context, (message, person) => {
    story.tell(message, person, elapsed());
    say('phone', `of ${person}:`, ...renderMessage(message));
  });
  const collector = await startOnFreePort(context, wantedPort, phones);
  say('page', `${collector.url}   admin token: ${collector.adminToken}`);
  const token = await createToken(context, collector.configFile);
  const agent = await startAgent(context, school, { url: collector.url, token });
  return { school, metrics: { agent, collector: new URL('/metrics', collector.url).href } };
}

/** The collector on its usual port, or on a free one when that is taken, be it while the collector starts (by a second demo). */
async function startOnFreePort(
  context: DemoContext,
  wanted: number,
  phones: readonly PhoneAddress[],
): Promise<RunningCollector> {
  if (await isFree(wanted)) {
    try {
      return await startCollector(context, wanted, phones);
    } catch (error) {
      if (await isFree(wanted)) throw error;
    }
  }
  const port = await freePort();
  context.say('page', `port ${wanted} is in use; taking ${port} instead (--port chooses another)`);
  return startCollector(context, port, phones);
}

async function play({ clock, lifecycle, say }: DemoContext, school: SimulatedSchool, startedAt: number): Promise<void> {
  const { signal } = lifecycle;
  const perform = ({ action, fault }: TimelineStep): void => {
    fault[action](school);
    if (action === 'inject') say('fault', fault.happens);
    else say('repaired', fault.ends);
  };
  await playTimeline(DEMO_TIMELINE, perform, { clock, startedAt, signal });
}

/** The closing summary, and whether everything was seen. */
async function close(
  options: DemoOptions,
  story: DemoStory,
  running: Running | undefined,
  say: DemoContext['say'],
): Promise<number> {
  const counts = {
    polls: running && (await readMetric(running.metrics.agent, 'bellwether_agent_polls_total')),
    points:
      running &&
      (await readMetric(running.metrics.collector, 'bellwether_collector_ingest_lines_total', 'result="stored"')),
  };
  say('summary', ...summarise(story.alerts, counts));
  if (options.forMs === undefined) return 0;
  const problems = running ? missing(story.alerts, DOMAIN_RULE) : ['it was over before everything had started'];
  say('result', ...(problems.length === 0 ? ['opened, delivered, resolved'] : problems.map((p) => `missing: ${p}`)));
  return problems.length === 0 ? 0 : 1;
}

async function readMetric(url: string, name: string, label?: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(METRICS_TIMEOUT_MS) });
    return response.ok ? sumMetric(await response.text(), name, label) : undefined;
  } catch {
    return undefined;
  }
}
