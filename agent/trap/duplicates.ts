import type { TrapEvent } from './meaning.ts';
import type { Notification } from './notification.ts';

interface Seen {
  readonly at: number;
  readonly uptime: number | undefined;
  readonly type: string;
  readonly clears: readonly string[];
  /** Device and interface. */
  readonly place: string;
}

/** The same trap within this time is told once: sent to several destinations, or by v1 and v2c both. */
const WINDOW_MS = 10_000;
/** An inform is sent again until it is answered; it then carries the very same sysUpTime. */
const RETRY_MS = 120_000;
/** 1/100 s that two sendings of one trap may differ by. */
const SAME_UPTIME = 100;
const MAX_SEEN = 5_000;

/** Tells a trap that was sent twice from one that happened twice. Bounded: the oldest is forgotten first. */
export class Duplicates {
  readonly #seen = new Map<string, Seen>();

  get size(): number {
    return this.#seen.size;
  }

  /**
   * True when this event was taken in already. What has been over in between (the link came up again) is news.
   * @param now monotonic ms
   */
  isRepeated(device: string, notification: Notification, event: TrapEvent, now: number): boolean {
    const { uptime, trapOid } = notification;
    const key = `${device}\u0000${trapOid}\u0000${event.detail}`;
    const seen = this.#seen.get(key);
    if (seen && isSame(seen, uptime, now)) return true;
    const place = `${device}\u0000${event.interface.ifIndex ?? event.interface.ifName ?? ''}`;
    this.#forgetOpposites(place, event);
    this.#seen.delete(key);
    this.#seen.set(key, { at: now, uptime, type: event.type, clears: event.clears, place });
    if (this.#seen.size > MAX_SEEN) this.#seen.delete(this.#seen.keys().next().value!);
    return false;
  }

  #forgetOpposites(place: string, event: TrapEvent): void {
    for (const [key, seen] of this.#seen) {
      if (seen.place !== place) continue;
      if (seen.clears.includes(event.type) || event.clears.includes(seen.type)) this.#seen.delete(key);
    }
  }
}

function isSame(seen: Seen, uptime: number | undefined, now: number): boolean {
  const age = now - seen.at;
  if (age <= WINDOW_MS) return true;
  return (
    age <= RETRY_MS &&
    uptime !== undefined &&
    seen.uptime !== undefined &&
    Math.abs(uptime - seen.uptime) <= SAME_UPTIME
  );
}
