/**
 * The double nearest to a decimal of 16 to 19 digits, without making a string of it. Rates have 16 or 17 digits as a rule, and a string for each
 * would be the dearest part of a line.
 *
 * The number is a quotient of whole numbers, each exact as a sum of two doubles; the quotient is worked out as such a sum, too (T. J. Dekker, "A
 * floating-point technique for extending the available precision", 1971), and rounded to one double at the end. Where its error could tip that
 * last rounding, the caller is told so (Ziv's test).
 */

/** Veltkamp's constant: splits a double into halves whose products are exact. */
const SPLITTER = 2 ** 27 + 1;
/** The quotient's second part is right to far more than this. */
const DOUBT = 2 ** -40;

export const POWERS_OF_TEN = Array.from({ length: 20 }, (_, n) => 10 ** n);

/**
 * (`head` followed by the `tailDigits` digits of `tail`) divided by 10 to the power of `decimals`. `head` below 10^15, at most 4 digits in the tail,
 * at most 19 decimals. NaN when the two nearest doubles cannot be told apart this way: one in many millions.
 */
export function nearestDouble(head: number, tail: number, tailDigits: number, decimals: number): number {
  const factor = POWERS_OF_TEN[tailDigits]!;
  const product = head * factor;
  const low = productError(head, factor, product) + tail;
  const high = product + low;
  const rest = low - (high - product);
  const divisor = POWERS_OF_TEN[decimals]!;
  const quotient = high / divisor;
  const back = quotient * divisor;
  const remainder = high - back - productError(quotient, divisor, back) + rest;
  const correction = remainder / divisor;
  const value = quotient + correction;
  const doubt = correction * DOUBT;
  return value === quotient + (correction + doubt) && value === quotient + (correction - doubt) ? value : Number.NaN;
}

/** a * b - product, exactly. */
function productError(a: number, b: number, product: number): number {
  const splitA = a * SPLITTER;
  const highA = splitA - (splitA - a);
  const lowA = a - highA;
  const splitB = b * SPLITTER;
  const highB = splitB - (splitB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}
