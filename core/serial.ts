/**
 * What devices say where a serial number was never written or has been taken out, or where a part has none of its own (Junos: BUILTIN): many have it.
 */
const NONE =
  /^(?:n\/?a|none|null|empty|invalid|unknown|built-?in|not (?:available|specified|applicable|present|installed)|unspecified|no serial.*|(?:system|chassis) serial number|default string|to be filled.*|redacted|<private>|0?123456789(?:0|abcdef)?|(.)\1*|[0.\-x\s]*)$/i;
const SHORTEST = 4;

/** A serial number in the form in which it is compared; undefined for text that is none. */
export function knownSerial(text: string | undefined): string | undefined {
  const serial = text?.trim().toUpperCase();
  return serial === undefined || serial.length < SHORTEST || NONE.test(serial) ? undefined : serial;
}
