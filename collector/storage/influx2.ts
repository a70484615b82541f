import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import { BellwetherError } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import { InfluxQuery, unavailable } from './influx-query.ts';
import { readRefusal, type WriteReply, writeLines } from './influx-write.ts';
import type {
  LatestQuery,
  LatestSeries,
  MaintenanceReport,
  MetricStore,
  RangeQuery,
  RangeSeries,
  WriteResult,
} from './storage.ts';

export interface Influx2Options {
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  readonly token: string;
  readonly query_url?: string | undefined;
  readonly database?: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

const GZIP_FROM_BYTES = 1024;

/**
 * InfluxDB 2.x, and what speaks its write interface (VictoriaMetrics takes the writes, but answers no InfluxQL). Reads go to the
 * 1.x-compatible `/query`. The bucket must exist; retention and down-sampling are the server's.
 */
export class Influx2Store implements MetricStore {
  readonly name = 'influx2';
  readonly #options: Influx2Options;
  readonly #path: string;
  readonly #query: InfluxQuery;
  #client: InfluxDB | undefined;
  #stopping = new AbortController();

  constructor(options: Influx2Options) {
    this.#options = options;
    this.#path = `/api/v2/write?${new URLSearchParams({ org: options.org, bucket: options.bucket, precision: 'ms' })}`;
    this.#query = new InfluxQuery({
      url: options.query_url ?? options.url,
      database: options.database ?? options.bucket,
      retentionPolicy: undefined,
      authorization: `Token ${options.token}`,
      timeout: options.timeout,
    });
  }

  async start(): Promise<void> {
    if (this.#client) return;
    const { url, token, timeout } = this.#options;
    this.#stopping = new AbortController();
    this.#client = new InfluxDB({ url, token, timeout });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#client = undefined;
  }

  async write(samples: readonly Sample[], signal?: AbortSignal): Promise<WriteResult> {
    const client = this.#started();
    try {
      signal?.throwIfAborted();
      return await writeLines(samples, (body) => this.#send(client, body, signal));
    } catch (error) {
      throw unavailable(this.#options.url, error);
    }
  }

  latest(query: LatestQuery): Promise<LatestSeries[]> {
    return this.#query.latest(query, this.#stopping.signal);
  }

  range(query: RangeQuery): Promise<RangeSeries[]> {
    return this.#query.range(query, this.#stopping.signal);
  }

  async maintain(): Promise<MaintenanceReport> {
    return { expired: 0, rolledUp: 0 };
  }

  /** `/ping` rather than `/health`, which not everything that takes v2 writes has. */
  async ping(): Promise<void> {
    try {
      await this.#started().transport.request('/ping', '', { method: 'GET', signal: this.#limit(undefined) });
    } catch (error) {
      throw unavailable(this.#options.url, error);
    }
  }

  #started(): InfluxDB {
    if (this.#client) return this.#client;
    throw new BellwetherError('BW_STORAGE_UNAVAILABLE', 'the metrics store is not started', { retryable: true });
  }

  /**
   * One request, answered before this resolves. Not through the library's WriteApi: its buffer and retries would answer for batches whose
   * fate is not known yet, and drop them on close.
   */
  async #send(client: InfluxDB, body: string, signal: AbortSignal | undefined): Promise<WriteReply> {
    try {
      await client.transport.request(this.#path, body, {
        method: 'POST',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        gzipThreshold: GZIP_FROM_BYTES,
        signal: this.#limit(signal),
      });
      return { kind: 'stored' };
    } catch (error) {
      if (error instanceof HttpError && [400, 413, 422].includes(error.statusCode))
        return readRefusal(error.body ?? '');
      throw error;
    }
  }

  /** Ends a request at its timeout, at `stop`, or when the caller gives up. */
  #limit(signal: AbortSignal | undefined): AbortSignal {
    const ends = [this.#stopping.signal, AbortSignal.timeout(this.#options.timeout)];
    return AbortSignal.any(signal ? [...ends, signal] : ends);
  }
}
