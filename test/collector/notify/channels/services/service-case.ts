import { channelSchema } from '../../../../../collector/engagement/channel-schema.ts';
import type { Channel, ChannelParts, Endpoint } from '../../../../../collector/notify/channels/channel.ts';
import type { Answer, Service } from '../stand-in.ts';

/** One channel with its service, for the suite that all of them pass. */
export interface ServiceCase {
  readonly type: string;
  readonly make: (parts: ChannelParts) => Channel;
  /** The channel as a school file gives it, with the service at `url`. */
  readonly settings: (url: string) => Readonly<Record<string, unknown>>;
  readonly service: Service;
  /** How the service says that it was asked too often, and what that means. */
  readonly busy: { readonly answer: Answer; readonly retryAfterMs?: number; readonly final?: boolean };
  /** How it says that something there is not well. */
  readonly down: Answer;
  /** An answer that cannot pass; it quotes what it was sent. */
  readonly final: Answer;
  /** What no reason and no log line may hold. */
  readonly secrets: readonly string[];
}

export function endpointOf(settings: Readonly<Record<string, unknown>>): Endpoint {
  const { type, address, secrets, settings: more } = channelSchema.parse(settings);
  return { type, id: type, address, secrets, settings: more };
}
