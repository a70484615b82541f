import { parseRetryAfter } from '../../../core/backoff.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { type GuardPolicy, parseOutboundUrl } from '../../outbound/guard.ts';
import { type GuardedClient, guardedRequest, type Outcome, type Resolve } from '../../outbound/guarded-request.ts';
import type { Channel, Delivery, DeliveryResult } from './channel.ts';
import { decodeSecret, signature } from './signature.ts';

/** Standard Webhooks recommends 15 to 30 s for one attempt. */
const TIMEOUT_MS = 15_000;
/** What is read of an answer, and how much of that reaches the log. */
const REPLY_LIMIT = 64 * 1024;
const LOGGED_REPLY = 200;

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

/** Posts messages signed by Standard Webhooks, as guarded requests: no redirects, and only to addresses that the guard lets pass. */
export class WebhookChannel implements Channel {
  readonly type = 'webhook';
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #client: GuardedClient;

  constructor({ clock, log, policy, timeoutMs = TIMEOUT_MS, resolve }: WebhookOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#client = { clock, policy, timeoutMs, ...(resolve && { resolve }) };
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const url = parseOutboundUrl(delivery.endpoint.address);
    if (typeof url === 'string') return refused(`webhook address refused: ${url}`, false);
    const keys = delivery.endpoint.secrets.map(decodeSecret);
    if (keys.length === 0 || keys.includes(undefined)) {
      return refused('webhook secret missing or not whsec_ + base64 of 24 to 64 bytes', false);
    }
    return this.#judge(await this.#post(url, delivery, keys as Buffer[], signal), url, delivery.id);
  }

  #post(url: URL, { id, body }: Delivery, keys: Buffer[], signal: AbortSignal): Promise<Outcome> {
    const timestamp = Math.floor(this.#clock.now() / 1000);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature(keys, id, timestamp, body),
    };
    return guardedRequest(this.#client, { method: 'POST', url, headers, body, replyLimit: REPLY_LIMIT }, signal);
  }

  #judge(outcome: Outcome, url: URL, id: string): DeliveryResult {
    switch (outcome.kind) {
      case 'refused':
        return refused(
          outcome.cause === 'address' ? `webhook address refused: ${outcome.reason}` : outcome.reason,
          outcome.retryable,
        );
      case 'failed':
        return { ok: false, retryable: true, uncertain: outcome.connected, reason: outcome.reason };
      case 'answered': {
        // The status counts: an answer that breaks off after it is no failure.
        const { status } = outcome;
        if (status >= 200 && status < 300) return { ok: true };
        const reply = outcome.body.toString('utf8').slice(0, LOGGED_REPLY);
        this.#log.warn({ id, host: url.host, status, reply }, 'webhook not accepted');
        return classify(status, parseRetryAfter(first(outcome.headers['retry-after']), this.#clock.now()));
      }
    }
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

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
