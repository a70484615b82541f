import { type AnswerLink, linkLines } from './answer-links.ts';
import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { belowTitle, type Rendering, renderingOf, type Tone } from './rendering.ts';
import { clientError, judgeStatus, type Reply, ServiceCall, UNREADABLE } from './service-call.ts';
import { cut, cutBytes, withReference } from './text-limit.ts';

/** A longer message becomes an attachment. */
const LARGEST_MESSAGE = 4_096;
/** The server takes 1 KB, a phone shows far less. */
const LARGEST_TITLE = 250;
/** The server takes no more of a message's buttons; a phone shows about so much of each. */
const MOST_ACTIONS = 3;
const LONGEST_BUTTON = 24;

/** 1 to 5: the two highest make noise on a phone that is set to silent, as its owner configures. */
const PRIORITIES: Readonly<Record<Tone, number>> = { critical: 5, warning: 4, info: 3, resolved: 3, note: 3 };
/** Emoji short codes, which the apps show before the title. */
const TAGS: Readonly<Record<Tone, string>> = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
  resolved: 'white_check_mark',
  note: 'memo',
};

/** ntfy (https://docs.ntfy.sh/publish), the public server or one's own; published as JSON, since headers hold no other script than Latin. */
export class NtfyChannel implements Channel {
  readonly type = 'ntfy';
  readonly #call: ServiceCall;

  constructor(parts: ChannelParts) {
    this.#call = new ServiceCall('ntfy', parts);
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const rendering = renderingOf(delivery.body);
    if (!rendering) return UNREADABLE;
    const { address, secrets } = delivery.endpoint;
    const end = address.lastIndexOf('/');
    const [token] = secrets;
    const request = {
      url: address.slice(0, end + 1),
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(ntfyMessage(rendering, address.slice(end + 1), delivery.id)),
    };
    return this.#call.post(delivery, request, judge, signal);
  }
}

function ntfyMessage(rendering: Rendering, topic: string, id: string): Record<string, unknown> {
  const { tone, links } = rendering;
  const title = cutBytes(rendering.title, LARGEST_TITLE);
  const several = links.length > 1;
  const only = several ? undefined : links[0];
  return {
    topic,
    title,
    message: withReference(
      belowTitle(rendering, title),
      id,
      LARGEST_MESSAGE,
      cutBytes,
      several ? linkLines(links) : '',
    ),
    priority: PRIORITIES[tone],
    tags: [TAGS[tone]],
    ...(only !== undefined && { click: only.url, actions: [acknowledge(only, 'Acknowledge'), view(only)] }),
    ...(several && { actions: links.slice(0, MOST_ACTIONS).map((link) => acknowledge(link, shortAck(link))) }),
  };
}

/**
 * A button below the notification, on the lock screen too (https://docs.ntfy.sh/publish/#action-buttons): acknowledges without opening
 * anything, and the notification goes when that was taken.
 */
function acknowledge({ url }: AnswerLink, label: string): Record<string, unknown> {
  return {
    action: 'http',
    label,
    url,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ action: 'ack' }),
    clear: true,
  };
}

/** Opens the page with all there is to do. */
function view({ url }: AnswerLink): Record<string, unknown> {
  return { action: 'view', label: 'Open', url };
}

function shortAck({ label }: AnswerLink): string {
  return `Ack ${cut(label, LONGEST_BUTTON)}`;
}

/** Errors are `{code, http, error, link}`; 507 (the server's disk is full) and 429 pass. */
function judge(reply: Reply): DeliveryResult {
  return judgeStatus(reply, clientError, reply.json?.['error']);
}
