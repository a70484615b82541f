import type { BulkRequest, BurstOutcome, BurstSession, VarBind } from '../drivers/snmp-session.ts';
import type { Tags } from '../normalise/device-tags.ts';
import type { InterfaceMemory } from '../normalise/interface.ts';
import { columnsFrom, memoryFrom, tableFrom } from '../normalise/ports/convert.ts';
import { identityOf, namesOfRow, type PortHeads, portHeads } from '../normalise/ports/heads.ts';
import { learnLayout, type PortLayout, type ReplyLimit, resized } from '../normalise/ports/layout.ts';
import { type LinesResult, writePortLines } from '../normalise/ports/lines.ts';
import { type BlockReading, readBlock } from '../normalise/ports/read-block.ts';
import { type BlockRequests, type RequestSet, requestSet } from '../normalise/ports/requests.ts';
import { type PortNames, PortTable } from '../normalise/ports/table.ts';
import type { TextBuffer } from '../normalise/ports/text-buffer.ts';
import type { Column } from '../normalise/varbind.ts';
import type { TablePlan } from './plan.ts';

/** Octets of an answer besides the cells: message, sysUpTime and the like (measured: 56 to 90). */
const AROUND_BYTES = 90;
/** What no network fragments (design of the poll: docs/polling.md). */
const REPLY_BYTES = 1400;
/** Polls left to the plain way, at most, after the layout did not hold time and again. */
const MAX_DISTRUST = 64;

export interface PortPollOptions {
  readonly table: TablePlan;
  /** Slow columns are read at every so many polls. */
  readonly slowEvery: number;
  /** Layouts in use by other devices: those that look alike share one. */
  readonly layouts: LayoutCache;
}

/** One poll's conditions. */
export interface PortContext {
  readonly session: BurstSession;
  readonly window: number;
  readonly retries: number;
  /** Share of the full reply size to ask for. */
  readonly size: number;
  readonly repetitions: number;
  readonly signal: AbortSignal;
}

export type PortPollResult =
  /** All was read as expected. `write` once, before the next poll. */
  | { readonly kind: 'whole'; readonly outcome: Counts; readonly uptime: number; readonly slow: boolean; readonly finish: PortFinish }
  /** Some answers did not come. */
  | { readonly kind: 'part'; readonly outcome: BurstOutcome; readonly columns: ReadonlyMap<string, Column> }
  /** The table is not what it was, or the device not: to be read in the plain way, now. */
  | { readonly kind: 'changed'; readonly outcome: Counts; readonly why: string };

export type Counts = Pick<BurstOutcome, 'timeouts' | 'retries' | 'sent'>;

export interface PortFinish {
  /** Appends the lines of this poll. */
  write(out: TextBuffer, tags: Tags, time: number, fineClock: boolean): LinesResult;
  readonly isFineClock: boolean;
}

interface Known {
  layout: PortLayout;
  requests: RequestSet;
  before: PortTable;
  names: PortNames;
  heads: { readonly tags: string; readonly heads: PortHeads } | undefined;
  /** ifNumber and ifTableLastChange, as far as the device has them. */
  signs: readonly number[];
  readonly has: readonly [boolean, boolean];
  limit: ReplyLimit;
  polls: number;
}

/** Layouts by what they are made of, so that a thousand equal switches have one. */
export class LayoutCache {
  readonly #known = new Map<string, PortLayout>();

  /** The one that is equal to `layout`, if there is one already. */
  shared(layout: PortLayout, limit: ReplyLimit): PortLayout {
    const { columns, rows, present } = layout;
    const key = JSON.stringify([
      columns.map((c) => [c.oid, c.tag, c.slow]),
      rows.map((r) => r.index),
      present.every((p) => p === 1) || [...present],
      limit,
    ]);
    const found = this.#known.get(key);
    if (found) return found;
    if (this.#known.size >= 500) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, layout);
    return layout;
  }
}

/**
 * The interfaces of one device in as few datagrams as they fit into: what its table looks like is learnt from a reading in the plain way, then asked
 * for in blocks that do not depend on each other, and read in place. Whatever is not as learnt sends the poll back to the plain way, which learns anew.
 */
export class PortPoll {
  readonly #options: PortPollOptions;
  #known: Known | undefined;
  #maxBytes = REPLY_BYTES;
  /** Polls still to be left to the plain way, and how many it will be after the next disappointment. */
  #pause = 0;
  #distrust = 0;

  constructor(options: PortPollOptions) {
    this.#options = options;
  }

  /** True when the next poll can go by blocks. Each question counts as a poll. */
  isReady(): boolean {
    if (this.#pause === 0) return this.#known !== undefined;
    this.#pause--;
    return false;
  }

  /** Ends the reading by blocks until a table is learnt again. Gives what the plain way needs of the readings until now. */
  leave(): ReadonlyMap<string, InterfaceMemory> | undefined {
    const known = this.#known;
    this.#known = undefined;
    return known && memoryFrom(known.before, known.names);
  }

  /** Takes a complete reading in the plain way. Returns why the table cannot be read by blocks, if so. */
  learn(columns: ReadonlyMap<string, Column>, signs: readonly VarBind[], context: Pick<PortContext, 'size' | 'repetitions'>, withNarrow: boolean): string | undefined {
    const { fast, fallback, slow } = this.#options.table;
    const limit = this.#limit(context);
    const found = learnLayout(columns, { fast: withNarrow ? [...fast, ...fallback] : fast, slow }, limit);
    this.#known = undefined;
    if (typeof found === 'string') return found;
    const layout = this.#options.layouts.shared(found, limit);
    const has: [boolean, boolean] = [signs.some((v) => v.oid === IF_NUMBER), signs.some((v) => v.oid === LAST_CHANGE)];
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
    };
    return undefined;
  }

  async poll(context: PortContext): Promise<PortPollResult> {
    const known = this.#known!;
    this.#fit(known, context);
    const { layout, requests, before } = known;
    const now = new PortTable(layout);
    const reading = new Reading(known, now);
    known.polls++;
    const all = known.polls >= this.#options.slowEvery;
    if (!all) now.copySlow(before);
    const first = await reading.burst(all ? requests.all : requests.fast, context);
    if (first.error || first.unexpected) return this.#failed(known, reading, first);
    if (reading.restarted(before)) return this.#changed(first, 'the device restarted');
    let outcome: Counts = first;
    if (!all && (reading.signsChanged(known.signs) || reading.stateChanged(before)) && requests.slow.requests.length > 0) {
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

  #finish(known: Known, reading: Reading, now: PortTable): PortFinish {
    const { before, layout } = known;
    const renamed = new Set<number>();
    if (reading.renamed.size > 0) {
      const names = known.names.with(reading.renamed);
      const texts = layout.columns.length - layout.numbers;
      for (const row of new Set([...reading.renamed.keys()].map((k) => Math.floor(k / texts)))) {
        const was = identityOf(namesOfRow(layout, known.names, row));
        if (was !== undefined && was !== identityOf(namesOfRow(layout, names, row))) renamed.add(row);
      }
      known.names = names;
      known.heads = undefined;
    }
    known.before = now;
    return {
      isFineClock: now.uptime.some((t) => t % 100 !== 0),
      write: (out, tags, time, fineClock) => {
        const key = JSON.stringify(tags);
        if (known.heads?.tags !== key) known.heads = { tags: key, heads: portHeads(tags, layout, known.names) };
        return writePortLines(out, known.heads.heads, before, now, { time, fineClock, renamed });
      },
    };
  }

  #failed(known: Known, reading: Reading, outcome: BurstOutcome): PortPollResult {
    if (outcome.unexpected) {
      if (reading.isShort) {
        this.#maxBytes = Math.max(300, Math.min(this.#maxBytes, outcome.longest));
        return this.#changed(outcome, `answers of ${outcome.longest} octets at most`);
      }
      return this.#changed(outcome, 'the interface table has changed');
    }
    const { now } = reading;
    return { kind: 'part', outcome, columns: columnsFrom(now, known.names, (b) => reading.taken[b] === 1) };
  }

  #changed(outcome: Counts, why: string): PortPollResult {
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

const IF_NUMBER = '1.3.6.1.2.1.2.1.0';
const LAST_CHANGE = '1.3.6.1.2.1.31.1.5.0';
/** Asked once when a table is learnt. */
export const CHANGE_SIGNS: readonly string[] = [IF_NUMBER, LAST_CHANGE];

const RETAINED_SCALARS = 3;

/** What one poll has read until now. */
class Reading {
  readonly #known: Known;
  readonly now: PortTable;
  readonly renamed = new Map<number, Uint8Array>();
  readonly taken: Uint8Array;
  readonly #scalars = new Float64Array(RETAINED_SCALARS);
  signs: readonly number[] = [];
  uptime = Number.NaN;
  isShort = false;

  constructor(known: Known, now: PortTable) {
    this.#known = known;
    this.now = now;
    this.taken = new Uint8Array(now.layout.blocks.length);
  }

  burst({ requests, blocks, numbers, scalars }: BlockRequests, context: PortContext): Promise<BurstOutcome> {
    const into: BlockReading = { scalars: this.#scalars, renamed: this.renamed };
    const { session, window, retries, signal } = context;
    return session.burst(requests as readonly BulkRequest[], {
      window,
      retries,
      signal,
      take: (k, bytes, from, to, receivedAt) => {
        const verdict = readBlock(bytes, from, to, blocks[k]!, scalars[k]!, this.now, this.#known.names, into);
        if (verdict === 'good') this.#note(numbers[k]!, scalars[k]!.length, receivedAt);
        else this.isShort = verdict === 'short';
        return verdict === 'good';
      },
    });
  }

  #note(block: number, scalars: number, receivedAt: number): void {
    this.now.at[block] = receivedAt;
    this.now.uptime[block] = this.#scalars[0]!;
    this.taken[block] = 1;
    this.uptime = this.#scalars[0]!;
    if (block === 0) this.signs = [...this.#scalars.subarray(1, scalars)];
  }

  /** sysUpTime went back: the device, or its agent, began anew (or its 497 days are over, which is as good a reason to look again). */
  restarted(before: PortTable): boolean {
    let last = 0;
    for (const uptime of before.uptime) if (uptime > last) last = uptime;
    return this.uptime < last;
  }

  signsChanged(before: readonly number[]): boolean {
    return this.signs.some((sign, k) => sign !== before[k]);
  }

  /** A port went up or down: somebody may have switched it off. */
  stateChanged(before: PortTable): boolean {
    const { layout, low } = this.now;
    const column = layout.columns.findIndex((c) => c.name === 'ifOperStatus');
    if (column < 0) return false;
    for (let cell = column; cell < low.length; cell += layout.numbers) if (low[cell] !== before.low[cell]) return true;
    return false;
  }
}

function added(a: Counts, b: Counts): Counts {
  return { timeouts: a.timeouts + b.timeouts, retries: a.retries + b.retries, sent: a.sent + b.sent };
}
