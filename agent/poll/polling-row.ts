import type { PollingRow, PollVerdict } from '../../core/polling-api.ts';
import { type DeviceStats, type Noted, Stretch } from './device-stats.ts';

/** Of its interval; a poll is ended at 80 %. */
const SLOW_PERCENT = 25;
/** Mean time between two polls by the interval. */
const LATE_FROM = 1.05;
/** Requests without an answer: one lost packet in some minutes is no news. */
const LOST_PERCENT = 2;
const LOST_LEAST = 2;
/** What happened to a device explains what is seen of it for so long. */
const NOTED_MS = 3_600_000;
const CAUSES = 2;
const CAUSE_LENGTH = 200;

/** How the polling of a device goes, over its last two stretches. @param now wall clock ms */
export function pollingRow(stats: DeviceStats, now: number): PollingRow {
  return rowOver(stats, stats.before ? added(stats.before, stats.now) : stats.now, now);
}

/** The same over one stretch. */
export function rowOver(stats: DeviceStats, sum: Stretch, now: number): PollingRow {
  const { device, intervalMs } = stats;
  const asked = sum.polls - sum.spared;
  const sharePercent = shareOf(sum, intervalMs);
  const verdict = verdictOf(stats, sum, sharePercent);
  return {
    device,
    verdict,
    cause: causeOf(stats, sum, verdict, now),
    time: stats.lastTime ?? null,
    meanMs: asked > 0 ? rounded(sum.pollMs / asked) : null,
    maxMs: asked > 0 ? rounded(sum.longestMs) : null,
    sharePercent,
    intervalS: sum.gaps > 0 ? rounded(sum.gapMs / sum.gaps / 1000) : null,
    wantedIntervalS: intervalMs / 1000,
    polls: sum.polls,
    failed: sum.failed,
    skipped: sum.skipped,
    requests: sum.requests,
    retries: sum.retries,
    timeouts: sum.timeouts,
  };
}

function shareOf({ polls, skipped, pollMs, factsMs }: Stretch, intervalMs: number): number {
  const had = (polls + skipped) * intervalMs;
  return had > 0 ? rounded((100 * (pollMs + factsMs)) / had) : 0;
}

function verdictOf(stats: DeviceStats, sum: Stretch, sharePercent: number): PollVerdict {
  if (stats.lastEvidence === 'silent') return 'silent';
  if (stats.lastOutcome !== 'ok' || (sum.failed > 0 && 2 * sum.failed >= sum.polls)) return 'failing';
  const isLate = sum.gaps > 1 && sum.gapMs / sum.gaps > LATE_FROM * stats.intervalMs;
  if (sum.skipped > 0 || isLate) return 'late';
  if (sum.timeouts >= LOST_LEAST && 100 * sum.timeouts >= LOST_PERCENT * sum.requests) return 'lossy';
  return sharePercent >= SLOW_PERCENT ? 'slow' : 'ok';
}

/** What explains most comes first. */
function causeOf(stats: DeviceStats, sum: Stretch, verdict: PollVerdict, now: number): string {
  const { lastOutcome, lastFault = '', stranger, adaptation } = stats;
  const isRecent = (noted: Noted | undefined): noted is Noted => noted !== undefined && now - noted.at < NOTED_MS;
  const asked = sum.polls - sum.spared;
  const causes: string[] = [];
  if (lastOutcome !== 'ok') causes.push(lastFault);
  else if (sum.failed > 0) causes.push(`${sum.failed} of ${sum.polls} polls failed, the last by: ${lastFault}`);
  // That outcome says so itself.
  if (isRecent(stranger) && lastOutcome !== 'BW_SNMP_SOURCE')
    causes.push(`reply from another address: ${stranger.text}`);
  if (isRecent(adaptation)) causes.push(adaptation.text);
  for (const { fault } of stats.facts?.values() ?? []) if (fault !== undefined) causes.push(`its facts: ${fault}`);
  if (sum.late > 0) causes.push(`${sum.late} ${sum.late === 1 ? 'answer' : 'answers'} after the timeout`);
  if (sum.timeouts > 0 && verdict !== 'silent')
    causes.push(`${sum.timeouts} of ${sum.requests} requests without an answer in time`);
  if (sum.skipped > 0)
    causes.push(`${sum.skipped} ${sum.skipped === 1 ? 'poll' : 'polls'} left out: the one before still went on`);
  if (verdict !== 'ok' && sum.factsMs > sum.pollMs)
    causes.push(`facts take ${seconds(sum.factsMs / sum.polls)} a poll`);
  if ((verdict === 'slow' || lastOutcome === 'BW_SNMP_BUDGET') && asked > 0)
    causes.push(`${Math.round(sum.requests / asked)} requests take ${seconds((sum.pollMs + sum.factsMs) / asked)}`);
  if (verdict === 'late' && causes.length === 0) causes.push('polls begin too late');
  return causes.slice(0, CAUSES).join('; ').slice(0, CAUSE_LENGTH);
}

function added(a: Stretch, b: Stretch): Stretch {
  const sum = new Stretch();
  for (const key of Object.keys(sum) as (keyof Stretch)[]) sum[key] = a[key] + b[key];
  sum.longestMs = Math.max(a.longestMs, b.longestMs);
  return sum;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
