/**
 * Steps per unit in which a derived value is reported: finer than anything that its counters can tell, and short to write.
 * One packet within a minute shows, and one error within a day.
 */
export const STEPS = {
  bits: 1,
  packets: 1e2,
  errors: 1e6,
  utilisation: 1e3,
  share: 1e4,
} as const;

/** Rounds to a step. The text of the result is that of the whole number of steps with the decimal point moved. */
export function toSteps(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
