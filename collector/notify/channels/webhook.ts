import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { parseRetryAfter } from '../../../core/backoff.ts';
import type { Clock } from '../../../core/clock.ts';
import { errorMessage } from '../../../core/errors.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { checkAddresses, type GuardPolicy, literalAddress, parseWebhookUrl } from '../guard.ts';
import type { Channel, Delivery, DeliveryResult } from './channel.ts';
import { decodeSecret, signature } from './signature.ts';

/** Standard Webhooks recommends 15 to 30 s for one attempt. */
const TIMEOUT_MS = 15_000;
/** What is read of an answer, and how much of that reaches the log. */
const REPLY_LIMIT = 64 * 1024;
const LOGGED_REPLY = 200;

type Resolve = (host: string) => Promise<readonly string[]>;

export interface WebhookOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Asked at each delivery, so that a reloaded configuration takes effect. */
  readonly policy: () => GuardPolicy;
  /** For one attempt, name resolution and the reading of the answer included, ms. Default 15,000. */
  readonly timeoutMs?: number;
  /** Every address of a name. Default: the system's resolver. */
  readonly resolve?: Resolve;
}

/** What came of one request: an answer, or none. */
type Outcome =
  | { readonly status: number; readonly retryAfter: string | undefined; readonly reply: string }
  | { readonly error: string; readonly connected: boolean };

/**
 * Posts messages signed by Standard Webhooks. The name is resolved once, every address is checked, and the connection is made to the
 * checked addresses, so a name that changes its mind in between (DNS rebinding) gains nothing. No redirects, no proxy from the environment.
 */
export class WebhookChannel implements Channel {
  readonly type = 'webhook';
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #policy: () => GuardPolicy;
  readonly #timeoutMs: number;
  readonly #resolve: Resolve;

  constructor(options: WebhookOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#policy = options.policy;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#resolve = options.resolve ?? systemResolve;
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const url = parseWebhookUrl(delivery.endpoint.address);
    if (typeof url === 'string') return refused(`webhook address refused: ${url}`, false);
    const keys = delivery.endpoint.secrets.map(decodeSecret);
    if (keys.length === 0 || keys.includes(undefined)) {
      return refused('webhook secret missing or not whsec_ + base64 of 24 to 64 bytes', false);
    }
    const timeout = new AbortController();
    const done = new AbortController();
    void this.#clock.sleep(this.#timeoutMs, done.signal).then(() => timeout.abort(new Error('timeout')));
    const stop = AbortSignal.any([signal, timeout.signal]);
    try {
      const addresses = await this.#addresses(url, stop);
      if (!Array.isArray(addresses)) return addresses as DeliveryResult;
      const outcome = await this.#post(url, addresses, delivery, keys as Buffer[], stop);
      return this.#judge(outcome, url, delivery.id, timeout.signal.aborted);
    } finally {
      done.abort();
    }
  }

  /** The checked addresses, or why the delivery ends here. A literal address cannot become good; a name may be corrected. */
  async #addresses(url: URL, stop: AbortSignal): Promise<readonly string[] | DeliveryResult> {
    const literal = literalAddress(url);
    let addresses: readonly string[];
    try {
      addresses = literal === undefined ? await orAborted(this.#resolve(url.hostname), stop) : [literal];
    } catch (error) {
      return refused(`${url.hostname} cannot be resolved: ${errorMessage(error)}`, true);
    }
    const verdict = checkAddresses(url, addresses, this.#policy());
    return verdict.ok ? addresses : refused(`webhook address refused: ${verdict.reason}`, literal === undefined);
  }

  async #post(
    url: URL,
    addresses: readonly string[],
    delivery: Delivery,
    keys: Buffer[],
    stop: AbortSignal,
  ): Promise<Outcome> {
    let connected = false;
    const connector = buildConnector({ lookup: pinned(addresses), timeout: this.#timeoutMs });
    const agent = new Agent({
      connections: 1,
      connect: (options, callback) =>
        connector(options, (...result) => {
          connected ||= result[0] === null;
          callback(...result);
        }),
    });
    const timestamp = Math.floor(this.#clock.now() / 1000);
    try {
      const response = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Bellwether',
          'webhook-id': delivery.id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signature(keys, delivery.id, timestamp, delivery.body),
        },
        body: delivery.body,
        signal: stop,
        headersTimeout: this.#timeoutMs,
        bodyTimeout: this.#timeoutMs,
      });
      const retryAfter = response.headers['retry-after'];
      return {
        status: response.statusCode,
        retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
        reply: await readReply(response.body),
      };
    } catch (error) {
      return { error: describe(error), connected };
    } finally {
      await agent.destroy();
    }
  }

  #judge(outcome: Outcome, url: URL, id: string, timedOut: boolean): DeliveryResult {
    if ('error' in outcome) {
      const reason = timedOut ? `no answer within ${this.#timeoutMs} ms` : outcome.error;
      return { ok: false, retryable: true, uncertain: outcome.connected, reason };
    }
    if (outcome.status >= 200 && outcome.status < 300) return { ok: true };
    const reply = outcome.reply.slice(0, LOGGED_REPLY);
    this.#log.warn({ id, host: url.host, status: outcome.status, reply }, 'webhook not accepted');
    return classify(outcome.status, parseRetryAfter(outcome.retryAfter, this.#clock.now()));
  }
}

/**
 * What a status other than 2xx means: 410 is the receiver's word that the endpoint is gone for good, everything else may pass.
 * 504 comes from a gateway in front, behind which the receiver may have acted.
 */
export function classify(status: number, retryAfterMs?: number): DeliveryResult {
  if (status === 410) return refused('410 Gone: the receiver disabled this endpoint', false);
  const note = status >= 300 && status < 400 ? ' (redirects are not followed)' : '';
  return {
    ok: false,
    retryable: true,
    reason: `status ${status}${note}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(status === 504 ? { uncertain: true } : {}),
  };
}

function refused(reason: string, retryable: boolean): DeliveryResult {
  return { ok: false, retryable, reason };
}

/** Node joins the failures of several addresses in an error whose own message is empty. */
function describe(error: unknown): string {
  const message = errorMessage(error);
  return message === '' ? String((error as { code?: unknown }).code ?? 'connection failed') : message;
}

async function systemResolve(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map((entry) => entry.address);
}

/** A lookup for the socket that answers only with the addresses already checked. */
function pinned(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, options, callback) => {
    if (options.all) callback(null, entries);
    else callback(null, entries[0]!.address, entries[0]!.family);
  };
}

/** At most REPLY_LIMIT bytes of the answer; the status already counts, so an answer that breaks off is no failure. */
async function readReply(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= REPLY_LIMIT) break;
    }
  } catch {
    // Reset or timed out in the middle of the answer.
  }
  return Buffer.concat(chunks).subarray(0, REPLY_LIMIT).toString('utf8');
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('timeout'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
