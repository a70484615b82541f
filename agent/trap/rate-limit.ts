/** Tokens that come back with time; one is taken for each datagram. */
interface Bucket {
  tokens: number;
  at: number;
}

export interface Allowance {
  /** Datagrams a second in the long run. */
  readonly perSecond: number;
  /** At once, after a pause. */
  readonly burst: number;
}

export interface RateLimits {
  readonly perSource: Allowance;
  /** All sources that are targets together; those that are not have a smaller share of their own, and cannot use up this one. */
  readonly known: Allowance;
  readonly unknown: Allowance;
}

/** A switch that loses a line card sends some hundred traps at once. */
export const DEFAULT_LIMITS: RateLimits = {
  perSource: { perSecond: 20, burst: 300 },
  known: { perSecond: 400, burst: 2_000 },
  unknown: { perSecond: 20, burst: 60 },
};

/** Sources whose bucket is kept; the one not heard for longest goes first. */
const MAX_SOURCES = 2_048;

/** Whose datagram is looked at. Bounded, whatever addresses a flood pretends to come from. */
export class RateLimit {
  readonly #limits: RateLimits;
  readonly #sources = new Map<string, Bucket>();
  readonly #known: Bucket;
  readonly #unknown: Bucket;

  constructor(now: number, limits: RateLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
    this.#known = { tokens: limits.known.burst, at: now };
    this.#unknown = { tokens: limits.unknown.burst, at: now };
  }

  /** How many sources are remembered. */
  get size(): number {
    return this.#sources.size;
  }

  /** `now` is monotonic ms. */
  admits(source: string, known: boolean, now: number): boolean {
    const { perSource } = this.#limits;
    const own = this.#sources.get(source) ?? { tokens: perSource.burst, at: now };
    this.#sources.delete(source);
    this.#sources.set(source, own);
    if (this.#sources.size > MAX_SOURCES) this.#sources.delete(this.#sources.keys().next().value!);
    // In this order: one source that sends too much must not use up what all have.
    return (
      take(own, perSource, now) &&
      (known ? take(this.#known, this.#limits.known, now) : take(this.#unknown, this.#limits.unknown, now))
    );
  }
}

function take(bucket: Bucket, { perSecond, burst }: Allowance, now: number): boolean {
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens--;
  return true;
}
