import { parseOutboundUrl } from '../../outbound/guard.ts';
import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { again, refused, ServiceCall, statusReason } from './service-call.ts';
import { decodeSecret, signature } from './signature.ts';

/** Posts messages signed by Standard Webhooks, as guarded requests: no redirects, and only to addresses that the guard lets pass. */
export class WebhookChannel implements Channel {
  readonly type = 'webhook';
  readonly #clock: ChannelParts['clock'];
  readonly #call: ServiceCall;

  constructor(parts: ChannelParts) {
    this.#clock = parts.clock;
    this.#call = new ServiceCall('webhook', parts);
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const { id, body, endpoint } = delivery;
    const url = parseOutboundUrl(endpoint.address);
    if (typeof url === 'string') return refused(`webhook address refused: ${url}`);
    const keys = endpoint.secrets.map(decodeSecret);
    if (keys.length === 0 || keys.includes(undefined))
      return refused('webhook secret missing or not whsec_ + base64 of 24 to 64 bytes');
    const timestamp = Math.floor(this.#clock.now() / 1000);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature(keys as Buffer[], id, timestamp, body),
    };
    const request = { url: endpoint.address, headers, body };
    // The status counts: an answer that breaks off after it is no failure.
    return this.#call.post(delivery, request, ({ status, retryAfterMs }) => classify(status, retryAfterMs), signal);
  }
}

/** What a status means: 2xx arrived, 410 is the receiver's word that the endpoint is gone for good, everything else may pass. */
export function classify(status: number, retryAfterMs?: number): DeliveryResult {
  if (status >= 200 && status < 300) return { ok: true };
  if (status === 410) return { ...refused('410 Gone: the receiver disabled this endpoint'), gone: true };
  return again(statusReason(status, ''), retryAfterMs, status);
}
