import { BellwetherError, errorMessage } from '../../core/errors.ts';
import { type QueryResult, readLatest, readRange, readResults, StatementError } from './influx-read.ts';
import { latestQueries, rangeQuery } from './influxql.ts';
import type { LatestQuery, LatestSeries, RangeQuery, RangeSeries } from './storage.ts';

export interface QueryTarget {
  /** Base address; `/query` is added. */
  readonly url: string;
  readonly database: string;
  readonly retentionPolicy: string | undefined;
  /** The Authorization header. */
  readonly authorization: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * Reads over the InfluxDB 1.x HTTP API, which 1.x and 2.x both answer. By fetch rather than the client libraries, since those parse numbers
 * themselves and 64-bit counters would lose digits.
 */
export class InfluxQuery {
  readonly #target: QueryTarget;

  constructor(target: QueryTarget) {
    this.#target = target;
  }

  async range(query: RangeQuery, signal: AbortSignal): Promise<RangeSeries[]> {
    try {
      const [result = []] = await this.#ask(rangeQuery(query, this.#target.retentionPolicy), false, signal);
      return readRange(result);
    } catch (error) {
      // The mean of a string or boolean field is no fault of the server: such a field has no points here.
      if (error instanceof StatementError && error.message.startsWith('unsupported mean')) return [];
      throw unavailable(this.#target.url, error);
    }
  }

  async latest(query: LatestQuery, signal: AbortSignal): Promise<LatestSeries[]> {
    try {
      return readLatest(await this.#ask(latestQueries(query, this.#target.retentionPolicy), true, signal));
    } catch (error) {
      throw unavailable(this.#target.url, error);
    }
  }

  async #ask(q: string, exact: boolean, signal: AbortSignal): Promise<QueryResult[]> {
    const { url, database, authorization, timeout } = this.#target;
    const response = await fetch(`${url.replace(/\/+$/, '')}/query`, {
      method: 'POST',
      headers: authorization === undefined ? {} : { authorization },
      body: new URLSearchParams({ db: database, epoch: 'ms', q }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      redirect: 'error',
    });
    const body = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}: ${body.slice(0, 200)}`);
    return readResults(body, exact);
  }
}

/** Any failure of a server, as the error that writers and readers get. */
export function unavailable(url: string, cause: unknown): BellwetherError {
  if (cause instanceof BellwetherError) return cause;
  const inner = cause instanceof Error && cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return new BellwetherError('BW_STORAGE_UNAVAILABLE', `metrics store ${url}: ${errorMessage(cause)}${inner}`, {
    cause,
    retryable: true,
  });
}
