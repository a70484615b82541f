import type { Problem } from '../../runtime/config-error.ts';
import type { ProblemAt } from '../../runtime/config-issue.ts';

/** How a value is used. `rate` and the two `monotonic` kinds are counters; undefined in a symbol: told by the type on the wire. */
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

/** How octets are read before anything else is done with them. */
export const FORMATS = [
  'mac_address',
  'ip_address',
  'hex',
  'uint32',
  'little_endian',
  'text',
  'text_date',
  'snmp_dateandtime',
] as const;
export type ValueFormat = (typeof FORMATS)[number];

/** Changes of a number that are not a factor. `100_minus` makes busy of idle. */
export const CONVERSIONS = ['mw_to_dbm', 'w_to_dbm', 'fahrenheit_to_celsius', '100_minus', 'channel_to_mhz'] as const;
export type Conversion = (typeof CONVERSIONS)[number];

/** What Netdata writes as a Go template: the two whose helpers say all. */
export const TRANSFORMS = ['entity_sensor', 'hr_storage'] as const;
export type Transform = (typeof TRANSFORMS)[number];

/** Values by others. `exact`: by the whole text of the value; `bitmask`: the names of the bits that are set, joined by a comma. */
export interface Mapping {
  readonly mode: 'exact' | 'bitmask';
  readonly items: ReadonlyMap<string, string>;
}

/** A number by which a value is multiplied: that of another column of the row (or scalar), or ten to the power of it. */
export interface Factor {
  readonly symbol: ProfileSymbol;
  /** -1 for a number of digits after the point, 1 for an exponent; undefined: the number itself. */
  readonly power: 1 | -1 | undefined;
}

/**
 * An object and what is made of its value, in this order: format, extract, match, mapping, number, missing, factors, conversion, scale.
 * For a scalar `oid` is that of its instance, for a column the OID before the row's index. Without a leading dot.
 */
export interface ProfileSymbol {
  readonly oid: string;
  readonly name: string;
  readonly type?: MetricType | undefined;
  readonly format?: ValueFormat | undefined;
  /** The first group (or, without one, the whole match) replaces the value. No match: a metric is dropped, a tag keeps its value. */
  readonly extract?: RegExp | undefined;
  /** `value` with `$1`... from the pattern replaces the value; no match drops it. */
  readonly match?: { readonly pattern: RegExp; readonly value: string } | undefined;
  readonly mapping?: Mapping | undefined;
  /** Raw values (as text) that mean "no reading". */
  readonly missing?: ReadonlySet<string> | undefined;
  readonly factors?: readonly Factor[] | undefined;
  readonly conversion?: Conversion | undefined;
  readonly scale?: number | undefined;
  /** The row or scalar counts 1, whatever its value is. */
  readonly constantOne?: boolean | undefined;
  readonly transform?: Transform | undefined;
  /** Natural unit where the file says one. */
  readonly unit?: string | undefined;
}

/** Part of a row's index: positions from 0, both ends included; `dropRight` takes that many off the end instead. */
export interface IndexPart {
  readonly start: number;
  readonly end: number | undefined;
  readonly dropRight: number;
}

/** What a symbol without an OID says of the index that it stands for (Netdata). */
export type IndexReading = Pick<ProfileSymbol, 'extract' | 'match' | 'mapping'>;

/** Where the text of a tag comes from. */
export type TagSource =
  /** A position of the row's index, from 1. */
  | { readonly kind: 'index'; readonly position: number }
  /** The whole index, or the parts of it, joined by dots; `read` is done with it before `format`. */
  | {
      readonly kind: 'whole_index';
      readonly parts: readonly IndexPart[];
      readonly format?: ValueFormat | undefined;
      readonly read?: IndexReading | undefined;
    }
  /** A column of this table, or of another whose index is that of this row (`parts` of it, when given). */
  | { readonly kind: 'column'; readonly symbol: ProfileSymbol; readonly parts: readonly IndexPart[] }
  /**
   * The row of another table in which `lookup` has the value that `parts` of the index (or the column `by`) has here; an `extract` of
   * `lookup` cuts it out of the index, and both are compared in its `format`.
   */
  | {
      readonly kind: 'lookup';
      readonly symbol: ProfileSymbol;
      readonly lookup: ProfileSymbol | undefined;
      readonly by: ProfileSymbol | undefined;
      readonly parts: readonly IndexPart[];
    }
  | { readonly kind: 'static'; readonly value: string };

/** A tag of each row, or several: `tags` of a `match` are made from the groups of the pattern and replace `tag`. */
export interface RowTag {
  readonly tag: string;
  readonly source: TagSource;
  readonly mapping: Mapping | undefined;
  readonly match: { readonly pattern: RegExp; readonly tags: Readonly<Record<string, string>> } | undefined;
}

/** Keeps the rows (or the scalar) for which the value of a column, or a position of the index, is among some and not among others. */
export interface RowFilter {
  readonly source: TagSource;
  /** Texts; undefined: any. A row without the column has the text ''. */
  readonly include: ReadonlySet<string> | undefined;
  readonly exclude: ReadonlySet<string>;
  readonly pattern: RegExp | undefined;
}

/** Makes one row of many: those with equal values of the tags `by` (none: all). `count` counts rows. */
export interface Aggregate {
  readonly function: 'sum' | 'count' | 'avg' | 'max' | 'min';
  readonly by: readonly string[];
}

/** What scalars and tables have in common. */
export interface MetricGroup {
  readonly tags: readonly RowTag[];
  readonly where: readonly RowFilter[];
  /** Among what yields facts of one section only the lowest rank that yields any is used; the standard MIBs stand at 10 and above. */
  readonly rank: number;
}

export interface ProfileScalar extends MetricGroup {
  /** Several of one name: the first that has a value counts. */
  readonly symbol: ProfileSymbol;
}

export interface ProfileTable extends MetricGroup {
  readonly name: string;
  readonly symbols: readonly ProfileSymbol[];
  readonly aggregate: Aggregate | undefined;
}

/** Of what a device is known, as `vendor` or `serial_number`: the first that gives a text. */
export type FieldSource = { readonly value: string } | { readonly symbol: ProfileSymbol };

/** A profile is for a device that one of its selectors fits. All parts of a selector must hold; an exclude that fits forbids. */
export interface Selector {
  readonly sysObjectId: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  /** Substrings, case-insensitive; `/pattern/` is a regular expression. */
  readonly sysDescr: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  /** OIDs below which the device must have something. */
  readonly present: readonly string[];
  /** Written as a root `sysobjectid` (Datadog, Kentik): of the profiles that fit by one of these only the closest applies. */
  readonly exclusive?: boolean | undefined;
}

/** One file's content, or several merged by `extends`. */
export interface Profile {
  /** File name, as `generic.yaml`. */
  readonly file: string;
  readonly extends: readonly string[];
  /**
   * What the extended files read below `from` stands below `to` here: vendors move a maker's objects below their own number. Of several
   * `to` each is asked, because models differ.
   */
  readonly moved?: readonly { readonly from: string; readonly to: readonly string[] }[] | undefined;
  readonly selectors: readonly Selector[];
  readonly scalars: readonly ProfileScalar[];
  /** Names of `metadata.device.fields`. */
  readonly fields: ReadonlyMap<string, readonly FieldSource[]>;
  /** Fields by sysObjectID (exact or with `*`), before `fields`. */
  readonly fieldsByObjectId: readonly {
    readonly pattern: string;
    readonly fields: ReadonlyMap<string, readonly FieldSource[]>;
  }[];
  /** Tags of every point of the device. */
  readonly deviceTags: readonly { readonly tag: string; readonly symbol: ProfileSymbol }[];
  /** The same, fixed; what is read of the device comes first. */
  readonly staticTags?: Readonly<Record<string, string>> | undefined;
  readonly tables: readonly ProfileTable[];
  /** Names of tables and scalars of the profiles below that do not apply here. */
  readonly without: readonly string[];
  /** Kentik's: patterns of sysDescr, and the file that is for such a device instead. */
  readonly matches?: ReadonlyMap<string, string> | undefined;
  /** Another project's file in the user's folder: it adds to what the bundle's say, and takes nothing away. */
  readonly foreign?: boolean | undefined;
  /** Fields of foreign files: for what nothing else tells. */
  readonly lastFields?: Pick<Profile, 'fields' | 'fieldsByObjectId'> | undefined;
}

/** A decoded file with what was skipped in it. */
export interface DecodedProfile {
  readonly profile: Profile;
  /** Written in the way of Datadog, Netdata or Kentik (`foreign.ts`). */
  readonly foreign: boolean;
  readonly warnings: readonly Problem[];
  /** Metrics (symbols) read, of those in the file. */
  readonly loaded: number;
  readonly total: number;
  /** A problem at a place of the file, for what only shows when it is held against others. */
  readonly problem: ProblemAt<Problem>;
}
