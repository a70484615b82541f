import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { ACK_LABEL, belowTitle, type Rendering, renderingOf, type Tone } from './rendering.ts';
import { again, judgeStatus, type Reply, refused, ServiceCall, statusReason, UNREADABLE } from './service-call.ts';
import { cut, withReference } from './text-limit.ts';

const LONGEST_MESSAGE = 1_024;
const LONGEST_TITLE = 250;
const LONGEST_URL = 512;

/** 1 is high: it passes the person's quiet hours. 2 would ask for an acknowledgement, which the ladder does. */
const PRIORITIES: Readonly<Record<Tone, number>> = { critical: 1, warning: 0, info: 0, resolved: 0, note: -1 };

/** Pushover (https://pushover.net/api). */
export class PushoverChannel implements Channel {
  readonly type = 'pushover';
  readonly #call: ServiceCall;

  constructor(parts: ChannelParts) {
    this.#call = new ServiceCall('pushover', parts);
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
    return this.#call.post(
      delivery,
      { url: `${url}/1/messages.json`, headers, body: JSON.stringify(message) },
      judge,
      signal,
    );
  }
}

function pushoverMessage(rendering: Rendering, id: string): Record<string, unknown> {
  const { timestamp, tone, ackUrl } = rendering;
  const title = cut(rendering.title, LONGEST_TITLE);
  const at = Date.parse(timestamp);
  return {
    title,
    message: withReference(belowTitle(rendering, title), id, LONGEST_MESSAGE),
    priority: PRIORITIES[tone],
    ...(ackUrl !== undefined && ackUrl.length <= LONGEST_URL && { url: ackUrl, url_title: ACK_LABEL }),
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
