/** Where one contact is reached over one channel. Looked up when a message is sent, so a changed URL or secret takes effect at once. */
export interface Endpoint {
  /** Which channel delivers: the key of the registry, `webhook`. */
  readonly type: string;
  /** Stable name among the contact's endpoints; stands in outbox rows and logs. */
  readonly id: string;
  /** What deliveries are kept apart by: a URL, a number, a mailbox. May hold a secret path: never logged. */
  readonly address: string;
  /** Signing keys, the current one first; several during a rotation. Never logged, never stored. */
  readonly secrets: readonly string[];
}

export interface Delivery {
  /** The message's id, the same at every attempt: the receiver's key against duplicates. */
  readonly id: string;
  readonly body: string;
  readonly endpoint: Endpoint;
}

export type DeliveryResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** False: trying again cannot help (the endpoint is gone, or its settings are wrong). */
      readonly retryable: boolean;
      readonly retryAfterMs?: number;
      /** True: the message was handed over but no answer came, so the receiver may have acted on it. */
      readonly uncertain?: boolean;
      /** For logs and the event log; holds no secret. */
      readonly reason: string;
    };

/** Carries one message to one endpoint, once; retries are the outbox's. Bounded in time by itself; never throws. */
export interface Channel {
  readonly type: string;
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult>;
}

/** By `type`. A new channel is one file and one entry where the collector is wired. */
export type ChannelRegistry = ReadonlyMap<string, Channel>;

export function channelRegistry(channels: readonly Channel[]): ChannelRegistry {
  return new Map(channels.map((channel) => [channel.type, channel]));
}
