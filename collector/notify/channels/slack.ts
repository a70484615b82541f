import type { AnswerLink } from './answer-links.ts';
import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { belowTitle, type Rendering, renderingOf } from './rendering.ts';
import { again, clientError, judgeStatus, type Reply, ServiceCall, UNREADABLE } from './service-call.ts';
import { cut, withReference } from './text-limit.ts';

/** A header block holds 150 characters, the text of a section 3,000. */
const LONGEST_HEADER = 150;
const LONGEST_SECTION = 3_000;
/** What a notification shows of `text` is far less; 4,000 is what Slack recommends at most. */
const LONGEST_FALLBACK = 1_000;

/** Slack's incoming webhooks (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). About one message a second. */
export class SlackChannel implements Channel {
  readonly type = 'slack';
  readonly #call: ServiceCall;

  constructor(parts: ChannelParts) {
    this.#call = new ServiceCall('slack', parts);
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const rendering = renderingOf(delivery.body);
    if (!rendering) return UNREADABLE;
    const request = {
      url: delivery.endpoint.address,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(slackMessage(rendering, delivery.id)),
    };
    return this.#call.post(delivery, request, judge, signal);
  }
}

/** Plain text blocks: device names are full of what mrkdwn takes for markup. */
function slackMessage(rendering: Rendering, id: string): Record<string, unknown> {
  const { links } = rendering;
  const header = cut(rendering.title, LONGEST_HEADER);
  const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
  return {
    // For notifications, and the only part in which Slack looks for mentions and links.
    text: cut(escaped(rendering.title), LONGEST_FALLBACK),
    mrkdwn: false,
    unfurl_links: false,
    blocks: [
      { type: 'header', text: plain(header) },
      { type: 'section', text: plain(withReference(belowTitle(rendering, header), id, LONGEST_SECTION)) },
      // Links, not buttons: Slack reports a press to the app, and warns the reader where that expects none.
      ...(links.length === 0 ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: linkText(links) } }]),
    ],
  };
}

/** As many as one section holds, each whole. */
function linkText(links: readonly AnswerLink[]): string {
  return links.map(link).reduce((text, next) => {
    const longer = text === '' ? next : `${text}\n${next}`;
    return longer.length <= LONGEST_SECTION ? longer : text;
  }, '');
}

/** In the one place where markup is meant; what would end it cannot be escaped. */
function link({ label, url }: AnswerLink): string {
  return `<${escaped(url)}|${escaped(label.replaceAll(/[|<>]/g, ' '))}>`;
}

/** Slack's three control characters. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Errors are words in the body: `no_service`, `channel_is_archived`, `invalid_payload` and so on, with a 4xx that does not pass. */
function judge(reply: Reply): DeliveryResult {
  const words = /^[a-z_]{1,60}$/.test(reply.text) ? reply.text : undefined;
  if (words === 'rate_limited' || words === 'ratelimited')
    return again(`status ${reply.status}: ${words}`, reply.retryAfterMs);
  return judgeStatus(reply, clientError, words);
}
