/** Seconds that a message may be older than what we hold for the engine's time (RFC 3414 section 2.2.3). */
export const WINDOW_S = 150;
/** An engine that has counted so far can speak no more until it is set up anew (RFC 3414 section 2.2.2). */
export const LAST_BOOTS = 2_147_483_647;

/** What we hold for an authoritative engine's clock (RFC 3414 section 2.3). */
export interface EngineClock {
  readonly boots: number;
  /** The latest that was heard of it, s. */
  readonly time: number;
  /** Our monotonic ms at that moment. */
  readonly at: number;
  /** False while only a message without authentication has told it. */
  readonly proven: boolean;
}

/** The engine's time now, s. It stops at the end of its range. */
export function timeNow(clock: EngineClock, now: number): number {
  return Math.min(LAST_BOOTS, clock.time + Math.floor((now - clock.at) / 1000));
}

/** The clock as a message without authentication tells it; one that is proven stays. */
export function heardOpenly(known: EngineClock | undefined, boots: number, time: number, now: number): EngineClock {
  return known?.proven ? known : { boots, time, at: now, proven: false };
}

/** RFC 3414 section 3.2 step 7b: the clock after an authentic message, or undefined where the message is older than the window. */
export function heard(
  known: EngineClock | undefined,
  boots: number,
  time: number,
  now: number,
): EngineClock | undefined {
  if (boots === LAST_BOOTS) return undefined;
  if (!known?.proven || boots > known.boots || (boots === known.boots && time > known.time))
    return { boots, time, at: now, proven: true };
  if (boots < known.boots || time < timeNow(known, now) - WINDOW_S) return undefined;
  return known;
}

/**
 * The clock after an authentic report that ours is wrong, which answers the very request that waits. It may go back, which section 3.2 does not
 * foresee: devices that lose their boots counter start anew with the same one. Such a report cannot be an old one played again, because it carries the
 * request's msgID, which nobody could foresee.
 */
export function corrected(boots: number, time: number, now: number): EngineClock | undefined {
  return boots === LAST_BOOTS ? undefined : { boots, time, at: now, proven: true };
}
