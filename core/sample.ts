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

type Tags = Readonly<Record<string, string>>;

/** On tags that many samples of one series share: the key that was worked out once. Not enumerable, so that no copy of the tags carries it. */
const KEY = Symbol('series key');

interface KnownKey {
  /** Tags with a key may come to stand under another measurement; then it is not their key. */
  readonly measurement: string;
  readonly key: string;
  /** What a reader of the samples has put down with the series. */
  note: object | undefined;
}

interface Keyed {
  readonly [KEY]?: KnownKey;
}

/** Tags for every sample of one series: frozen, with the series' key kept. */
export function sharedTags(measurement: string, tags: Record<string, string>): Tags {
  const known: KnownKey = { measurement, key: seriesKey(measurement, tags), note: undefined };
  Object.defineProperty(tags, KEY, { value: known });
  return Object.freeze(tags);
}

/** What was put down with the sample's series; the reader must know it for its own. */
export function noteOf({ measurement, tags }: Sample): object | undefined {
  const known = (tags as Keyed)[KEY];
  return known?.measurement === measurement ? known.note : undefined;
}

/** Puts something down with the sample's series, where its tags are shared: one lookup fewer for each of its samples. The last one counts. */
export function putNote({ measurement, tags }: Sample, note: object): void {
  const known = (tags as Keyed)[KEY];
  if (known?.measurement === measurement) known.note = note;
}

/** The identity of a series as text: measurement, then tags by name. Equal text means the same series. */
export function seriesKey(measurement: string, tags: Tags): string {
  const known = (tags as Keyed)[KEY];
  if (known?.measurement === measurement) return known.key;
  const names = Object.keys(tags);
  // Senders write tags sorted (line protocol recommends it); then sorting, the dearest part, is spared.
  for (let i = 1; i < names.length; i++) {
    if (names[i - 1]! <= names[i]!) continue;
    names.sort();
    break;
  }
  // Joined, it is one piece of memory; added up, it would be a tree of pieces until somebody looks at it.
  const parts = [measurement];
  for (const name of names) parts.push('\u0000', name, '\u0001', tags[name]!);
  return parts.join('');
}
