import type { Severity } from '../engagement/decision.ts';

/** One change, as it is told. */
export interface InventoryChange {
  readonly type: string;
  readonly severity: Severity;
  /** For people. */
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface SerialAt {
  readonly site: string;
  readonly device: string;
  /** True: it was there, and has gone since. */
  readonly gone: boolean;
}

export interface DifferenceWorld {
  /** The site has only begun to be taken stock of: nothing in it is new. */
  readonly learning: boolean;
  readonly site: string;
  /** Where else in the school a part of this serial (as `knownSerial` has it) is, or was last. */
  readonly elsewhere: (serial: string) => SerialAt | undefined;
}

/** `core1`, or `core1 of main` where it is another site. */
export function placeName({ site, device }: SerialAt, here: string): string {
  return site === here ? device : `${device} of ${site}`;
}
