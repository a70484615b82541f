import { type EngineClock, heard, LAST_BOOTS, WINDOW_S } from '../drivers/usm/engine-clock.ts';

/** Engines remembered: one for each v3 device. */
export const MOST_ENGINES = 4_096;

/**
 * What senders of v3 traps said of their clocks, so that a recorded packet cannot be played again (RFC 3414 section 3.2, step 7b). Only authenticated
 * messages get this far, so the number of engines is that of devices that know a key.
 */
export class EngineTimes {
  readonly #engines = new Map<string, EngineClock>();

  /** False when the message is older than what this engine has said before, by more than the window. */
  accepts(engineId: string, boots: number, time: number, now: number): boolean {
    const known = this.#engines.get(engineId);
    const clock = heard(known, boots, time, now);
    if (!clock) return false;
    if (clock === known) return true;
    this.#engines.delete(engineId);
    this.#engines.set(engineId, clock);
    if (this.#engines.size > MOST_ENGINES) this.#engines.delete(this.#engines.keys().next().value!);
    return true;
  }
}

/** What we ourselves are for those who send informs: the authoritative engine. */
export interface OwnEngine {
  readonly id: Uint8Array;
  readonly boots: number;
  /** Seconds since the start at monotonic `now`. */
  time(now: number): number;
}

/** 2020-01-01 in seconds: with it, boots fits 31 bits until 2088. */
const EPOCH_S = 1_577_836_800;
/** Private enterprise number for documentation (RFC 5612): the product has none of its own. */
const ENTERPRISE = 32473;

/** RFC 3411 section 5: enterprise with the high bit set, format 4 (text), the text. Stays the same over restarts, since some devices want it configured. */
export function engineIdOf(text: string): Uint8Array {
  const name = new TextEncoder().encode(text).subarray(0, 27);
  return Uint8Array.from([0x80, 0, ENTERPRISE >> 8, ENTERPRISE & 0xff, 4, ...name]);
}

/**
 * Boots must grow with every start (RFC 3414 section 2.2.2); nothing is stored for that: it is the second of the start.
 * @param startedAt wall clock ms, @param now monotonic ms
 */
export function ownEngine(id: Uint8Array, startedAt: number, now: number): OwnEngine {
  const boots = Math.min(LAST_BOOTS - 1, Math.max(1, Math.floor(startedAt / 1000) - EPOCH_S));
  return { id, boots, time: (at) => Math.floor((at - now) / 1000) };
}

/** True for a message to us that is neither old nor from the future. */
export function inWindow(engine: OwnEngine, boots: number, time: number, now: number): boolean {
  return boots === engine.boots && Math.abs(time - engine.time(now)) <= WINDOW_S;
}
