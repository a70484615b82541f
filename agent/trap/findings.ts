import type { Outcome } from './receive.ts';

export type FindingType = 'trap_unknown_source' | 'trap_unauthenticated';

export interface Finding {
  readonly type: FindingType;
  readonly message: string;
  readonly detail: string;
  /** Traps that it stands for: those since the last one told of this source. */
  readonly count: number;
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

interface Told {
  readonly at: number;
  /** Since then. */
  untold: number;
}

/** Decides which refused or unplaceable traps are told of, so that somebody can put the device right, or ask who it is. */
export class Findings {
  /** In the order of telling. */
  readonly #told = new Map<string, Told>();

  /** How many are remembered. */
  get size(): number {
    return this.#told.size;
  }

  /** The trap was refused. `device` is the target with that address, if any. `now` is monotonic ms. */
  refused(source: string, device: string | undefined, outcome: Outcome, now: number): Finding | undefined {
    const who = device === undefined ? source : `${device} (${source})`;
    const message = `A trap from ${who} was not accepted: ${REASONS[outcome] ?? outcome}`;
    const detail = `source=${source}; outcome=${outcome}`;
    return this.#tell({ type: 'trap_unauthenticated', message, detail }, source, now);
  }

  /** The trap was in order, but comes from none of the targets. */
  unknownSource(source: string, trapOid: string, now: number): Finding | undefined {
    const message = `${source} sends traps and is no target of this agent`;
    return this.#tell(
      { type: 'trap_unknown_source', message, detail: `source=${source}; oid=${trapOid}` },
      source,
      now,
    );
  }

  #tell(finding: Omit<Finding, 'count'>, source: string, now: number): Finding | undefined {
    const key = `${finding.type} ${source}`;
    const told = this.#told.get(key);
    if (told && now - told.at < AGAIN_MS) {
      told.untold++;
      return undefined;
    }
    for (const [old, { at }] of this.#told) {
      if (now - at < AGAIN_MS) break;
      this.#told.delete(old);
    }
    if (this.#told.size >= MAX_SOURCES) return undefined;
    this.#told.set(key, { at: now, untold: 0 });
    return { ...finding, count: (told?.untold ?? 0) + 1 };
  }
}
