import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { GuardPolicy } from '../../outbound/guard.ts';
import type { Resolve } from '../../outbound/guarded-request.ts';

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
  /** What else the channel goes by, named as its schema (`<type>-schema.ts`) names it. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What every channel over HTTP is made of. */
export interface ChannelParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Asked at each delivery, so that a reloaded configuration takes effect. */
  readonly policy: () => GuardPolicy;
  /** For one attempt, name resolution and the reading of the answer included, ms. Default 15,000. */
  readonly timeoutMs?: number;
  /** Every address of a name. Default: the system's resolver. */
  readonly resolve?: Resolve;
}

export interface Delivery {
  /** The message's id, the same at every attempt: the receiver's key against duplicates. */
  readonly id: string;
  readonly body: string;
  readonly endpoint: Endpoint;
}

export type DeliveryResult =
  | {
      readonly ok: true;
      /** Why nothing was sent although all is well: the service has no use for this kind of message. */
      readonly skipped?: string;
    }
  | {
      readonly ok: false;
      /** False: trying again cannot help (the endpoint is gone, or its settings are wrong). */
      readonly retryable: boolean;
      readonly retryAfterMs?: number;
      /** True: the message was handed over but no answer came, so the receiver may have acted on it. */
      readonly uncertain?: boolean;
      /** True: the receiver says that this endpoint is gone for good; nothing more is sent to it until its settings change. */
      readonly gone?: boolean;
      /** For logs and the event log; holds no secret. */
      readonly reason: string;
    };

/** Carries one message to one endpoint, once; retries are the outbox's. Bounded in time by itself; never throws. */
export interface Channel {
  readonly type: string;
  /** True: the service knows alerts apart by itself, so each goes to it alone and is never told together with others. */
  readonly perAlert?: boolean;
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult>;
}

/** By `type`. A new channel is one file and one entry where the collector is wired. */
export type ChannelRegistry = ReadonlyMap<string, Channel>;

export function channelRegistry(channels: readonly Channel[]): ChannelRegistry {
  return new Map(channels.map((channel) => [channel.type, channel]));
}
