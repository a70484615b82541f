import type { Counter, Stamp } from './varbind.ts';

/** Why there is no rate for an interval. */
export type NoRate = 'rebooted' | 'no_time' | 'wrap_ambiguous' | 'went_back' | 'width_changed' | 'absurd';

export type Elapsed = { readonly seconds: number } | { readonly reason: NoRate };
export type Delta = { readonly delta: bigint } | { readonly reason: NoRate };

const TICKS = 2 ** 32;
/** How far the device's clock may be from ours and still be believed: 2 % and half a second. */
const CLOCK_SHARE = 0.02;
const CLOCK_SECONDS = 0.5;

/** What `wordsDelta` and `secondsBetween` give in place of a number: -1 - the place in this list. */
export const NO_RATES: readonly NoRate[] = [
  'rebooted',
  'no_time',
  'wrap_ambiguous',
  'went_back',
  'width_changed',
  'absurd',
];
const REBOOTED = -1 - NO_RATES.indexOf('rebooted');
const NO_TIME = -1 - NO_RATES.indexOf('no_time');
const WRAP_AMBIGUOUS = -1 - NO_RATES.indexOf('wrap_ambiguous');
const WENT_BACK = -1 - NO_RATES.indexOf('went_back');
const ABSURD = -1 - NO_RATES.indexOf('absurd');

/**
 * The time between two readings, by the device's own clock where it agrees with ours: it stands in the same PDU as the counter, so a late
 * event loop or a slow network does not touch it. Ours otherwise.
 *
 * sysUpTime is 32 bit and wraps after 497 days (RFC 3418); a decrease that is no such wrap is a restart of the device or of its SNMP agent.
 * So is an uptime shorter than the interval, which a long gap can hide behind an increase.
 *
 * @param fineClock false when all of the device's uptimes so far were whole seconds: too coarse to divide by.
 */
export function elapsedBetween(before: Stamp, now: Stamp, fineClock = true): Elapsed {
  const uptimes = [before.uptime ?? Number.NaN, now.uptime ?? Number.NaN] as const;
  const seconds = secondsBetween(before.at, uptimes[0], now.at, uptimes[1], fineClock);
  return seconds < 0 ? { reason: NO_RATES[-1 - seconds]! } : { seconds };
}

/** `elapsedBetween` for the hot path. Uptimes in 1/100 s, NaN where there is none. Negative: no rate, see NO_RATES. */
export function secondsBetween(
  beforeAt: number,
  beforeUptime: number,
  nowAt: number,
  nowUptime: number,
  fineClock: boolean,
): number {
  const ours = (nowAt - beforeAt) / 1000;
  if (!(ours > 0)) return NO_TIME;
  const ticks = nowUptime - beforeUptime;
  if (Number.isNaN(ticks)) return ours;
  const device = (ticks < 0 ? ticks + TICKS : ticks) / 100;
  const agrees = Math.abs(device - ours) <= ours * CLOCK_SHARE + CLOCK_SECONDS;
  if (!agrees && (ticks < 0 || nowUptime / 100 <= ours + CLOCK_SECONDS)) return REBOOTED;
  return agrees && fineClock && device > 0 ? device : ours;
}

/** Timing slack when asking how much a line can have carried between two readings. */
const LINE_SLACK = 1.05;
/** More than any port can count: 2 Tbit/s in octets, and as many packets cannot be either. */
const ABSURD_PER_SECOND = 2.5e11;

/**
 * How far a counter advanced in `seconds`.
 *
 * A lower value is a wrap when the wrapped difference is something the line can have carried; else the counter was set back
 * (cleared, or another module took its place). A 32-bit counter of a line fast enough to wrap within the interval says nothing either way.
 *
 * @param perSecond most the line can count in a second; undefined when its speed is not known: then no wrap is believed.
 */
export function counterDelta(before: Counter, now: Counter, seconds: number, perSecond: number | undefined): Delta {
  if (before.bits !== now.bits) return { reason: 'width_changed' };
  const size = 1n << BigInt(now.bits);
  const possible = perSecond === undefined ? undefined : perSecond * seconds * LINE_SLACK;
  if (now.bits === 32 && possible !== undefined && possible >= Number(size)) return { reason: 'wrap_ambiguous' };
  const forward = now.value - before.value;
  if (forward >= 0n) return Number(forward) > ABSURD_PER_SECOND * seconds ? { reason: 'absurd' } : { delta: forward };
  const wrapped = forward + size;
  if (possible === undefined || Number(wrapped) > possible) return { reason: 'went_back' };
  return { delta: wrapped };
}

/**
 * `counterDelta` on counters of one width in two 32-bit words each, for the hot path: the same answers, the difference rounded to a double once.
 * Negative: no rate, see NO_RATES.
 *
 * @param perSecond NaN when the speed is not known
 */
export function wordsDelta(
  beforeHigh: number,
  beforeLow: number,
  nowHigh: number,
  nowLow: number,
  is64: boolean,
  seconds: number,
  perSecond: number,
): number {
  const possible = perSecond * seconds * LINE_SLACK;
  if (!is64 && possible >= TICKS) return WRAP_AMBIGUOUS;
  const high = nowHigh - beforeHigh;
  const forward = high * TICKS + (nowLow - beforeLow);
  if (forward >= 0) return forward > ABSURD_PER_SECOND * seconds ? ABSURD : forward;
  const wrapped = is64 ? (high + TICKS) * TICKS + (nowLow - beforeLow) : forward + TICKS;
  return wrapped <= possible ? wrapped : WENT_BACK;
}

/** Octets per second of a line of `bitsPerSecond`. */
export function maxOctets(bitsPerSecond: number): number {
  return bitsPerSecond / 8;
}

/** Packets per second of a line of `bitsPerSecond`: 64 octets of frame and 20 of preamble and gap (IEEE 802.3) is the least one takes. */
export function maxPackets(bitsPerSecond: number): number {
  return bitsPerSecond / (84 * 8);
}
