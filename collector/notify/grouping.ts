import { createHash } from 'node:crypto';
import type { GroupKey } from '../state/outbox-groups.ts';

/**
 * Pure rules of telling alerts of one site together. It is presentation only: each alert keeps its own message, events and end.
 * Times in ms.
 */

/** Alerts in one message. */
export const LARGEST_GROUP = 100;

/** A message waits until `until`; `since` is when the one before it was told. */
export interface Hold {
  readonly since: number;
  readonly until: number;
}

/**
 * Whether a message waits for others: the first one goes at once, what follows within the window goes together at its end. A critical one
 * waits for criticals only. Undefined: it goes now.
 */
export function holdOf(
  told: readonly { readonly severity: string; readonly at: number }[],
  severity: string,
  windowMs: number,
  now: number,
): Hold | undefined {
  const counted = severity === 'critical' ? told.filter((before) => before.severity === 'critical') : told;
  // A clock that was set back makes nobody wait longer.
  const since = Math.min(now, Math.max(...counted.map(({ at }) => at)));
  const until = since + windowMs;
  return until > now ? { since, until } : undefined;
}

/** From what it is: the same after a crash. `part` counts from 0, for more alerts than one message holds. */
export function groupIdOf({ school, contact, channel, site, kind }: GroupKey, since: number, part: number): string {
  const identity = JSON.stringify(['group', school, contact, channel, site, kind, since, part]);
  return `msg_${createHash('sha256').update(identity).digest('base64url').slice(0, 27)}`;
}
