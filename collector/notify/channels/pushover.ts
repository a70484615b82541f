import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { belowTitle, type Rendering, renderingOf, type Tone } from './rendering.ts';
import { again, judgeStatus, type Reply, refused, ServiceCall, statusReason, UNREADABLE } from './service-call.ts';
import { cut, withReference } from './text-limit.ts';

const LONGEST_MESSAGE = 1_024;
const LONGEST_TITLE = 250;
const LONGEST_URL = 512;

/** 2 passes the person's quiet hours and is repeated until somebody presses "Acknowledge", which comes back to us (pushover-receipts.ts). */
const PRIORITIES: Readonly<Record<Tone, number>> = { critical: 2, warning: 0, info: 0, resolved: 0, note: -1 };
const EMERGENCY = 2;
/** 30 s at least; and for at most 3 h, in at most 50 repeats. The safety net is told anew after 30 minutes. */
const REPEATED_EVERY_MS = 60_000;
export const EMERGENCY_EXPIRES_MS = 30 * 60_000;
const RECEIPT = /^[A-Za-z0-9]{30}$/;

/** Takes the receipts of emergencies. Never throws. */
export interface ReceiptKeeper {
  keep(delivery: Delivery, receipt: string): Promise<void>;
}

/** Pushover (https://pushover.net/api). */
export class PushoverChannel implements Channel {
  readonly type = 'pushover';
  readonly #call: ServiceCall;
  readonly #receipts: ReceiptKeeper | undefined;

  constructor(parts: ChannelParts, receipts?: ReceiptKeeper) {
    this.#call = new ServiceCall('pushover', parts);
    this.#receipts = receipts;
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const rendering = renderingOf(delivery.body);
    if (!rendering) return UNREADABLE;
    const { address: user, secrets, settings = {} } = delivery.endpoint;
    const [token] = secrets;
    const { url, device } = settings;
    if (url === undefined || token === undefined) return refused('pushover: no application token');
    const message = {
      token,
      user,
      ...(device !== undefined && { device }),
      ...pushoverMessage(rendering, delivery.id),
    };
    const headers = { 'content-type': 'application/json' };
    let receipt: unknown;
    const result = await this.#call.post(
      delivery,
      { url: `${url}/1/messages.json`, headers, body: JSON.stringify(message) },
      (reply) => {
        receipt = reply.json?.['receipt'];
        return judge(reply);
      },
      signal,
    );
    if (result.ok && typeof receipt === 'string' && RECEIPT.test(receipt))
      await this.#receipts?.keep(delivery, receipt);
    return result;
  }
}

function pushoverMessage(rendering: Rendering, id: string): Record<string, unknown> {
  const { timestamp, tone, links } = rendering;
  const [link] = links;
  const title = cut(rendering.title, LONGEST_TITLE);
  const at = Date.parse(timestamp);
  return {
    title,
    message: withReference(belowTitle(rendering, title), id, LONGEST_MESSAGE),
    priority: PRIORITIES[tone],
    ...(PRIORITIES[tone] === EMERGENCY && { retry: REPEATED_EVERY_MS / 1000, expire: EMERGENCY_EXPIRES_MS / 1000 }),
    // It has place for one: of several alerts the worst, which comes first.
    ...(link !== undefined && link.url.length <= LONGEST_URL && { url: link.url, url_title: link.label }),
    // When it happened, also when it is delivered late.
    ...(Number.isFinite(at) && { timestamp: Math.floor(at / 1000) }),
  };
}

/** `status: 1` is taken. A 4xx is never to be repeated, the month's limit (429) included; the rest not within 5 s, which the outbox keeps. */
function judge(reply: Reply): DeliveryResult {
  const errors = reply.json?.['errors'];
  const words = Array.isArray(errors) ? errors.join(', ') : undefined;
  if (reply.status === 200 && reply.json?.['status'] !== 1)
    return again(statusReason(200, words ?? 'no status 1 in the answer'));
  return judgeStatus(reply, (status) => status >= 400 && status < 500, words);
}
