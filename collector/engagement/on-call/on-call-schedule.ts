import type { OnCall, OnCallOverride, Span } from '../school.ts';
import { RotationSchedule } from './rotation.ts';
import type { NamedShift, ShiftReading } from './shift-events.ts';

export type ShiftSource = 'override' | 'calendar' | 'rotation';

/** Who was named for an instant, and by what. */
export interface NamedTurn {
  readonly contact: string;
  readonly source: ShiftSource;
}

/** Events looked behind for one that still goes on: the longest shift decides how far. */
interface Shifts {
  readonly list: readonly NamedShift[];
  readonly longest: number;
}

/** Who of a party is on call: an override before the calendar before the rotation. Pure, half-open, made once and asked often. */
export class OnCallSchedule {
  readonly onCall: OnCall;
  /** What its calendar says; empty without one. */
  readonly reading: ShiftReading;
  readonly #rotation: RotationSchedule | undefined;
  readonly #shifts: Shifts;

  constructor(onCall: OnCall, zone: string, reading: ShiftReading) {
    this.onCall = onCall;
    this.reading = reading;
    this.#rotation = onCall.rotation && new RotationSchedule(onCall.rotation, zone);
    const longest = reading.shifts.reduce((max, { start, end }) => Math.max(max, end - start), 0);
    this.#shifts = { list: reading.shifts, longest };
  }

  /** Who was named, whether they are there or not; undefined: nobody, then the party's first contact answers as ever. */
  named(at: number): NamedTurn | undefined {
    return this.#turns(at)[0];
  }

  /** Whom to ask in turn: who was named, and whom else an absence of theirs leads to. May name somebody twice. */
  order(at: number): string[] {
    return this.#turns(at).map(({ contact }) => contact);
  }

  /** Every instant in [from, to) at which who is named may change, in order. */
  edges(from: number, to: number): number[] {
    const edges = new Set(this.#rotation?.edges(from, to));
    const add = (at: number): void => void (from <= at && at < to && edges.add(at));
    for (const override of this.onCall.overrides) {
      add(override.from);
      add(override.to);
    }
    for (const { start, end } of this.#shiftsAround(from, to)) {
      add(start);
      add(end);
    }
    return [...edges].sort((a, b) => a - b);
  }

  #turns(at: number): NamedTurn[] {
    const override = this.#override(at);
    const shift = this.#shift(at);
    return [
      ...(override ? [{ contact: override.contact, source: 'override' as const }] : []),
      ...(shift ? [{ contact: shift.contact, source: 'calendar' as const }] : []),
      ...(this.#rotation?.at(at)?.order ?? []).map((contact) => ({ contact, source: 'rotation' as const })),
    ];
  }

  /** Of several, the one that was written last. */
  #override(at: number): OnCallOverride | undefined {
    return this.onCall.overrides.findLast(({ from, to }) => from <= at && at < to);
  }

  /** Of several, the shortest: a swapped evening within somebody's week. */
  #shift(at: number): NamedShift | undefined {
    let found: NamedShift | undefined;
    for (const shift of this.#shiftsAround(at, at + 1))
      if (shift.start <= at && at < shift.end && (!found || lengthOf(shift) < lengthOf(found))) found = shift;
    return found;
  }

  /** Those that may overlap [from, to), found by their start. */
  #shiftsAround(from: number, to: number): readonly NamedShift[] {
    const { list, longest } = this.#shifts;
    return list.slice(firstFrom(list, from - longest), firstFrom(list, to));
  }
}

function lengthOf({ start, end }: Span): number {
  return end - start;
}

/** The index of the first that starts at or after `at`. */
function firstFrom(list: readonly Span[], at: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.start < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
