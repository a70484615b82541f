import type { Endpoint } from './channels/channel.ts';

/** What notifications need to know of a school's people; implemented over the configuration. */
export interface SchoolDirectory {
  /** For people: `Lincoln Charter`. */
  readonly name: string;
  /** IANA zone in which times are told. */
  readonly timezone: string;
  /** A party's or contact's name for people; the id itself where none is configured. */
  nameOf(id: string): string;
  /** Who is told when an alert is stuck between the parties. */
  readonly director: { readonly party: string; readonly contact: string } | undefined;
  /** Every way to reach a contact, preferred first; empty when there is none. */
  endpoints(contact: string): readonly Endpoint[];
}

/** By school; undefined for a school that is not (or no longer) configured. Asked anew each time, so a reload needs no restart. */
export type Directory = (school: string) => SchoolDirectory | undefined;
