import { formatDuration } from '../../core/duration.ts';
import type { Flapping } from './rule.ts';
import type { Tracker } from './tracker.ts';

/**
 * Counts an opening, or a turn for the worse, at event time `time`. With enough of them the alert is held from here on: it ends once it was good
 * for the quiet time. Returns what to say of that, after the reason; undefined while it is not held.
 */
export function countOpening(tracker: Tracker, time: number): string | undefined {
  const { flapping } = tracker.rule;
  if (!flapping) return undefined;
  tracker.openings = [...tracker.openings.filter((at) => at > time - flapping.withinMs), time].slice(
    -flapping.openings,
  );
  tracker.held = tracker.held || tracker.openings.length >= flapping.openings;
  if (!tracker.held) return undefined;
  return `; ${heldWords(tracker)}: it stays open until it has been good for ${formatDuration(flapping.quietMs)}`;
}

/** For people: `flapping, 3 times within 1h`. */
export function heldWords({ rule, openings }: Tracker): string {
  return rule.flapping
    ? `flapping, ${openings.length} times within ${formatDuration(rule.flapping.withinMs)}`
    : 'flapping';
}

/** How long it must be bad and good under `rule`; while it is held, good for the quiet time at least. */
export function timingOf<
  R extends { readonly forMs: number; readonly clearForMs: number; readonly flapping?: Flapping },
>(rule: R, held: boolean): { readonly forMs: number; readonly clearForMs: number } {
  if (!held || !rule.flapping) return rule;
  return { forMs: rule.forMs, clearForMs: Math.max(rule.clearForMs, rule.flapping.quietMs) };
}

/** True while an opening may still count towards flapping. */
export function remembersOpenings({ rule, openings }: Tracker, now: number): boolean {
  return rule.flapping !== undefined && openings.some((at) => at > now - rule.flapping!.withinMs);
}
