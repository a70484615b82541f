/**
 * Messages of config/traps: `{name}` is an object's value, `{a|b}` the first of them that there is, and `[ ... ]` is left out when nothing in it could be filled.
 */

/** A reference's text; undefined where the trap does not carry it. */
export type Lookup = (reference: string) => string | undefined;

const PLACEHOLDER = /\{([^{}]*)\}/g;
const OPTIONAL = /\[([^[\]]*)\]/g;

/** The message filled in. What is missing outside of brackets is a `?`: the sentence still says what happened. */
export function render(template: string, lookup: Lookup): string {
  // Values are put in last, so that brackets and braces in what a device sends mean nothing.
  const values: string[] = [];
  const fill = (text: string, missing: () => string): string =>
    text.replace(PLACEHOLDER, (_whole, names: string) => {
      const value = names
        .split('|')
        .map((name) => lookup(name.trim()))
        .find((v) => v !== undefined && v !== '');
      if (value === undefined) return missing();
      values.push(value);
      return `\u0001${values.length - 1}\u0002`;
    });
  const withOptions = template.replace(OPTIONAL, (_whole, part: string) => {
    let absent = false;
    const filled = fill(part, () => {
      absent = true;
      return '';
    });
    return absent ? '' : filled;
  });
  return fill(withOptions, () => '?').replace(/\u0001(\d+)\u0002/g, (_whole, i: string) => values[Number(i)] ?? '');
}

/** Every reference of a message. */
export function referencesOf(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].flatMap((m) => m[1]!.split('|').map((name) => name.trim()));
}
