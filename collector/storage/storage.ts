import type { FieldValue, Sample } from '../../core/sample.ts';

/**
 * What a store did with a batch. `rejected` lists what it refused for good, by index into the batch (-1: one of the batch, the server did not
 * say which); the rest is safe.
 */
export interface WriteResult {
  readonly written: number;
  readonly rejected: readonly { readonly index: number; readonly reason: string }[];
}

/** Which series: every tag named must equal the value given. `school` is required so that no query can forget the tenant. */
export interface SeriesFilter {
  readonly school: string;
  readonly measurement: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface LatestQuery extends SeriesFilter {
  /** Only series with a point at or after this time (ms). */
  readonly since: number;
}

export interface LatestSeries {
  readonly tags: Readonly<Record<string, string>>;
  /** The last value of each field, and the time of the newest of them (ms). */
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly time: number;
}

export interface RangeQuery extends SeriesFilter {
  readonly field: string;
  /** Half-open [from, to), ms. */
  readonly from: number;
  readonly to: number;
  /** Width of one output point, ms; the mean of the values inside. Undefined: raw points. */
  readonly step?: number;
}

export interface RangeSeries {
  readonly tags: Readonly<Record<string, string>>;
  /** [time ms, value]; only numeric fields; times ascending; with `step`, the start of each step (a multiple of it), empty steps left out. */
  readonly points: readonly (readonly [number, number])[];
}

export interface MaintenanceReport {
  /** Raw rows dropped by age, rows rolled up, rollup rows dropped; a store that does this by itself reports zeros. */
  readonly expired: number;
  readonly rolledUp: number;
}

/**
 * Where metrics live. One contract suite (test/contract/metric-store.ts) runs over every implementation.
 * Samples come with their tenant tags `school` and `site` already stamped.
 */
export interface MetricStore {
  readonly name: string;
  /** Opens or connects; creates what is missing. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Resolves once the batch is safe (committed, or acknowledged by the far end). Writing the same points again changes nothing.
   * @throws BellwetherError BW_STORAGE_UNAVAILABLE (retryable) when it is not known to be safe: unreachable, timed out, aborted. The embedded
   *   store has then stored nothing; a server may have stored it, so write the same batch again.
   */
  write(samples: readonly Sample[], signal?: AbortSignal): Promise<WriteResult>;
  latest(query: LatestQuery): Promise<LatestSeries[]>;
  range(query: RangeQuery): Promise<RangeSeries[]>;
  /** Retention and down-sampling as of `now` (ms). */
  maintain(now: number): Promise<MaintenanceReport>;
  /** Throws BW_STORAGE_UNAVAILABLE when the store cannot take writes now. */
  ping(): Promise<void>;
}
