import type { DeviceFacts } from '../../core/device-facts.ts';
import { BellwetherError, type ErrorCode, errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { VarBind } from '../drivers/snmp-session.ts';
import { factsOf } from '../facts/facts.ts';
import type { Reading } from '../facts/reading.ts';
import { planVitals, type VitalPlan, vitalFacts } from '../facts/vitals.ts';
import type { Tags } from '../normalise/device-tags.ts';
import type { CounterMemory } from '../normalise/profile-metric.ts';
import { type EthernetMemory, vitalSamples } from '../normalise/vitals.ts';
import type { ProfileLibrary } from '../profile/library.ts';
import type { Conversation } from './conversation.ts';
import { readAll, walkTables } from './full-pass.ts';
import { ENDS_POLL } from './poll-target.ts';
import { hashFraction } from './tick.ts';

/** What one reading of a device's facts brought. */
export interface FactsPass {
  /** Everything was read (`full`), or only what changes by itself. */
  readonly kind: 'full' | 'vitals';
  readonly samples: readonly Sample[];
  /** Samples that were too many for one device. */
  readonly dropped: number;
  /** After a pass over everything that nothing is missing from, but what was missing the last time too. */
  readonly facts: DeviceFacts | undefined;
  readonly outcome: 'ok' | ErrorCode;
  readonly detail: string | undefined;
}

/** Durations in ms. */
export interface FactsPace {
  /** Between two readings of what changes by itself. */
  readonly interval: number;
  /** Between two readings of everything. */
  readonly inventory: number;
}

interface Known {
  readonly plan: VitalPlan;
  readonly interfaceTags: ReadonlyMap<string, Tags>;
  /** Of each column: which rows it had, as a hash. */
  readonly shape: ReadonlyMap<string, string>;
}

/** Between two full passes that were asked for by what a device showed, and before one that failed is tried again, at least. */
const PATIENCE_MS = 5 * 60_000;

/**
 * The facts of one device from poll to poll: all of them at first, once an `inventory` interval, after a restart, when rows appeared or went, and on
 * request; in between only what changes by itself. One reading at a time.
 */
export class FactsPoll {
  readonly #library: ProfileLibrary;
  readonly #pace: FactsPace;
  #known: Known | undefined;
  #ethernet: ReadonlyMap<string, EthernetMemory> = new Map();
  #counters: ReadonlyMap<string, CounterMemory> = new Map();
  #lastPass = Number.NEGATIVE_INFINITY;
  #nextFull = Number.NEGATIVE_INFINITY;
  #lastFull = Number.NEGATIVE_INFINITY;
  #uptime: number | undefined;
  /** Of the last pass over everything. */
  #fault: ErrorCode | undefined;

  constructor(library: ProfileLibrary, pace: FactsPace) {
    this.#library = library;
    this.#pace = pace;
  }

  /**
   * @param at monotonic ms
   * @param pollMs between two chances to read
   */
  isDue(at: number, pollMs: number): boolean {
    return at - this.#lastPass >= this.#pace.interval - pollMs / 2;
  }

  /** What changes by itself is to be read at the next poll, such as after a trap that tells of a battery or a fan. */
  wantVitals(): void {
    this.#lastPass = Number.NEGATIVE_INFINITY;
  }

  /** Everything is to be read at the next poll, such as after a trap that tells of a new configuration. */
  wantFull(at: number): void {
    this.#lastPass = Number.NEGATIVE_INFINITY;
    this.#nextFull = Math.min(this.#nextFull, Math.max(at, this.#lastFull + PATIENCE_MS));
  }

  /**
   * Never fails for what a device does.
   *
   * @param open begins the conversation
   * @param now.time wall clock ms, on every sample
   * @param now.at monotonic ms
   * @param now.uptime seconds, as the poll just found it: less than before is a restart, perhaps with another firmware
   */
  async read(
    open: () => Promise<Conversation>,
    now: { readonly time: number; readonly at: number; readonly uptime: number | undefined; readonly tags: Tags },
  ): Promise<FactsPass> {
    if (now.uptime !== undefined && this.#uptime !== undefined && now.uptime < this.#uptime) this.#restarted(now.at);
    this.#uptime = now.uptime ?? this.#uptime;
    this.#lastPass = now.at;
    return this.#known && now.at < this.#nextFull ? this.#vitals(open, this.#known, now) : this.#full(open, now);
  }

  /** What counted up began anew, and an index may be another thing's now: there is no rate from before to after. */
  #restarted(at: number): void {
    this.wantFull(at);
    this.#ethernet = new Map();
    this.#counters = new Map();
  }

  async #full(open: () => Promise<Conversation>, now: Parameters<FactsPoll['read']>[1]): Promise<FactsPass> {
    this.#lastFull = now.at;
    this.#nextFull = now.at + Math.min(PATIENCE_MS, this.#pace.inventory);
    try {
      const { chosen, reading, fault } = await readAll(await open(), this.#library);
      const facts = factsOf(chosen.profile, chosen.files, reading);
      const cut = fault !== undefined && ENDS_POLL.has(fault.code);
      // An error status or a loop that is there a second time is how the device is; one that is new may be over at the next pass, and what is
      // missing for it is not gone.
      const settled = !cut && (fault === undefined || fault.code === this.#fault);
      this.#fault = fault?.code;
      if (settled) this.#nextFull = now.at + this.#pace.inventory;
      const plan = planVitals(chosen.profile, reading);
      // What was cut short knows less than the pass before it: names that were not read this time are those of then, or the series would be others.
      const known = cut ? this.#known : undefined;
      if (!known) this.#known = { plan, interfaceTags: interfaceTags(facts), shape: shapeOf(reading.columns) };
      return {
        kind: 'full',
        ...(known
          ? this.#samples(known.plan, merged(reading, known.plan.kept), now)
          : this.#samples(plan, reading, now)),
        facts: settled ? facts : undefined,
        outcome: fault?.code ?? 'ok',
        detail: fault && errorMessage(fault),
      };
    } catch (error) {
      return failed('full', error);
    }
  }

  async #vitals(
    open: () => Promise<Conversation>,
    { plan, shape }: Known,
    now: Parameters<FactsPoll['read']>[1],
  ): Promise<FactsPass> {
    try {
      const talk = await open();
      const scalars = new Map((await talk.get(plan.fresh.scalars)).map((v) => [v.oid, v]));
      const columns = new Map<string, Map<string, VarBind>>();
      const fault = await walkTables(talk, plan.fresh.columns, columns);
      // Rows that came or went have names and units that nobody has read yet.
      const after = shapeOf(columns);
      if (!fault && plan.fresh.columns.some((c) => after.get(c) !== shape.get(c))) this.wantFull(now.at);
      const reading = merged(plan.kept, { scalars, columns });
      return {
        kind: 'vitals',
        ...this.#samples(plan, reading, now),
        facts: undefined,
        outcome: fault?.code ?? 'ok',
        detail: fault && errorMessage(fault),
      };
    } catch (error) {
      return failed('vitals', error);
    }
  }

  #samples(
    plan: VitalPlan,
    reading: Reading,
    { time, at, tags }: Parameters<FactsPoll['read']>[1],
  ): Pick<FactsPass, 'samples' | 'dropped'> {
    const names = this.#known?.interfaceTags ?? new Map<string, Tags>();
    const { samples, dropped, ethernet, counters } = vitalSamples(vitalFacts(plan.profile, reading), this.#ethernet, {
      tags,
      time,
      at,
      interfaceTags: names,
      counters: this.#counters,
    });
    this.#ethernet = ethernet;
    this.#counters = counters;
    return { samples, dropped };
  }
}

function failed(kind: FactsPass['kind'], error: unknown): FactsPass {
  if (!(error instanceof BellwetherError)) throw error;
  return { kind, samples: [], dropped: 0, facts: undefined, outcome: error.code, detail: error.message };
}

function merged(kept: Reading, fresh: Reading): Reading {
  return {
    scalars: new Map([...kept.scalars, ...fresh.scalars]),
    columns: new Map([...kept.columns, ...fresh.columns]),
  };
}

function shapeOf(columns: Reading['columns']): Map<string, string> {
  return new Map(
    [...columns]
      .filter(([, cells]) => cells.size > 0)
      .map(([oid, cells]) => [oid, `${cells.size} ${hashFraction([...cells.keys()].join(' '))}`]),
  );
}

function interfaceTags({ interfaces }: DeviceFacts): Map<string, Tags> {
  return new Map(
    interfaces.map(({ ifIndex, ifName = '', ifDescr = '', ifAlias = '' }) => [
      String(ifIndex),
      { ifName, ifDescr, ifAlias },
    ]),
  );
}
