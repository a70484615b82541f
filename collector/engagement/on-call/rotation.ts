import type { Rotation, Span } from '../school.ts';
import { WeeklySchedule } from '../weekly.ts';
import { instantOfDay, localDay } from '../zoned-time.ts';

/** The turn of one contact. `order`: who comes when the one before is away, the one whose turn it is first. */
export interface Turn extends Span {
  readonly order: readonly string[];
}

/**
 * Whose turn it is: one contact after the other, each from one hand-over to the next, by the wall clock of the zone. Half-open; a hand-over at
 * a time that does not exist is at the instant after the gap, one that occurs twice at the first. Before the first hand-over it is nobody's.
 */
export class RotationSchedule {
  readonly #rotation: Rotation;
  readonly #zone: string;
  readonly #restrict: WeeklySchedule | undefined;

  constructor(rotation: Rotation, zone: string) {
    this.#rotation = rotation;
    this.#zone = zone;
    this.#restrict = rotation.restrict && new WeeklySchedule(zone, rotation.restrict);
  }

  /** Undefined before the first hand-over, and outside `restrict`. */
  at(at: number): Turn | undefined {
    if (this.#restrict && !this.#restrict.at(at)) return undefined;
    const turn = this.#turnOf(at);
    if (turn < 0) return undefined;
    const { contacts } = this.#rotation;
    const first = turn % contacts.length;
    const order = [...contacts.slice(first), ...contacts.slice(0, first)];
    return { start: this.#handover(turn), end: this.#handover(turn + 1), order };
  }

  /** The hand-overs in [from, to), and where `restrict` begins and ends, in order. */
  edges(from: number, to: number): number[] {
    const edges = new Set<number>();
    for (let turn = Math.max(0, this.#turnOf(from)); ; turn++) {
      const at = this.#handover(turn);
      if (at >= to) break;
      if (at >= from) edges.add(at);
    }
    for (const { start, end } of this.#restrict?.between(from, to) ?? [])
      for (const at of [start, end]) if (from <= at && at < to) edges.add(at);
    return [...edges].sort((a, b) => a - b);
  }

  #handover(turn: number): number {
    const { firstDay, everyDays, handoverMinutes } = this.#rotation;
    return instantOfDay(this.#zone, firstDay + turn * everyDays, handoverMinutes);
  }

  /** Counted from the first; negative before it. */
  #turnOf(at: number): number {
    const { firstDay, everyDays } = this.#rotation;
    let turn = Math.floor((localDay(this.#zone, at) - firstDay) / everyDays);
    // The day tells it but for its hours before the hand-over, and for days that a zone left out.
    while (this.#handover(turn) > at) turn--;
    while (this.#handover(turn + 1) <= at) turn++;
    return turn;
  }
}
