import type { Clock } from '../../core/clock.ts';
import { countVerdicts, type PollingRow, slowestFirst, type VerdictCounts } from '../../core/polling-api.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { PollBook } from './poll-book.ts';
import { nextTick } from './tick.ts';

/** Soon after a start, for whoever watches it, when most devices were polled twice. */
const FIRST_AFTER_MS = 150_000;
/** What changes is logged when it changes; this is for who reads the log later, and 24 lines a day hide nothing. */
const INTERVAL_MS = 3_600_000;
const NAMED = 10;

export interface PollingSummary {
  readonly devices: number;
  readonly verdicts: VerdictCounts;
  readonly slowest: readonly Pick<
    PollingRow,
    'device' | 'verdict' | 'cause' | 'meanMs' | 'sharePercent' | 'intervalS' | 'timeouts'
  >[];
}

/** Those that are not well, the slowest first. Pure. */
export function pollingSummary(rows: readonly PollingRow[]): PollingSummary {
  const slowest = rows.filter(({ verdict }) => verdict !== 'ok').sort(slowestFirst);
  return {
    devices: rows.length,
    verdicts: countVerdicts(rows),
    slowest: slowest.slice(0, NAMED).map(({ device, verdict, cause, meanMs, sharePercent, intervalS, timeouts }) => ({
      device,
      verdict,
      cause,
      meanMs,
      sharePercent,
      intervalS,
      timeouts,
    })),
  };
}

/**
 * Says in the log which devices are polled with trouble, and why, until `signal` aborts: soon after the start in any case, then every hour while there are
 * some, and once when there are none any more.
 */
export async function logPolling(
  { clock, log, book }: { readonly clock: Clock; readonly log: Logger; readonly book: Pick<PollBook, 'rows'> },
  signal: AbortSignal,
): Promise<void> {
  let due = clock.monotonic() + FIRST_AFTER_MS;
  let isNews = true;
  while (!signal.aborted) {
    await clock.sleep(due - clock.monotonic(), signal);
    if (signal.aborted) return;
    const summary = pollingSummary(book.rows(clock.now()));
    const isWell = summary.slowest.length === 0;
    if (summary.devices > 0 && (isNews || !isWell)) log.info(summary, isWell ? 'polling goes well' : 'slowest devices');
    isNews = !isWell;
    due = nextTick(due, INTERVAL_MS, clock.monotonic()).due;
  }
}
