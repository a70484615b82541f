import { type IClusterConfig, InfluxDB } from 'influx';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
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

export interface Influx1Options {
  readonly url: string;
  readonly database: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly retention_policy?: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

type Backoff = NonNullable<NonNullable<IClusterConfig['pool']>['backoff']>;

/** The library would shut a host out for seconds after a failure, on timers that outlive `stop`; senders have a back-off of their own. */
const NO_BACKOFF: Backoff = { getDelay: () => 0, next: () => NO_BACKOFF, reset: () => NO_BACKOFF };

/** InfluxDB 1.x (1.6 and later). Retention and down-sampling are the server's: retention policies and continuous queries. */
export class Influx1Store implements MetricStore {
  readonly name = 'influx1';
  readonly #options: Influx1Options;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #query: InfluxQuery;
  #client: InfluxDB | undefined;
  #stopping = new AbortController();
  #databaseExists = false;

  constructor(options: Influx1Options, parts: { readonly clock: Clock; readonly log: Logger }) {
    this.#options = options;
    this.#clock = parts.clock;
    this.#log = parts.log;
    const { username, password } = options;
    const basic = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
    this.#query = new InfluxQuery({
      url: options.url,
      database: options.database,
      retentionPolicy: options.retention_policy,
      authorization: username === undefined ? undefined : `Basic ${basic}`,
      timeout: options.timeout,
    });
  }

  /** Creates the database. A server that is not up yet is no reason to fail: writes say so until it is, and create it then. */
  async start(): Promise<void> {
    if (this.#client) return;
    this.#stopping = new AbortController();
    this.#client = this.#connect();
    try {
      await this.#ensureDatabase(this.#client);
    } catch (error) {
      this.#log.warn({ err: error }, 'the metrics store is not reachable yet');
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#client = undefined;
    this.#databaseExists = false;
  }

  async write(samples: readonly Sample[], signal?: AbortSignal): Promise<WriteResult> {
    const client = this.#started();
    try {
      signal?.throwIfAborted();
      await this.#ensureDatabase(client, signal);
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

  async ping(): Promise<void> {
    const [host] = await this.#started().ping(this.#options.timeout);
    if (!host?.online) throw unavailable(this.#options.url, new Error('no answer to /ping'));
  }

  #started(): InfluxDB {
    if (this.#client) return this.#client;
    throw new BellwetherError('BW_STORAGE_UNAVAILABLE', 'the metrics store is not started', { retryable: true });
  }

  #connect(): InfluxDB {
    const { url, database, username, password, timeout } = this.#options;
    const { protocol, hostname, port, pathname } = new URL(url);
    const host = {
      protocol: protocol.slice(0, -1) as 'http' | 'https',
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      path: pathname.replace(/\/+$/, ''),
    };
    return new InfluxDB({
      hosts: [host],
      database,
      ...(username === undefined ? {} : { username, password: password ?? '' }),
      pool: { backoff: NO_BACKOFF, maxRetries: 0, requestTimeout: timeout },
    });
  }

  async #ensureDatabase(client: InfluxDB, signal?: AbortSignal): Promise<void> {
    if (this.#databaseExists) return;
    await this.#bounded(client.createDatabase(this.#options.database), signal);
    this.#databaseExists = true;
  }

  async #send(client: InfluxDB, body: string, signal: AbortSignal | undefined): Promise<WriteReply> {
    const { retention_policy: retentionPolicy } = this.#options;
    // The library writes an integer only where its schema declares one, and has its own idea of escapes. A "measurement" without tags, fields
    // and time is sent as it stands: lines from the one encoder go through untouched.
    const points = [{ measurement: body.trimEnd() }];
    try {
      await this.#bounded(
        client.writePoints(points, { precision: 'ms', ...(retentionPolicy === undefined ? {} : { retentionPolicy }) }),
        signal,
      );
      return { kind: 'stored' };
    } catch (error) {
      const refusal = readRequestError(error);
      if (refusal?.status === 404) this.#databaseExists = false;
      if (refusal === undefined || ![400, 413, 422].includes(refusal.status)) throw error;
      return readRefusal(refusal.body);
    }
  }

  /** The library's own timeout watches an idle socket only: this one watches the whole request, and the caller's signal. */
  async #bounded<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const done = new AbortController();
    const ends = [this.#stopping.signal, done.signal, ...(signal ? [signal] : [])];
    const limit = this.#clock.sleep(this.#options.timeout, AbortSignal.any(ends)).then(() => {
      throw new Error(signal?.aborted || this.#stopping.signal.aborted ? 'aborted' : 'timed out');
    });
    limit.catch(() => undefined);
    try {
      return await Promise.race([work, limit]);
    } finally {
      done.abort();
      work.catch(() => undefined);
    }
  }
}

/** Status and body of the library's RequestError, which carries the body only inside its message. */
function readRequestError(error: unknown): { status: number; body: string } | undefined {
  if (!(error instanceof Error) || !('res' in error)) return undefined;
  const status = (error.res as { statusCode?: unknown }).statusCode;
  if (typeof status !== 'number') return undefined;
  return { status, body: error.message.replace(/^A \d+ .*? error occurred: /, '') };
}
