import { Agent, request } from 'undici';

/** A write as it came, for the collector that answers for its school. */
export interface PeerRequest {
  /** Of the collector. */
  readonly url: string;
  /** Path and query, as asked for here. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface PeerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const CONNECT_TIMEOUT_MS = 2_000;
const ANSWER_TIMEOUT_MS = 30_000;
const CONNECTIONS = 16;
const ANSWER_LIMIT = 64 * 1024;
const PASSED_BACK = ['content-type', 'retry-after', 'www-authenticate', 'x-influxdb-error', 'accept-encoding'];

/** Passes writes on to other collectors of the same installation. Their addresses come from the shared database, which only they write. */
export class PeerClient {
  readonly #agent: Agent;

  /** `ca`: PEM; undefined: the system's authorities. */
  constructor(ca: string | undefined) {
    this.#agent = new Agent({
      connections: CONNECTIONS,
      headersTimeout: ANSWER_TIMEOUT_MS,
      bodyTimeout: ANSWER_TIMEOUT_MS,
      maxResponseSize: ANSWER_LIMIT,
      connect: { timeout: CONNECT_TIMEOUT_MS, ...(ca !== undefined && { ca }) },
    });
  }

  /** @throws Error when there is no whole answer, or `signal` aborts */
  async post({ url, path, headers, body }: PeerRequest, signal: AbortSignal): Promise<PeerAnswer> {
    const answer = await request(new URL(path, url), {
      method: 'POST',
      headers,
      body,
      signal,
      dispatcher: this.#agent,
    });
    const passed = PASSED_BACK.flatMap((name) => {
      const value = answer.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    return { status: answer.statusCode, headers: Object.fromEntries(passed), body: await answer.body.text() };
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}
