import { createHash } from 'node:crypto';
import type { DeliveryResult, Endpoint } from './channels/channel.ts';
import { RETRY_DELAYS_MS } from './retry-schedule.ts';

/** Pure rules over how deliveries to one channel of a contact went. Times in ms. */

/** What is remembered of an endpoint; it counts for the settings of this fingerprint only. */
export interface EndpointRecord {
  readonly school: string;
  readonly contact: string;
  readonly channel: string;
  readonly type: string;
  readonly fingerprint: string;
  readonly succeededAt: number | null;
  readonly failedAt: number | null;
  /** Why the last attempt failed; null when it did not. Holds no secret. */
  readonly error: string | null;
  /** In a row, over all messages. */
  readonly failures: number;
  readonly failingSince: number | null;
  /** When the receiver said that this address is gone for good (410). */
  readonly disabledAt: number | null;
}

/** `dead`: it failed often enough, and for long enough, that nobody waits for it. `disabled`: nothing is sent to it until its settings change. */
export type EndpointState = 'ok' | 'failing' | 'dead' | 'disabled';

/** As many as a page gets before the next rung is told ... */
const DEAD_AFTER = 3;
/** ... and over as long as its fast retries take: three messages that fail within a second are one blip. */
const DEAD_AFTER_MS = 20_000;
/** While dead, one message tries it this often at most. */
const LONGEST_PROBE_MS = 300_000;

export function stateOf(record: EndpointRecord | undefined): EndpointState {
  if (!record || (record.failures === 0 && record.disabledAt === null)) return 'ok';
  if (record.disabledAt !== null) return 'disabled';
  const { failures, failedAt, failingSince } = record;
  const lasted = (failedAt ?? 0) - (failingSince ?? 0);
  return failures >= DEAD_AFTER && lasted >= DEAD_AFTER_MS ? 'dead' : 'failing';
}

/** Nobody is reached over it now. */
export function isDown(record: EndpointRecord | undefined): boolean {
  const state = stateOf(record);
  return state === 'dead' || state === 'disabled';
}

/** The record after an attempt. What was known under other settings is forgotten. */
export function afterAttempt(
  before: EndpointRecord | undefined,
  of: Pick<EndpointRecord, 'school' | 'contact' | 'channel' | 'type' | 'fingerprint'>,
  result: DeliveryResult,
  now: number,
): EndpointRecord {
  const known = before?.fingerprint === of.fingerprint ? before : undefined;
  const { school, contact, channel, type, fingerprint } = of;
  const identity = { school, contact, channel, type, fingerprint };
  if (result.ok)
    return {
      ...identity,
      succeededAt: now,
      failedAt: known?.failedAt ?? null,
      error: null,
      failures: 0,
      failingSince: null,
      disabledAt: null,
    };
  return {
    ...identity,
    succeededAt: known?.succeededAt ?? null,
    failedAt: now,
    error: result.reason,
    failures: (known?.failures ?? 0) + 1,
    failingSince: known?.failingSince ?? now,
    disabledAt: known?.disabledAt ?? (result.gone === true ? now : null),
  };
}

/** How long nothing is tried after a failure of a dead endpoint, ms; 0 for one that is not. */
export function probeWait(record: EndpointRecord): number {
  if (stateOf(record) !== 'dead') return 0;
  return Math.min(RETRY_DELAYS_MS[record.failures - 1] ?? LONGEST_PROBE_MS, LONGEST_PROBE_MS);
}

/** Changes with every setting of the endpoint. Too short to find a secret by. */
export function fingerprintOf({ type, address, secrets, settings }: Endpoint): string {
  const all = JSON.stringify([type, address, secrets, Object.entries(settings ?? {}).sort()]);
  return createHash('sha256').update(all).digest('base64url').slice(0, 8);
}
