import type { BurstOutcome, VarBind } from '../drivers/snmp-session.ts';
import type { Tags } from '../normalise/device-tags.ts';
import type { InterfaceMemory } from '../normalise/interface.ts';
import { columnsFrom, memoryFrom, tableFrom } from '../normalise/ports/convert.ts';
import { identityOf, namesOfRow, type PortHeads, portHeads } from '../normalise/ports/heads.ts';
import { learnLayout, type PortLayout, type ReplyLimit, resized } from '../normalise/ports/layout.ts';
import { type LinesResult, writePortLines } from '../normalise/ports/lines.ts';
import { type RequestSet, requestSet } from '../normalise/ports/requests.ts';
import { PortNames, type PortTable } from '../normalise/ports/table.ts';
import type { TextBuffer } from '../normalise/ports/text-buffer.ts';
import type { Column } from '../normalise/varbind.ts';
import { IF_NUMBER, LAST_CHANGE, type LayoutCache } from './layout-cache.ts';
import type { TablePlan } from './plan.ts';
import { type PortContext, PortReading } from './port-reading.ts';

/** Octets of an answer besides the cells: the message around them and sysUpTime, with a community of 8. */
const AROUND_BYTES = 56;
/** What no network fragments (design of the poll: docs/polling.md). */
const REPLY_BYTES = 1400;
const NONE = new Set<number>();
/** Polls left to the plain way, at most, after the layout did not hold time and again. */
const MAX_DISTRUST = 64;

export interface PortPollOptions {
  readonly table: TablePlan;
  /** Slow columns are read at every so many polls. */
  readonly slowEvery: number;
  /** Layouts in use by other devices: those that look alike share one. */
  readonly layouts: LayoutCache;
}

export type PortPollResult =
  /** All was read as expected. `write` once, before the next poll. */
  | {
      readonly kind: 'whole';
      readonly outcome: Counts;
      readonly uptime: number;
      readonly slow: boolean;
      readonly finish: PortFinish;
    }
  /** Some answers did not come. */
  | {
      readonly kind: 'part';
      readonly outcome: BurstOutcome;
      readonly columns: ReadonlyMap<string, Column>;
      /** What the plain way would remember of the poll before. */
      readonly memory: ReadonlyMap<string, InterfaceMemory>;
    }
  /** The table is not what it was, or the device not: to be read in the plain way, now. */
  | { readonly kind: 'changed'; readonly outcome: Counts; readonly why: string };

export type Counts = Pick<BurstOutcome, 'timeouts' | 'retries' | 'sent' | 'answers'>;

export interface PortFinish {
  /** Appends the lines of this poll. What is made of `tags` is kept for as long as the same object is handed in. */
  write(out: TextBuffer, tags: Tags, time: number, fineClock: boolean): LinesResult;
  readonly isFineClock: boolean;
}

interface Known {
  layout: PortLayout;
  requests: RequestSet;
  before: PortTable;
  names: PortNames;
  heads: { readonly tags: Tags; readonly heads: PortHeads } | undefined;
  /** ifNumber and ifTableLastChange, as far as the device has them. */
  signs: readonly number[];
  readonly has: readonly [boolean, boolean];
  limit: ReplyLimit;
  polls: number;
  /** Nothing was read of the device before: the layout is another's, the names are not known, and there is nothing to take rates from. */
  isFirst: boolean;
}

/**
 * The interfaces of one device in as few datagrams as they fit into: what its table looks like is learnt from a reading in the plain way, then asked
 * for in blocks that do not depend on each other, and read in place. Whatever is not as learnt sends the poll back to the plain way, which learns anew.
 */
export class PortPoll {
  readonly #options: PortPollOptions;
  #known: Known | undefined;
  #reading: PortReading | undefined;
  #maxBytes = REPLY_BYTES;
  /** Polls still to be left to the plain way, and how many it will be after the next disappointment. */
  #pause = 0;
  #distrust = 0;
  #guessedWrong = false;

  constructor(options: PortPollOptions) {
    this.#options = options;
  }

  /** True when the next poll can go by blocks. Each question counts as a poll. */
  get isKnown(): boolean {
    return this.#known !== undefined;
  }

  isReady(): boolean {
    if (this.#pause === 0) return this.#known !== undefined;
    this.#pause--;
    return false;
  }

  /** Ends the reading by blocks until a table is learnt again. Gives what the plain way needs of the readings until now. */
  leave(): ReadonlyMap<string, InterfaceMemory> | undefined {
    const known = this.#known?.isFirst ? undefined : this.#known;
    this.#known = undefined;
    return known && memoryFrom(known.before, known.names);
  }

  /** Takes a complete reading in the plain way. Returns why the table cannot be read by blocks, if so. */
  learn(
    columns: ReadonlyMap<string, Column>,
    kind: string,
    signs: readonly VarBind[],
    context: Pick<PortContext, 'size' | 'repetitions'>,
    withNarrow: boolean,
  ): string | undefined {
    const { fallback, slow } = this.#options.table;
    const fast = withNarrow ? [...this.#options.table.fast, ...fallback] : this.#options.table.fast;
    // What is read at every poll all the same packs better together.
    const symbols = this.#options.slowEvery === 1 ? { fast: [...fast, ...slow], slow: [] } : { fast, slow };
    const limit = this.#limit(context);
    const found = learnLayout(columns, symbols, limit);
    this.#known = undefined;
    if (typeof found === 'string') return found;
    const layout = this.#options.layouts.shared(found, limit);
    // They say when to read the slow columns out of turn.
    const has: [boolean, boolean] = [
      symbols.slow.length > 0 && signs.some((v) => v.oid === IF_NUMBER),
      symbols.slow.length > 0 && signs.some((v) => v.oid === LAST_CHANGE),
    ];
    const { table, names } = tableFrom(layout, columns);
    this.#known = {
      layout,
      requests: requestSet(layout, has),
      before: table,
      names,
      heads: undefined,
      signs: signs.map((v) => Number(v.value)),
      has,
      limit,
      polls: 0,
      isFirst: false,
    };
    this.#options.layouts.remember(kind, signs, { layout, has });
    return undefined;
  }

  /**
   * Takes over the layout of a device of the same kind with as many interfaces, before anything but scalars was read. Whether it fits shows the first
   * poll. False when there is none.
   *
   * @param kind what devices that look alike have in common, such as sysObjectID
   */
  guess(kind: string, signs: readonly VarBind[], context: Pick<PortContext, 'size' | 'repetitions'>): boolean {
    const found = this.#options.layouts.alike(kind, signs);
    if (!found || this.#guessedWrong) return false;
    const limit = this.#limit(context);
    const layout = this.#options.layouts.shared(resized(found.layout, limit), limit);
    this.#known = {
      layout,
      requests: requestSet(layout, found.has),
      before: this.#options.layouts.table(layout),
      names: new PortNames(new Array(layout.rows.length * (layout.columns.length - layout.numbers)).fill(undefined)),
      heads: undefined,
      signs: signs.map((v) => Number(v.value)),
      has: found.has,
      limit,
      polls: this.#options.slowEvery,
      isFirst: true,
    };
    return true;
  }

  async poll(context: PortContext): Promise<PortPollResult> {
    const known = this.#known!;
    this.#fit(known, context);
    const { layout, requests, before } = known;
    const now = this.#options.layouts.table(layout);
    this.#reading ??= new PortReading(known.names, now, requests.all, context.signal);
    const reading = this.#reading;
    reading.begin(known.names, now);
    known.polls++;
    const all = known.polls >= this.#options.slowEvery;
    if (!all) now.copySlow(before);
    const first = await reading.burst(all ? requests.all : requests.fast, context);
    if (first.error || first.unexpected) return this.#failed(known, reading, first);
    if (!known.isFirst && reading.restarted(before)) return this.#changed(first, 'the device restarted');
    let outcome: Counts = first;
    if (
      !all &&
      (reading.signsChanged(known.signs) || reading.stateChanged(before)) &&
      requests.slow.requests.length > 0
    ) {
      const second = await reading.burst(requests.slow, context);
      outcome = added(first, second);
      if (second.error || second.unexpected) return this.#failed(known, reading, { ...second, ...outcome });
    }
    const slow = all || outcome !== first;
    if (slow) known.polls = 0;
    this.#distrust = 0;
    known.signs = reading.signs;
    return { kind: 'whole', outcome, uptime: reading.uptime, slow, finish: this.#finish(known, reading, now) };
  }

  #finish(known: Known, reading: PortReading, now: PortTable): PortFinish {
    const { before, layout } = known;
    let renamed: Set<number> = NONE;
    if (reading.renamed.size > 0) {
      renamed = new Set();
      const names = known.names.with(reading.renamed);
      const texts = layout.columns.length - layout.numbers;
      for (const row of new Set([...reading.renamed.keys()].map((k) => Math.floor(k / texts)))) {
        const was = identityOf(namesOfRow(layout, known.names, row));
        if (!known.isFirst && was !== undefined && was !== identityOf(namesOfRow(layout, names, row))) renamed.add(row);
      }
      known.names = names;
      known.heads = undefined;
    }
    known.before = now;
    const isFirst = known.isFirst;
    known.isFirst = false;
    return {
      isFineClock: now.uptime.some((t) => t % 100 !== 0),
      write: (out, tags, time, fineClock) => {
        if (known.heads?.tags !== tags) known.heads = { tags, heads: portHeads(tags, layout, known.names) };
        const result = writePortLines(out, known.heads.heads, before, now, { time, fineClock, renamed, isFirst });
        this.#options.layouts.giveBack(before);
        return result;
      },
    };
  }

  #failed(known: Known, reading: PortReading, outcome: BurstOutcome): PortPollResult {
    if (outcome.unexpected) {
      if (reading.isShort) {
        this.#maxBytes = Math.max(300, Math.min(this.#maxBytes, outcome.longest));
        return this.#changed(outcome, `answers of ${outcome.longest} octets at most`);
      }
      return this.#changed(outcome, 'the interface table has changed');
    }
    return this.#part(known, reading, outcome);
  }

  /** What came is told, and stands in the next poll beside what did not come and is as old as it was. */
  #part(known: Known, { now, taken }: PortReading, outcome: BurstOutcome): PortPollResult {
    const { before, names } = known;
    if (known.isFirst) {
      this.#known = undefined;
      return { kind: 'part', outcome, columns: new Map(), memory: new Map() };
    }
    if (!taken.includes(1)) return { kind: 'part', outcome, columns: new Map(), memory: new Map() };
    const columns = columnsFrom(now, names, (b) => taken[b] === 1);
    const memory = memoryFrom(before, names);
    if (before.stampOf === now.stampOf) {
      now.fillFrom(before, (b) => taken[b] === 1);
      known.before = now;
      this.#options.layouts.giveBack(before);
    }
    return { kind: 'part', outcome, columns, memory };
  }

  #changed(outcome: Counts, why: string): PortPollResult {
    // That a guess was wrong says nothing about the device.
    if (this.#known?.isFirst) {
      this.#known = undefined;
      this.#guessedWrong = true;
      return { kind: 'changed', outcome, why: 'no device is like it' };
    }
    this.#pause = this.#distrust;
    this.#distrust = Math.min(MAX_DISTRUST, Math.max(1, this.#distrust * 2));
    return { kind: 'changed', outcome, why };
  }

  /** Asks for more or less at once than the time before, where that has changed. */
  #fit(known: Known, context: PortContext): void {
    const limit = this.#limit(context);
    if (limit.bytes === known.limit.bytes && limit.repetitions === known.limit.repetitions) return;
    known.limit = limit;
    known.layout = this.#options.layouts.shared(resized(known.layout, limit), limit);
    known.requests = requestSet(known.layout, known.has);
  }

  #limit({ size, repetitions }: Pick<PortContext, 'size' | 'repetitions'>): ReplyLimit {
    return { bytes: Math.floor((this.#maxBytes - AROUND_BYTES) * size), repetitions };
  }
}

function added(a: Counts, b: Counts): Counts {
  return {
    timeouts: a.timeouts + b.timeouts,
    retries: a.retries + b.retries,
    sent: a.sent + b.sent,
    answers: a.answers + b.answers,
  };
}
