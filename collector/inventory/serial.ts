/** What devices say where a serial number was never written. */
const NONE =
  /^(?:n\/?a|none|null|unknown|not (?:available|specified|applicable)|unspecified|default string|to be filled.*|[0.\-x\s]*)$/i;
const SHORTEST = 4;

/** A serial number in the form in which it is compared; undefined for text that is none. */
export function knownSerial(text: string | undefined): string | undefined {
  const serial = text?.trim().toUpperCase();
  return serial === undefined || serial.length < SHORTEST || NONE.test(serial) ? undefined : serial;
}
