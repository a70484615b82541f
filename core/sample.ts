/** A field value. `number` is a 64-bit float, `bigint` an integer (signed or unsigned 64 bit): a counter keeps its last digit. */
export type FieldValue = number | bigint | boolean | string;

/** One point of one series. The series is measurement + tags; a later sample of the same series and time replaces the earlier. */
export interface Sample {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Milliseconds since the Unix epoch, an integer. */
  readonly time: number;
}

/** The identity of a series as text: measurement, then tags by name. Equal text means the same series. */
export function seriesKey(measurement: string, tags: Readonly<Record<string, string>>): string {
  const names = Object.keys(tags);
  // Senders write tags sorted (line protocol recommends it); then sorting, the dearest part, is spared.
  for (let i = 1; i < names.length; i++) {
    if (names[i - 1]! <= names[i]!) continue;
    names.sort();
    break;
  }
  let key = measurement;
  for (const name of names) key += `\u0000${name}\u0001${tags[name]}`;
  return key;
}
