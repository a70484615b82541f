import type { AnswerLink } from './answer-links.ts';
import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { type Rendering, renderingOf, type Tone } from './rendering.ts';
import { clientError, judgeStatus, type Reply, ServiceCall, UNREADABLE } from './service-call.ts';
import { cut, fitting, withReference } from './text-limit.ts';

/** Of the whole request. */
const LARGEST_BODY = 28 * 1024;
const LONGEST_TEXT = 8_000;
/** Teams shows no more of a card's. */
const MOST_ACTIONS = 6;

const COLOURS: Readonly<Record<Tone, string>> = {
  critical: 'attention',
  warning: 'warning',
  info: 'accent',
  resolved: 'good',
  note: 'default',
};

/**
 * A Teams Workflow ("When a Teams webhook request is received"), which took the place of the Office 365 connectors. It answers 202 when the
 * workflow was started; whether that then posts the card is seen in the workflow's run history only.
 */
export class TeamsChannel implements Channel {
  readonly type = 'teams';
  readonly #call: ServiceCall;

  constructor(parts: ChannelParts) {
    this.#call = new ServiceCall('teams', parts);
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const rendering = renderingOf(delivery.body);
    if (!rendering) return UNREADABLE;
    const body = fitting(LONGEST_TEXT, LARGEST_BODY, (limit) => JSON.stringify(card(rendering, delivery.id, limit)));
    const headers = { 'content-type': 'application/json' };
    return this.#call.post(delivery, { url: delivery.endpoint.address, headers, body }, judge, signal);
  }
}

/** Rich text, not text blocks: those take device names for Markdown. */
function card({ title, details, tone, links }: Rendering, id: string, limit: number): Record<string, unknown> {
  const line = (text: string, more: Record<string, unknown> = {}) => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text, ...more }],
  });
  const lines = withReference(details, id, limit)
    .split('\n')
    .filter((text) => text !== '');
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [line(cut(title, limit / 2), { weight: 'bolder', color: COLOURS[tone] }), ...lines.map((text) => line(text))],
    ...(links.length > 0 && { actions: links.slice(0, MOST_ACTIONS).map(openUrl) }),
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

function openUrl({ label, url }: AnswerLink): Record<string, unknown> {
  return { type: 'Action.OpenUrl', title: label, url };
}

/** Errors as Power Automate words them: `{error: {code, message}}`. */
function judge(reply: Reply): DeliveryResult {
  const error = reply.json?.['error'];
  const code = error !== null && typeof error === 'object' ? (error as { readonly code?: unknown }).code : undefined;
  return judgeStatus(reply, clientError, code);
}
