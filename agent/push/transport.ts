import type { Clock } from '../../core/clock.ts';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import { AGENT_HEADER, PROBES_UNDERSTOOD } from '../../core/probe-header.ts';
import { announcesZstd, type Encoding, encodeBody } from './encoding.ts';
import { HttpClient } from './http-client.ts';
import type { Reply } from './reply.ts';

/** What the sender needs of the way to the collector. */
export interface Transport {
  /**
   * Delivers zstd frames of line protocol (`rawBytes` of text in all) and returns whatever the collector answered.
   *
   * @throws BellwetherError BW_PUSH_RETRY: no answer (refused, reset, timeout, aborted by `signal`).
   */
  post(frames: readonly Uint8Array[], rawBytes: number, signal: AbortSignal): Promise<Reply>;
  /** Takes note that the encoding used was refused (415). False when there is no other to try. */
  changeEncoding(): boolean;
}

export interface TransportOptions {
  /** Base URL; a path is kept as a prefix, query parameters (`org`, `bucket` of an InfluxDB) are sent along. */
  readonly url: string;
  readonly token: string;
  /** For one request from connecting to the last byte of the answer, in milliseconds. */
  readonly timeoutMs: number;
  /** PEM text of the certificate authorities to trust instead of the public ones. */
  readonly ca?: string;
  readonly clock: Clock;
}

/** Line protocol over HTTP(S) to `/api/v2/write`, as InfluxDB 2.x takes it; zstd where the collector announces it, else gzip. Redirects are not followed. */
export class HttpTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #writeUrl: URL;
  readonly #inventoryUrl: URL;
  readonly #pingUrl: URL;
  #client: HttpClient | undefined;
  /** Undefined until the collector was asked. */
  #takesZstd: boolean | undefined;
  #zstdRefused = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#writeUrl = endpoint(options.url, '/api/v2/write');
    this.#writeUrl.searchParams.set('precision', 'ms');
    this.#inventoryUrl = endpoint(options.url, '/api/v1/inventory');
    this.#pingUrl = endpoint(options.url, '/ping');
  }

  start(): void {
    this.#client ??= new HttpClient(this.#pingUrl, this.#options.ca);
  }

  /** Ends at once what is under way. */
  async stop(): Promise<void> {
    this.#client?.stop();
    this.#client = undefined;
  }

  post(frames: readonly Uint8Array[], rawBytes: number, signal: AbortSignal): Promise<Reply> {
    return this.#deliver(this.#writeUrl, 'text/plain; charset=utf-8', frames, rawBytes, signal);
  }

  /** The same for lines of the inventory (core/inventory-api.ts). */
  postInventory(frames: readonly Uint8Array[], rawBytes: number, signal: AbortSignal): Promise<Reply> {
    return this.#deliver(this.#inventoryUrl, 'application/x-ndjson', frames, rawBytes, signal);
  }

  async #deliver(
    url: URL,
    type: string,
    frames: readonly Uint8Array[],
    rawBytes: number,
    signal: AbortSignal,
  ): Promise<Reply> {
    if (this.#takesZstd === undefined && !this.#zstdRefused) {
      const reply = await this.#exchange('GET', this.#pingUrl, {}, undefined, signal);
      this.#takesZstd = announcesZstd(reply.headers['accept-encoding']);
    }
    const encoding: Encoding = this.#takesZstd && !this.#zstdRefused ? 'zstd' : 'gzip';
    const headers = {
      authorization: `Token ${this.#options.token}`,
      'content-type': type,
      'content-encoding': encoding,
      [AGENT_HEADER]: PROBES_UNDERSTOOD,
    };
    const body = await encodeBody(frames, rawBytes, encoding);
    const reply = await this.#exchange('POST', url, headers, body, signal);
    if (announcesZstd(reply.headers['accept-encoding'])) this.#takesZstd = true;
    return reply;
  }

  changeEncoding(): boolean {
    // For good: something on the way that announces zstd and refuses it would otherwise cost two requests per batch.
    const changed = this.#takesZstd === true && !this.#zstdRefused;
    this.#zstdRefused = true;
    return changed;
  }

  async #exchange(
    method: 'GET' | 'POST',
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<Reply> {
    if (!this.#client) throw new BellwetherError('BW_PUSH_RETRY', 'the transport is not started', { retryable: true });
    const { clock, timeoutMs } = this.#options;
    const timer = new AbortController();
    const late = new AbortController();
    void clock.sleep(timeoutMs, timer.signal).then(() => {
      if (!timer.signal.aborted) late.abort(new Error(`no complete answer within ${timeoutMs} ms`));
    });
    try {
      return await this.#client.exchange({ method, url, headers, body }, AbortSignal.any([signal, late.signal]));
    } catch (error) {
      throw new BellwetherError('BW_PUSH_RETRY', describe(error), { cause: error, retryable: true });
    } finally {
      timer.abort(ENDED);
    }
  }
}

function endpoint(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  url.hash = '';
  return url;
}

/** Without a reason of its own each abort makes an error with a stack. */
const ENDED = 'the request is over';
/** OpenSSL's reasons (X509_V_ERR_*) that an authority is missing here; Node's own text advises command-line options. */
const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

function describe(error: unknown): string {
  const code = String((error as { code?: unknown }).code ?? 'the connection failed');
  if (UNTRUSTED.has(code))
    return `the collector's certificate is not of an authority trusted here: set ca_file (${code})`;
  // Connecting to a name with several addresses fails with an AggregateError, whose message is empty.
  return errorMessage(error) || code;
}
