import type { Duty } from '../duty.ts';
import { HORIZON_MS, nextShift } from '../horizon.ts';
import type { Plan } from '../plan.ts';
import type { Span } from '../school.ts';
import type { ShiftSource } from './on-call-schedule.ts';

/** Who of a party is on call at an instant, and who comes next. Times in ms. */
export interface OnCallState {
  readonly party: string;
  /** Whom an alert reaches now; null: everybody is absent. */
  readonly contact: string | null;
  /** Whose shift it is; null: nobody's. Differs from `contact` while that one is absent. */
  readonly named: string | null;
  /** `first`: nobody is named, the party's first contact who is there answers. */
  readonly by: ShiftSource | 'first';
  /** False: outside the party's coverage nobody of it is told. */
  readonly covered: boolean;
  /** Null: not within 400 days. */
  readonly next: { readonly at: number; readonly contact: string } | null;
}

/** Of each party whose people take turns, in the order of the file. */
export function onCallAt(plan: Plan, at: number): OnCallState[] {
  return [...plan.duties].flatMap(([party, duty]) => (duty.onCall ? [onCallOf(plan, party, duty, at)] : []));
}

export function onCallOf(plan: Plan, party: string, duty: Duty, at: number): OnCallState {
  const named = duty.named(at);
  return {
    party,
    contact: duty.present(at) ?? null,
    named: named?.contact ?? null,
    by: named?.source ?? 'first',
    covered: duty.covered(at),
    next: nextShift(plan, party, at, at + HORIZON_MS) ?? null,
  };
}

/** A stretch of time with one contact on call; `contact` undefined: everybody is absent. Coverage is no part of it. */
export interface OnCallSpan extends Span {
  readonly contact: string | undefined;
  readonly named: string | undefined;
  readonly by: ShiftSource | 'first';
}

/** Who is on call in [from, to), cut where that changes. */
export function onCallSpans(duty: Duty, from: number, to: number): OnCallSpan[] {
  const spans: OnCallSpan[] = [];
  const points = [...new Set([from, ...duty.edges(from, to)])];
  for (const [i, start] of points.entries()) {
    const turn = duty.named(start);
    const next: OnCallSpan = {
      start,
      end: points[i + 1] ?? to,
      contact: duty.present(start),
      named: turn?.contact,
      by: turn?.source ?? 'first',
    };
    const last = spans.at(-1);
    if (last && last.contact === next.contact && last.named === next.named && last.by === next.by)
      spans[spans.length - 1] = { ...last, end: next.end };
    else spans.push(next);
  }
  return spans;
}
