import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { Logger } from '../runtime/logger.ts';
import type { SelfMetrics } from '../runtime/self-metrics.ts';
import type { PollTotals } from './poll/poll-book.ts';
import { nextTick } from './poll/tick.ts';
import { rejectedLines } from './push/push-metrics.ts';
import type { Spool, SpoolStats } from './spool/spool.ts';

/** What does not change while the agent runs. */
export interface AgentIdentity {
  /** Name of the machine; tells two agents of one site apart. */
  readonly host: string;
  readonly version: string;
}

/** How the agent is doing at one moment. Counts are since its start. */
export interface AgentStatus {
  /** Wall clock, ms. */
  readonly time: number;
  readonly uptimeMs: number;
  readonly targets: number;
  readonly polls: PollTotals;
  readonly spool: Pick<SpoolStats, 'records' | 'bytes' | 'oldestTime' | 'dropped'>;
  /** Lines that the collector refused for good. */
  readonly rejectedLines: number;
  /** Resident set size. */
  readonly rssBytes: number;
}

/** Where the rate of drops starts from: an earlier report, or the agent's start (all 0). */
export interface Baseline {
  readonly uptimeMs: number;
  readonly droppedLines: number;
}

export interface SelfReportDeps extends AgentIdentity {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  readonly spool: Spool;
  readonly polls: () => PollTotals;
  /** How many targets are configured now. */
  readonly targets: () => number;
  readonly rssBytes: () => number;
  /** Takes the sample; false when it is lost. */
  readonly emit: (samples: readonly Sample[]) => boolean;
}

/** Early enough that a new installation shows up at once, late enough for the first polls to count. */
const FIRST_AFTER_MS = 10_000;
const INTERVAL_MS = 60_000;

/** The sample of measurement `agent`. Pure. */
export function agentSample({ host, version }: AgentIdentity, status: AgentStatus, since: Baseline): Sample {
  const { time, uptimeMs, spool, polls } = status;
  const dropped = droppedLines(status);
  const minutes = (uptimeMs - since.uptimeMs) / 60_000;
  return {
    measurement: 'agent',
    tags: { host },
    fields: {
      uptime_s: uptimeMs / 1000,
      targets: BigInt(status.targets),
      polls_ok: BigInt(polls.ok),
      polls_failed: BigInt(polls.failed),
      spool_records: BigInt(spool.records),
      spool_bytes: BigInt(spool.bytes),
      spool_oldest_age_s: spool.oldestTime === undefined ? 0 : Math.max(0, time - spool.oldestTime) / 1000,
      dropped_lines: BigInt(dropped),
      // Not a number, and so left out, when no time has passed.
      dropped_lines_per_min: (dropped - since.droppedLines) / minutes,
      rejected_lines: BigInt(status.rejectedLines),
      rss_bytes: BigInt(status.rssBytes),
      version,
    },
    time,
  };
}

/**
 * Reports until `signal` aborts: an agent's own metrics cannot be read from outside a school, so what it loses reaches the collector as data.
 * The rate of drops counts from the last report that got into the spool, so that what a full disk costs is told once there is room again.
 */
export async function reportItself(deps: SelfReportDeps, signal: AbortSignal): Promise<void> {
  const { clock, log, emit } = deps;
  const startedAt = clock.monotonic();
  let since: Baseline = { uptimeMs: 0, droppedLines: 0 };
  let due = startedAt + FIRST_AFTER_MS;
  while (!signal.aborted) {
    await clock.sleep(due - clock.monotonic(), signal);
    if (signal.aborted) return;
    try {
      const status = await readStatus(deps, startedAt);
      if (emit([agentSample(deps, status, since)]))
        since = { uptimeMs: status.uptimeMs, droppedLines: droppedLines(status) };
    } catch (error) {
      log.warn({ err: errorMessage(error) }, 'the agent could not report on itself');
    }
    due = nextTick(due, INTERVAL_MS, clock.monotonic()).due;
  }
}

async function readStatus(deps: SelfReportDeps, startedAt: number): Promise<AgentStatus> {
  const { clock, metrics, spool, polls, targets, rssBytes } = deps;
  const rejected = await rejectedLines(metrics);
  return {
    time: Math.round(clock.now()),
    uptimeMs: Math.round(clock.monotonic() - startedAt),
    targets: targets(),
    polls: polls(),
    spool: spool.stats(),
    rejectedLines: rejected,
    rssBytes: rssBytes(),
  };
}

function droppedLines({ spool }: AgentStatus): number {
  return Object.values(spool.dropped).reduce((sum, lines) => sum + lines, 0);
}
