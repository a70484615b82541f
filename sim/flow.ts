import { type LoadShape, STEADY } from './load-shape.ts';

interface Segment {
  readonly from: number;
  /** The counter at `from`, in millionths: rates are per second and per mille, time in ms. */
  readonly millionths: bigint;
  readonly perSecond: bigint;
  readonly shape: LoadShape;
}

const MILLION = 1_000_000n;

/**
 * A counter as an exact function of time: start + floor(integral of the rate). A change of rate keeps the value, so a fault bends the line
 * and never makes it jump; only `reset` (a reboot) does. Earlier instants keep their values.
 */
export class Flow {
  readonly #segments: Segment[];

  /** `perSecond`: whole units per second at 1000 per mille of `shape`. */
  constructor(from: number, start: bigint, perSecond: number, shape: LoadShape = STEADY) {
    this.#segments = [{ from, millionths: start * MILLION, perSecond: BigInt(perSecond), shape }];
  }

  /** The 64-bit counter at an instant (whole ms); before the start, its start value. */
  at(at: number): bigint {
    return (this.#millionths(at) / MILLION) & 0xffff_ffff_ffff_ffffn;
  }

  /** From `at` on, this rate. @throws RangeError when `at` lies before an earlier change. */
  setRate(at: number, perSecond: number, shape: LoadShape = STEADY): void {
    this.#push({ from: at, millionths: this.#millionths(at), perSecond: BigInt(perSecond), shape });
  }

  /** From `at` on, counting starts anew at 0 with the rate unchanged. */
  reset(at: number): void {
    this.#push({ ...this.#segment(at), from: at, millionths: 0n });
  }

  #push(segment: Segment): void {
    if (segment.from < this.#segments.at(-1)!.from) throw new RangeError('a change before the last one');
    this.#segments.push(segment);
  }

  #segment(at: number): Segment {
    return this.#segments.findLast((s) => s.from <= at) ?? this.#segments[0]!;
  }

  #millionths(at: number): bigint {
    const { from, millionths, perSecond, shape } = this.#segment(at);
    if (at <= from) return millionths;
    return millionths + perSecond * BigInt(shape.integral(at) - shape.integral(from));
  }
}
