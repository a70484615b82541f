import type { AnswerLink } from './answer-links.ts';
import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import { type Rendering, renderingOf, type Tone } from './rendering.ts';
import { again, clientError, judgeStatus, type Reply, ServiceCall, statusReason, UNREADABLE } from './service-call.ts';
import { cut } from './text-limit.ts';

const LONGEST_CONTENT = 2_000;
const MOST_EMBEDS = 10;
const LONGEST_EMBED_TITLE = 256;
/** Of an embed's description; all parts of all embeds together hold 6,000. */
const LONGEST_DESCRIPTION = 4_096;
/** The longest wait for the next place in the rate limit that is worth staying for: a bucket of webhooks lasts 2 s. */
const LONGEST_WAIT_MS = 2_500;
const RETRY_AFTER_LIMIT_MS = 3_600_000;

const COLOURS: Readonly<Record<Tone, number>> = {
  critical: 0xc62828,
  warning: 0xef6c00,
  info: 0x1565c0,
  resolved: 0x2e7d32,
  note: 0x757575,
};

/** Discord's webhooks (https://discord.com/developers/docs/resources/webhook#execute-webhook), within its rate limits. */
export class DiscordChannel implements Channel {
  readonly type = 'discord';
  readonly #parts: ChannelParts;
  readonly #call: ServiceCall;
  /** When a webhook whose bucket is empty may be called again, ms; one entry for each such webhook. */
  readonly #freeAt = new Map<string, number>();

  constructor(parts: ChannelParts) {
    this.#parts = parts;
    this.#call = new ServiceCall('discord', parts);
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const rendering = renderingOf(delivery.body);
    if (!rendering) return UNREADABLE;
    const { address } = delivery.endpoint;
    await this.#turn(address, signal);
    const request = {
      url: address,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(discordMessage(rendering, delivery.id)),
    };
    return this.#call.post(delivery, request, (reply) => this.#judge(address, reply), signal);
  }

  async #turn(address: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const wait = (this.#freeAt.get(address) ?? 0) - clock.now();
    this.#freeAt.delete(address);
    if (wait > 0) await clock.sleep(Math.min(wait, LONGEST_WAIT_MS), signal);
  }

  #judge(address: string, reply: Reply): DeliveryResult {
    const reset = seconds(reply.header('x-ratelimit-reset-after'));
    if (reply.header('x-ratelimit-remaining') === '0' && reset !== undefined)
      this.#freeAt.set(address, this.#parts.clock.now() + reset);
    const words = reply.json?.['message'];
    if (reply.status !== 429) return judgeStatus(reply, clientError, words);
    // The body tells fractions of a second; the header, from a proxy in front too, whole ones.
    return again(statusReason(429, words), seconds(reply.json?.['retry_after']) ?? reply.retryAfterMs);
  }
}

function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return undefined;
  return Math.min(Math.ceil(number * 1000), RETRY_AFTER_LIMIT_MS);
}

function discordMessage({ title, details, tone, links }: Rendering, id: string): Record<string, unknown> {
  const only = links.length === 1 ? links[0] : undefined;
  const several = only === undefined ? links.slice(0, MOST_EMBEDS - 1) : [];
  return {
    content: cutMarkdown(title, LONGEST_CONTENT),
    embeds: [
      {
        ...(only !== undefined && titled(only)),
        // A description must not be empty.
        description: cutMarkdown(details === '' ? title : details, LONGEST_DESCRIPTION),
        color: COLOURS[tone],
        footer: { text: `Ref ${id}` },
      },
      ...several.map(titled),
    ],
    // A summary with @everyone in it calls nobody.
    allowed_mentions: { parse: [] },
  };
}

/** An embed's title is a link. */
function titled({ label, url }: AnswerLink): Record<string, unknown> {
  return { title: cutMarkdown(label, LONGEST_EMBED_TITLE), url };
}

/** Escapes Discord's markup, of which device names are full, and cuts so that no lone backslash is left before the ellipsis. */
function cutMarkdown(text: string, limit: number): string {
  return cut(text.replaceAll(/[\\*_~`|>#[\]<-]/g, '\\$&'), limit).replace(/(?<!\\)((?:\\\\)*)\\…$/, '$1…');
}
