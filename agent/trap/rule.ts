import type { Reread } from '../poll/reread.ts';

/** What files in config/traps say, in memory (docs/traps.md). */

export type EventSeverity = 'critical' | 'warning' | 'info';

/** How the value of an object becomes text. */
export interface TrapObject {
  readonly name: string;
  /** Without instance. */
  readonly oid: string;
  /** Words by value: numbers, OIDs or texts as they arrive. */
  readonly values: Readonly<Record<string, string>> | undefined;
  /** Words by bit, 0 being the highest of the first octet (BITS, RFC 2578 section 7.1.4). */
  readonly bits: Readonly<Record<string, string>> | undefined;
  /** Natural unit for one step of the number. */
  readonly scale: number;
  readonly format: 'auto' | 'mac' | 'ip' | 'hex' | 'text';
}

/** All must hold; texts are compared without case. */
export type Condition = { readonly ref: string } & (
  | { readonly test: 'is'; readonly texts: readonly string[] }
  | { readonly test: 'contains'; readonly texts: readonly string[] }
  | { readonly test: 'above' | 'below'; readonly number: number }
);

export interface Meaning {
  /** Slug: link_down, ups_on_battery ... */
  readonly type: string;
  readonly severity: EventSeverity;
  /** Of the symptom (core/domain.ts). */
  readonly domain: string;
  readonly message: string;
  /** What to read of the device at once; undefined: by the domain. */
  readonly reread?: Reread | undefined;
  /** Types of events that are over with this one. */
  readonly clears: readonly string[];
  /** No event: the device says the same in another trap. */
  readonly ignore: boolean;
}

export interface TrapRule {
  /** `IF-MIB::linkDown` */
  readonly name: string;
  readonly oids: readonly string[];
  readonly meaning: Meaning;
  /** Where the interface is told: references to objects. Undefined: from the objects of IF-MIB, if there are any. */
  readonly interface: { readonly index?: string | undefined; readonly name?: string | undefined } | undefined;
  /** The first whose conditions hold replaces what it names. */
  readonly when: readonly { readonly if: readonly Condition[]; readonly gives: Partial<Meaning> }[];
}

export interface TrapRules {
  /** By trap OID, or by what all OIDs below it begin with and `.*`. */
  readonly traps: ReadonlyMap<string, TrapRule>;
  /** By OID without instance. */
  readonly objects: ReadonlyMap<string, TrapObject>;
}
