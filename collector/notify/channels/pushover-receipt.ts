import { parseRetryAfter } from '../../../core/backoff.ts';
import { parseOutboundUrl } from '../../outbound/guard.ts';
import { type GuardedClient, guardedRequest } from '../../outbound/guarded-request.ts';
import type { ChannelParts, Endpoint } from './channel.ts';
import { clientError, statusReason } from './service-call.ts';

const TIMEOUT_MS = 15_000;
const REPLY_LIMIT = 16 * 1024;

export type ReceiptState =
  /** `at`: when, ms. */
  | { readonly kind: 'acknowledged'; readonly at: number }
  | { readonly kind: 'waiting' }
  /** It rings no more. */
  | { readonly kind: 'expired' }
  /** `final`: the receipt is unknown there, or the token wrong. */
  | { readonly kind: 'failed'; readonly reason: string; readonly final: boolean; readonly retryAfterMs?: number };

/** Looks at the receipts of emergency notifications, and ends them (https://pushover.net/api/receipts). */
export class ReceiptCall {
  readonly #client: GuardedClient;

  constructor({ clock, policy, timeoutMs = TIMEOUT_MS, resolve }: Omit<ChannelParts, 'log'>) {
    this.#client = { clock, policy, timeoutMs, ...(resolve && { resolve }) };
  }

  /** Never throws; reasons hold no secret. */
  async look(endpoint: Endpoint, receipt: string, signal: AbortSignal): Promise<ReceiptState> {
    const [token = ''] = endpoint.secrets;
    const path = `${receipt}.json?token=${encodeURIComponent(token)}`;
    const reply = await this.#call('GET', endpoint, path, undefined, signal);
    if ('reason' in reply) return { kind: 'failed', ...reply };
    const { acknowledged, acknowledged_at: at, expired } = reply.json;
    if (acknowledged === 1) return { kind: 'acknowledged', at: typeof at === 'number' ? at * 1000 : 0 };
    return { kind: expired === 1 ? 'expired' : 'waiting' };
  }

  /** Stops the repeats. True also when there is nothing left to stop. */
  async cancel(endpoint: Endpoint, receipt: string, signal: AbortSignal): Promise<boolean> {
    const body = new URLSearchParams({ token: endpoint.secrets[0] ?? '' }).toString();
    const reply = await this.#call('POST', endpoint, `${receipt}/cancel.json`, body, signal);
    return !('reason' in reply) || reply.final;
  }

  async #call(
    method: 'GET' | 'POST',
    { settings }: Endpoint,
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<
    | { readonly json: Readonly<Record<string, unknown>> }
    | { readonly reason: string; readonly final: boolean; readonly retryAfterMs?: number }
  > {
    const url = parseOutboundUrl(`${settings?.['url'] ?? ''}/1/receipts/${path}`);
    if (typeof url === 'string') return { reason: `address refused: ${url}`, final: true };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const headers = { accept: 'application/json', ...(body !== undefined && form) };
    const request = { method, url, headers, replyLimit: REPLY_LIMIT, ...(body !== undefined && { body }) };
    const outcome = await guardedRequest(this.#client, request, signal);
    if (outcome.kind !== 'answered') return { reason: outcome.reason, final: false };
    const json = jsonOf(outcome.body);
    if (outcome.status === 200 && json?.['status'] === 1) return { json };
    const header = outcome.headers['retry-after'];
    const retryAfterMs = parseRetryAfter(Array.isArray(header) ? header[0] : header, this.#client.clock.now());
    const final = clientError(outcome.status);
    return { reason: statusReason(outcome.status, ''), final, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
}

function jsonOf(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return value !== null && typeof value === 'object' ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
