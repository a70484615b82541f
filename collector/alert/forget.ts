import type { EvaluatorState } from './evaluator-state.ts';

/** Forgets a school: another process decides for it from here on, by the rows that were saved. */
export function forgetSchool(state: EvaluatorState, school: string): void {
  state.series.delete(school);
  for (const tracker of state.active.values()) if (tracker.school === school) state.active.delete(tracker.key);
  for (const key of state.delivering.keys()) if (key.startsWith(`${school}/`)) state.delivering.delete(key);
}
