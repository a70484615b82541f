import type { Outcome } from './receive.ts';

export type FindingType = 'unknown_trap_source' | 'unauthenticated_trap';

export interface Finding {
  readonly type: FindingType;
  readonly message: string;
  readonly detail: string;
}

/** One source is told of once in this time, for each kind of finding. */
const AGAIN_MS = 3_600_000;
/** Sources that are remembered. While all of them are fresh, others wait: whoever forges addresses gets this many lines an hour. */
const MAX_SOURCES = 200;

const REASONS: Readonly<Partial<Record<Outcome, string>>> = {
  bad_community: 'its community is none of ours',
  unknown_user: 'its SNMPv3 user is none of ours',
  bad_level: 'its SNMPv3 security level is not the one configured',
  bad_digest: 'its SNMPv3 digest is wrong: another authentication key or protocol',
  not_in_time: 'its SNMPv3 clock is off, or the packet was played again',
  undecryptable: 'it cannot be decrypted: another privacy key or protocol',
};

/** Decides which refused or unplaceable traps are told of, so that somebody can put the device right, or ask who it is. */
export class Findings {
  readonly #told = new Map<string, number>();

  /** How many are remembered. */
  get size(): number {
    return this.#told.size;
  }

  /** The trap was refused. `device` is the target with that address, if any. `now` is monotonic ms. */
  refused(source: string, device: string | undefined, outcome: Outcome, now: number): Finding | undefined {
    if (!this.#isDue(`unauthenticated_trap ${source}`, now)) return undefined;
    const who = device === undefined ? source : `${device} (${source})`;
    const message = `A trap from ${who} was not accepted: ${REASONS[outcome] ?? outcome}`;
    return { type: 'unauthenticated_trap', message, detail: `source=${source}; outcome=${outcome}` };
  }

  /** The trap was in order, but comes from none of the targets. */
  unknownSource(source: string, trapOid: string, now: number): Finding | undefined {
    if (!this.#isDue(`unknown_trap_source ${source}`, now)) return undefined;
    const message = `${source} sends traps and is no target of this agent`;
    return { type: 'unknown_trap_source', message, detail: `source=${source}; oid=${trapOid}` };
  }

  #isDue(key: string, now: number): boolean {
    const told = this.#told.get(key);
    if (told !== undefined && now - told < AGAIN_MS) return false;
    for (const [old, at] of this.#told) {
      if (now - at < AGAIN_MS) break;
      this.#told.delete(old);
    }
    if (this.#told.size >= MAX_SOURCES) return false;
    this.#told.delete(key);
    this.#told.set(key, now);
    return true;
  }
}
