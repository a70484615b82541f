/** How the polling of devices goes, as the agent tells it of its own and the collector of a school's. Pure. */

/**
 * In the order of a list: `failing` answers but is not read completely, `late` misses its interval, `lossy` leaves requests without an answer, `slow` takes
 * more than a quarter of its interval, `silent` does not answer at all (which its state says already).
 */
export const POLL_VERDICTS = ['failing', 'late', 'lossy', 'slow', 'silent', 'ok'] as const;
export type PollVerdict = (typeof POLL_VERDICTS)[number];

/** One device over the last minutes. */
export interface PollingRow {
  readonly device: string;
  readonly verdict: PollVerdict;
  /** Why, in words; empty when there is nothing to say. */
  readonly cause: string;
  /** Wall clock ms of the last poll; null before the first. */
  readonly time: number | null;
  /** Of the polls that sent anything; null when none did. */
  readonly meanMs: number | null;
  readonly maxMs: number | null;
  /** Of its time that it was being asked, facts included. */
  readonly sharePercent: number;
  /** Between the beginnings of two polls, on average; null before the second. */
  readonly intervalS: number | null;
  readonly wantedIntervalS: number;
  readonly polls: number;
  /** Of these, not complete. */
  readonly failed: number;
  /** Left out because the one before was still going. */
  readonly skipped: number;
  /** Datagrams sent, repeats among them. */
  readonly requests: number;
  readonly retries: number;
  /** Requests without an answer in time. */
  readonly timeouts: number;
}

/** At the collector: what the agent told last, over 5 minutes or one interval. */
export interface SitePollingRow extends PollingRow {
  readonly site: string;
}

/** GET /api/schools/:school/polling */
export interface PollingList {
  readonly school: string;
  /** How many there are, and of which verdict. */
  readonly devices: number;
  readonly verdicts: VerdictCounts;
  readonly slowest: readonly SitePollingRow[];
}

export type VerdictCounts = Readonly<Record<PollVerdict, number>>;

/** The order of a list: those that are not well first, in two groups (silent ones last), each by its share of the interval. */
export function slowestFirst(a: PollingRow, b: PollingRow): number {
  return (
    groupOf(a.verdict) - groupOf(b.verdict) ||
    b.sharePercent - a.sharePercent ||
    b.timeouts - a.timeouts ||
    (a.device < b.device ? -1 : a.device > b.device ? 1 : 0)
  );
}

function groupOf(verdict: PollVerdict): number {
  return verdict === 'ok' ? 2 : verdict === 'silent' ? 1 : 0;
}

export function countVerdicts(rows: readonly Pick<PollingRow, 'verdict'>[]): VerdictCounts {
  const counts = { failing: 0, late: 0, lossy: 0, slow: 0, silent: 0, ok: 0 };
  for (const { verdict } of rows) counts[verdict]++;
  return counts;
}
