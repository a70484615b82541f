import type { Notification } from '../trap/notification.ts';
import type { Outcome } from '../trap/receive.ts';
import type { UsmUser } from './usm/key-cache.ts';

/** What passes between the receiver's thread and the main one. */

export interface TrapWorkerSettings {
  readonly host: string;
  readonly port: number;
  readonly communities: readonly string[];
  readonly users: readonly UsmUser[];
  /** Text that makes our v3 engine id. */
  readonly engine: string;
  /** Canonical addresses of the targets. */
  readonly known: readonly string[];
  /** Deliveries that wait for the main thread at most. */
  readonly queue?: number;
}

/** `failed`: our own mistake, and not the sender's. */
export type TrapOutcome = Outcome | 'rate_limited' | 'queue_full' | 'failed';

/** A datagram that the main thread must hear of: a notification, or a refusal. */
export interface TrapDelivery {
  /** Canonical address it came from. */
  readonly source: string;
  /** Wall clock ms. */
  readonly time: number;
  readonly outcome: Outcome;
  readonly notification?: Notification;
}

export interface TrapReport {
  readonly kind: 'report';
  readonly deliveries: readonly TrapDelivery[];
  /** Since the last report. */
  readonly counts: Readonly<Partial<Record<TrapOutcome, number>>>;
  /** What went wrong in the last datagram that `failed` counts. */
  readonly defect?: string;
}

export type FromTrapWorker =
  | { readonly kind: 'listening'; readonly host: string; readonly port: number }
  | { readonly kind: 'failed'; readonly reason: string }
  /** At least once a second, also when nothing came: the thread is alive. */
  | TrapReport;

export type ToTrapWorker =
  /** The last report was dealt with: the next may come. */
  { readonly kind: 'next' } | { readonly kind: 'known'; readonly addresses: readonly string[] };
