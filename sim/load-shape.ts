/** How a rate varies over time: per-mille of the nominal rate, in equal steps, repeating. Integers only, so that its integral is exact. */
export class LoadShape {
  readonly #stepMs: number;
  readonly #perMille: readonly number[];
  readonly #phaseMs: number;
  /** Integral up to the start of each step, per-mille x ms. */
  readonly #before: readonly number[];
  readonly #total: number;

  /** `phaseMs` is added to the instant to get the place in the pattern. */
  constructor(perMille: readonly number[], stepMs: number, phaseMs = 0) {
    this.#perMille = perMille;
    this.#stepMs = stepMs;
    this.#phaseMs = phaseMs;
    const before: number[] = [];
    let sum = 0;
    for (const value of perMille) {
      before.push(sum);
      sum += value * stepMs;
    }
    this.#before = before;
    this.#total = sum;
  }

  /** Per-mille at an instant (whole ms, >= -phase). */
  perMille(at: number): number {
    return this.#perMille[Math.floor(this.#place(at) / this.#stepMs)] ?? 0;
  }

  /** Integral from the pattern's origin to `at`, per-mille x ms, an exact integer; only differences mean something. */
  integral(at: number): number {
    const place = this.#place(at);
    const step = Math.floor(place / this.#stepMs);
    const periods = (at + this.#phaseMs - place) / (this.#stepMs * this.#perMille.length);
    const value =
      periods * this.#total + (this.#before[step] ?? 0) + (place - step * this.#stepMs) * (this.#perMille[step] ?? 0);
    if (!Number.isSafeInteger(value)) throw new RangeError(`load integral at ${at} is not exact`);
    return value;
  }

  #place(at: number): number {
    return (at + this.#phaseMs) % (this.#stepMs * this.#perMille.length);
  }
}

/** The nominal rate all the time. */
export const STEADY = new LoadShape([1000], 1000);

export const DAY_MS = 86_400_000;
const STEP_MS = 10_000;

/** Busy-ness by local hour, per-mille of the peak, straight lines in between: pupils arrive at 8, lunch at 12, school is out at 15:30. */
const HOURS: readonly (readonly [hour: number, perMille: number])[] = [
  [0, 60],
  [2, 120],
  [3, 60],
  [6.5, 80],
  [8, 620],
  [9, 800],
  [11.5, 850],
  [12, 600],
  [12.75, 700],
  [13.5, 820],
  [15, 700],
  [16, 350],
  [18, 150],
  [22, 80],
  [24, 60],
];

/** A school day in steps of 10 s, with noise that is the same for the same `seed`. `phaseMs` makes the instant a local time of day. */
export function schoolDay(seed: number, phaseMs: number): LoadShape {
  const steps = DAY_MS / STEP_MS;
  const values: number[] = [];
  let slow = 0;
  for (let i = 0; i < steps; i++) {
    // Slow drift plus quick jitter: traffic that looks like people, not like a sine.
    slow = 0.97 * slow + 0.06 * (noise(seed, i >> 2) - 0.5);
    const factor = 1 + 2 * slow + 0.16 * (noise(seed + 1, i) - 0.5);
    const busy = Math.round(hourly((i * STEP_MS) / 3_600_000) * factor);
    values.push(Math.min(1200, Math.max(5, busy)));
  }
  return new LoadShape(values, STEP_MS, phaseMs);
}

function hourly(hour: number): number {
  const next = HOURS.findIndex(([h]) => h > hour);
  const [h0, v0] = HOURS[next - 1]!;
  const [h1, v1] = HOURS[next]!;
  return v0 + ((v1 - v0) * (hour - h0)) / (h1 - h0);
}

/** A number in [0, 1) fixed by its arguments (an integer hash; good enough for looks). */
export function noise(seed: number, i: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(i + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
}
