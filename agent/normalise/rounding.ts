/**
 * Steps per unit in which a derived value is reported: finer than anything that its counters can tell, and short to write.
 * A count of one in the longest interval (a day) still shows in the rates that have six decimals.
 */
export const STEPS = {
  bits: 1,
  packets: 1e3,
  errors: 1e6,
  utilisation: 1e4,
  share: 1e6,
} as const;

/** Rounds to a step. The text of the result is that of the whole number of steps with the decimal point moved. */
export function toSteps(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
