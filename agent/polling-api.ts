import { countVerdicts, type PollingRow, slowestFirst } from '../core/polling-api.ts';
import type { JsonReply } from '../runtime/metrics-server.ts';
import type { DeviceStats } from './poll/device-stats.ts';
import type { PollBook } from './poll/poll-book.ts';
import { pollingRow } from './poll/polling-row.ts';

/** Devices in one answer, at most. */
const MOST = 1_000;
const EXPECTED = `expected \`slowest\` (1 to ${MOST}) or \`device\` (the name of a target), and nothing else`;

/**
 * Answers `GET /api/v1/polling`: how the polling of each device goes, the slowest first; `?slowest=N` the first N, `?device=NAME` one.
 *
 * @param now wall clock ms
 */
export function answerPolling(book: PollBook, query: URLSearchParams, now: number): JsonReply {
  const [[key, value] = [], ...more] = [...query];
  const wanted = Number(key === 'slowest' ? value : MOST);
  const isGood = key === undefined || key === 'device' || (key === 'slowest' && /^\d{1,4}$/.test(value ?? ''));
  if (more.length > 0 || !isGood || wanted < 1 || wanted > MOST) return { status: 400, body: { error: EXPECTED } };
  const all = [...book.devices].map((stats) => ({ row: pollingRow(stats, now), stats }));
  const shown = key === 'device' ? all.filter(({ row }) => row.device === value) : all;
  if (key === 'device' && shown.length === 0)
    return { status: 404, body: { error: 'no device of that name is polled' } };
  shown.sort((a, b) => slowestFirst(a.row, b.row));
  return {
    status: 200,
    body: {
      time: Math.round(now),
      devices: all.length,
      verdicts: countVerdicts(all.map(({ row }) => row)),
      slowest: shown.slice(0, wanted).map(({ row, stats }) => ({ ...row, ...sinceStart(row, stats) })),
    },
  };
}

/** What a row does not say: the last poll, and the counts since the start. */
function sinceStart({ time }: PollingRow, stats: DeviceStats): object {
  const { lastOutcome, lastMs, lastGapMs, adaptation, stranger, faults } = stats;
  return {
    last:
      time === null
        ? null
        : { outcome: lastOutcome, durationMs: lastMs, intervalS: lastGapMs === undefined ? null : lastGapMs / 1000 },
    adaptation: adaptation ?? null,
    stranger: stranger ?? null,
    total: {
      polls: { ok: stats.ok, ...Object.fromEntries(stats.failed ?? []) },
      requests: stats.requests,
      retries: stats.retries,
      timeouts: stats.timeouts,
      adaptations: stats.adapted,
      skipped: stats.skipped,
      faults,
    },
  };
}
