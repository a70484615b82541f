import type { Problem } from '../../runtime/config-file.ts';

/** How a value is used. `rate` and the two `monotonic` kinds are counters. */
export const METRIC_TYPES = [
  'gauge',
  'rate',
  'counter',
  'percent',
  'monotonic_count',
  'monotonic_count_and_rate',
  'flag_stream',
] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

/** An object: for a scalar the OID of its instance, for a column the OID before the row's index. Without a leading dot. */
export interface ProfileSymbol {
  readonly oid: string;
  readonly name: string;
  /** Undefined: told by the type on the wire. */
  readonly type: MetricType | undefined;
}

/** A tag of each row: the text of a column, or one number of the row's index (counted from 1). */
export type RowTag =
  | { readonly tag: string; readonly column: ProfileSymbol }
  | { readonly tag: string; readonly index: number };

export interface ProfileTable {
  readonly name: string;
  readonly symbols: readonly ProfileSymbol[];
  readonly tags: readonly RowTag[];
}

/** One file's content, or several merged by `extends`. */
export interface Profile {
  /** File name, as `generic.yaml`. */
  readonly file: string;
  readonly extends: readonly string[];
  readonly scalars: readonly ProfileSymbol[];
  /** Texts that describe the device (from `metadata.device.fields`). */
  readonly texts: readonly ProfileSymbol[];
  /** Tags of every point of the device. */
  readonly deviceTags: readonly { readonly tag: string; readonly symbol: ProfileSymbol }[];
  readonly tables: readonly ProfileTable[];
}

/** A decoded file with what was skipped in it. */
export interface DecodedProfile {
  readonly profile: Profile;
  readonly warnings: readonly Problem[];
}
