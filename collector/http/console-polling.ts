import {
  countVerdicts,
  POLL_VERDICTS,
  type PollingList,
  type PollVerdict,
  type SitePollingRow,
  slowestFirst,
} from '../../core/polling-api.ts';
import type { FieldValue } from '../../core/sample.ts';
import type { TenantId } from '../access/access.ts';
import type { LatestSeries, MetricStore } from '../storage/storage.ts';

/** What is older says nothing of now; agents tell every 5 minutes, or every interval where that is longer. */
const CURRENT_MS = 3600_000;
const CAUSE_LENGTH = 300;

/** How each device of a school is polled, as its agents told last; the slowest first. @throws BellwetherError BW_STORAGE_UNAVAILABLE */
export async function readPolling(store: MetricStore, school: TenantId, now: number): Promise<SitePollingRow[]> {
  return pollingRows(await store.latest({ school, measurement: 'snmp_poll', since: now - CURRENT_MS }));
}

/** Pure. What no agent of ours writes is left out: other programs may push under the same name. */
export function pollingRows(series: readonly LatestSeries[]): SitePollingRow[] {
  const newest = new Map<string, LatestSeries>();
  for (const one of series) {
    // A change of any tag begins a new series.
    const key = JSON.stringify([one.tags['site'], one.tags['device']]);
    const before = newest.get(key);
    if (!before || one.time > before.time) newest.set(key, one);
  }
  return [...newest.values()].flatMap((one) => rowOf(one) ?? []).sort(slowestFirst);
}

/** Pure: of all rows the first so many, of one site where that is asked. */
export function pollingList(
  school: string,
  rows: readonly SitePollingRow[],
  { site, slowest }: { readonly site?: string | undefined; readonly slowest: number },
): PollingList {
  const there = site === undefined ? rows : rows.filter((row) => row.site === site);
  return { school, devices: there.length, verdicts: countVerdicts(there), slowest: there.slice(0, slowest) };
}

function rowOf({ tags, fields, time }: LatestSeries): SitePollingRow | undefined {
  const { device, site } = tags;
  const verdict = fields['verdict'];
  if (!device || !isVerdict(verdict)) return undefined;
  const number = (name: string): number => numberOf(fields[name]) ?? 0;
  // Where nothing was asked, what stands there is of before.
  const asked = number('requests') > 0;
  return {
    device,
    site: site ?? '',
    verdict,
    cause: String(fields['cause'] ?? '').slice(0, CAUSE_LENGTH),
    time,
    meanMs: asked ? numberOf(fields['mean_ms']) : null,
    maxMs: asked ? numberOf(fields['max_ms']) : null,
    sharePercent: number('share_percent'),
    intervalS: numberOf(fields['interval_s']),
    wantedIntervalS: number('wanted_interval_s'),
    polls: number('polls'),
    failed: number('failed'),
    skipped: number('skipped'),
    requests: number('requests'),
    retries: number('retries'),
    timeouts: number('timeouts'),
  };
}

function isVerdict(value: FieldValue | undefined): value is PollVerdict {
  return POLL_VERDICTS.includes(value as PollVerdict);
}

function numberOf(value: FieldValue | undefined): number | null {
  if (value === undefined || typeof value === 'string') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
