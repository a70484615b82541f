import { useEffect, useRef, useState } from 'preact/hooks';
import type { Series } from '../core/page-api.ts';
import { errorMessage, getSeries, type SeriesRequest } from './api.ts';
import { browserClock } from './clock.ts';

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
  const [result, setResult] = useState<{ key: string; loaded: Loaded } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const latestNow = useRef(now);
  latestNow.current = now;
  const key = JSON.stringify(wanted);
  useEffect(() => {
    const stop = new AbortController();
    const loop = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        if (!document.hidden) {
          try {
            const loaded = await load(wanted, latestNow.current, stop.signal);
            setResult({ key, loaded });
            setProblem(null);
          } catch (error) {
            if (stop.signal.aborted) return;
            setProblem(errorMessage(error));
          }
        }
        await browserClock.sleep(REFRESH_MS, stop.signal);
      }
    };
    void loop();
    return () => stop.abort();
  }, [key]);
  // Another interface's line under this one's name would be wrong: only what was asked for is shown.
  return { loaded: result?.key === key ? result.loaded : null, problem };
}

async function load(wanted: Wanted, now: number, signal: AbortSignal): Promise<Loaded> {
  const { fields, rangeMs, ...which } = wanted;
  const span = windowOf(now, rangeMs);
  const requests: SeriesRequest[] = fields.map((field) => ({ ...which, ...span, field }));
  return { series: await Promise.all(requests.map((request) => getSeries(request, signal))), ...span };
}
