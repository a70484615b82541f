import type { Target } from '../config.ts';
import type { TrapEvent } from './meaning.ts';

/** An event of a device, and how many times it happened. */
export interface DeviceEvent {
  readonly target: Target;
  readonly event: TrapEvent;
  /** Wall clock ms of the last. */
  readonly time: number;
  readonly count: number;
}

interface Series {
  /** Monotonic ms at which the present minute began. */
  from: number;
  passed: number;
  held: DeviceEvent | undefined;
}

/** So many of one kind in a minute are told one by one, what comes after them at the minute's end as one with its count: a loose plug says no more than that. */
const ONE_BY_ONE = 3;
const MINUTE_MS = 60_000;
const MAX_SERIES = 5_000;

/** Makes one event of many of the same words. Bounded; what it holds is given out, never dropped. */
export class Coalescer {
  /** In the order of their minutes. */
  readonly #series = new Map<string, Series>();

  /** How many kinds are remembered. */
  get size(): number {
    return this.#series.size;
  }

  /** The events to tell now. `now` is monotonic ms. */
  take(target: Target, event: TrapEvent, time: number, now: number): DeviceEvent[] {
    const out = this.due(now);
    const key = `${target.name}\u0000${event.type}\u0000${event.message}`;
    const series = this.#series.get(key);
    if (!series) {
      this.#series.set(key, { from: now, passed: 1, held: undefined });
      if (this.#series.size > MAX_SERIES) out.push(...this.#forgetOldest());
      return [...out, { target, event, time, count: 1 }];
    }
    if (series.passed < ONE_BY_ONE) {
      series.passed++;
      return [...out, { target, event, time, count: 1 }];
    }
    series.held = { target, event, time, count: (series.held?.count ?? 0) + 1 };
    return out;
  }

  /** What was held and whose minute is over, by the time of the last of each: what is true now comes last. */
  due(now: number): DeviceEvent[] {
    const out: DeviceEvent[] = [];
    for (const [key, series] of this.#series) {
      if (now - series.from < MINUTE_MS) break;
      this.#series.delete(key);
      if (!series.held) continue;
      out.push(series.held);
      // It goes on, perhaps: another minute of which the end alone is told.
      this.#series.set(key, { from: now, passed: ONE_BY_ONE, held: undefined });
    }
    return inOrder(out);
  }

  /** All that is held, at the end. */
  rest(): DeviceEvent[] {
    const out = [...this.#series.values()].flatMap((series) => series.held ?? []);
    this.#series.clear();
    return inOrder(out);
  }

  #forgetOldest(): DeviceEvent[] {
    const [key, series] = this.#series.entries().next().value!;
    this.#series.delete(key);
    return series.held ? [series.held] : [];
  }
}

function inOrder(events: DeviceEvent[]): DeviceEvent[] {
  return events.sort((a, b) => a.time - b.time);
}
