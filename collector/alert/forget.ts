import type { EvaluatorState } from './evaluator-state.ts';

/** Forgets a school: another process decides for it from here on, by the rows that were saved. */
export function forgetSchool(state: EvaluatorState, school: string): void {
  // Samples that come again bring their series with them (core/sample.ts): one that is forgotten must not be taken up by that.
  for (const series of state.series.get(school)?.values() ?? []) series.madeFor = undefined;
  state.series.delete(school);
  for (const tracker of state.active.values()) if (tracker.school === school) state.active.delete(tracker.key);
  for (const key of state.delivering.keys()) if (key.startsWith(`${school}/`)) state.delivering.delete(key);
}
