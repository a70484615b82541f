import { parseRetryAfter } from '../../../core/backoff.ts';
import { parseOutboundUrl } from '../../outbound/guard.ts';
import { type GuardedClient, guardedRequest, type Outcome } from '../../outbound/guarded-request.ts';
import type { ChannelParts, Delivery, DeliveryResult } from './channel.ts';

/** As Standard Webhooks recommends: 15 to 30 s for one attempt. */
const TIMEOUT_MS = 15_000;
/** What is read of an answer, and how much of that reaches the log. */
const REPLY_LIMIT = 64 * 1024;
const LOGGED_REPLY = 200;

export interface ServiceRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The answer as JSON; undefined when it is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  readonly header: (name: string) => string | undefined;
  readonly retryAfterMs: number | undefined;
}

export type Judge = (reply: Reply) => DeliveryResult;

/** One guarded POST of a channel; how the service's answers are read is the channel's. */
export class ServiceCall {
  readonly #parts: ChannelParts;
  readonly #service: string;
  readonly #client: GuardedClient;

  /** @param service as logs and reasons name it */
  constructor(service: string, parts: ChannelParts) {
    const { clock, policy, timeoutMs = TIMEOUT_MS, resolve } = parts;
    this.#parts = parts;
    this.#service = service;
    this.#client = { clock, policy, timeoutMs, ...(resolve && { resolve }) };
  }

  async post(delivery: Delivery, request: ServiceRequest, judge: Judge, signal: AbortSignal): Promise<DeliveryResult> {
    const url = parseOutboundUrl(request.url);
    if (typeof url === 'string') return refused(`${this.#service} address refused: ${url}`);
    const { headers, body } = request;
    const outcome = await guardedRequest(
      this.#client,
      { method: 'POST', url, headers: { ...headers, accept: 'application/json' }, body, replyLimit: REPLY_LIMIT },
      signal,
    );
    return this.#judge(outcome, url, delivery, judge);
  }

  #judge(outcome: Outcome, url: URL, { id, endpoint }: Delivery, judge: Judge): DeliveryResult {
    if (outcome.kind === 'failed')
      return { ok: false, retryable: true, uncertain: outcome.connected, reason: outcome.reason };
    if (outcome.kind === 'refused') {
      const { cause, reason, retryable } = outcome;
      return {
        ok: false,
        retryable,
        reason: cause === 'address' ? `${this.#service} address refused: ${reason}` : reason,
      };
    }
    const { clock, log } = this.#parts;
    const { status, headers } = outcome;
    const text = outcome.body.toString('utf8');
    const header = (name: string): string | undefined => first(headers[name]);
    const retryAfterMs = parseRetryAfter(header('retry-after'), clock.now());
    const result = judge({ status, text, json: jsonOf(text), header, retryAfterMs });
    if (result.ok) return result;
    // A service may repeat what it was sent, in its answer and so in our reason for it.
    const secrets = [endpoint.address, ...endpoint.secrets, url.pathname.slice(1), url.search.slice(1)];
    log.warn(
      { id, host: url.host, status, reply: without(secrets, text).slice(0, LOGGED_REPLY) },
      `${this.#service}: not accepted`,
    );
    return { ...result, reason: without(secrets, result.reason) };
  }
}

/** The words of a service about its refusal, cut short, after the status. */
export function statusReason(status: number, words: unknown): string {
  const note = status >= 300 && status < 400 ? ' (redirects are not followed)' : '';
  return typeof words === 'string' && words !== ''
    ? `status ${status}: ${words.replaceAll(/\s+/g, ' ').slice(0, 120)}`
    : `status ${status}${note}`;
}

/** 2xx arrived; `final` statuses are the service's word that trying again cannot help; everything else may pass. */
export function judgeStatus(reply: Reply, final: (status: number) => boolean, words?: unknown): DeliveryResult {
  const { status } = reply;
  if (status >= 200 && status < 300) return { ok: true };
  const reason = statusReason(status, words);
  if (final(status)) return refused(reason);
  return again(reason, reply.retryAfterMs, status);
}

/** `status` 504 comes from a gateway in front, behind which the service may have acted. */
export function again(reason: string, retryAfterMs?: number, status?: number): DeliveryResult {
  return {
    ok: false,
    retryable: true,
    reason,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(status === 504 ? { uncertain: true } : {}),
  };
}

export function refused(reason: string): Extract<DeliveryResult, { ok: false }> {
  return { ok: false, retryable: false, reason };
}

/** Every 4xx but those that ask for patience: request timeout, too early, too many. */
export function clientError(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
}

/** What every channel says of a body that none of our senders wrote. */
export const UNREADABLE: DeliveryResult = { ok: false, retryable: false, reason: 'not one of our messages' };

function without(secrets: readonly string[], text: string): string {
  return secrets.filter((secret) => secret.length >= 4).reduce((kept, secret) => kept.replaceAll(secret, '...'), text);
}

function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
