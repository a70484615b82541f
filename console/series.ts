import type { Series } from '../core/page-api.ts';
import { getSeries, type SeriesRequest } from './api.ts';
import { usePolled } from './polled.ts';

const REFRESH_MS = 5_000;
/** Points asked for across a chart: about one per two pixels of a wide screen. */
const POINTS = 360;

export interface Wanted {
  readonly school: string;
  readonly device: string;
  readonly ifIndex?: string;
  readonly measurement: string;
  readonly fields: readonly string[];
  readonly rangeMs: number;
}

export interface Loaded {
  readonly series: readonly Series[];
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** The window that ends at `now`, on whole steps, so that points do not move between refreshes. */
export function windowOf(now: number, rangeMs: number): { from: number; to: number; step: number } {
  const step = Math.max(1_000, Math.ceil(rangeMs / POINTS / 1000) * 1000);
  const to = (Math.floor(now / step) + 1) * step;
  return { from: Math.floor((to - rangeMs) / step) * step, to, step };
}

/**
 * The series wanted, read again every five seconds while the page is visible. What was shown last stays until the new arrives;
 * `problem` says why it does not.
 */
export function useSeries(wanted: Wanted, now: number): { loaded: Loaded | null; problem: string | null } {
  const { value, problem } = usePolled(JSON.stringify(wanted), null, REFRESH_MS, (signal) => load(wanted, now, signal));
  return { loaded: value, problem };
}

async function load(wanted: Wanted, now: number, signal: AbortSignal): Promise<Loaded> {
  const { fields, rangeMs, ...which } = wanted;
  const span = windowOf(now, rangeMs);
  const requests: SeriesRequest[] = fields.map((field) => ({ ...which, ...span, field }));
  return { series: await Promise.all(requests.map((request) => getSeries(request, signal))), ...span };
}
