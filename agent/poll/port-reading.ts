import type { BulkRequest, BurstOptions, BurstOutcome, BurstSession } from '../drivers/snmp-session.ts';
import { type BlockReading, readBlock } from '../normalise/ports/read-block.ts';
import type { BlockRequests } from '../normalise/ports/requests.ts';
import type { PortNames, PortTable } from '../normalise/ports/table.ts';

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

const RETAINED_SCALARS = 3;
const NO_SIGNS: readonly number[] = [];

/** What one poll has read until now. One serves all polls of a device, one after the other, and is what a burst asks for its conditions. */
export class PortReading implements BurstOptions {
  readonly renamed = new Map<number, Uint8Array>();
  readonly #scalars = new Float64Array(RETAINED_SCALARS);
  readonly #into: BlockReading = { scalars: this.#scalars, renamed: this.renamed };
  #names: PortNames;
  #asked: BlockRequests;
  now: PortTable;
  taken: Uint8Array;
  signs: readonly number[] = NO_SIGNS;
  uptime = Number.NaN;
  isShort = false;
  window = 0;
  retries = 0;
  signal: AbortSignal;

  constructor(names: PortNames, now: PortTable, asked: BlockRequests, signal: AbortSignal) {
    this.#names = names;
    this.#asked = asked;
    this.now = now;
    this.signal = signal;
    this.taken = new Uint8Array(now.layout.blocks.length);
  }

  /** Forgets the poll before. */
  begin(names: PortNames, now: PortTable): void {
    this.#names = names;
    this.now = now;
    if (this.renamed.size > 0) this.renamed.clear();
    if (this.taken.length === now.layout.blocks.length) this.taken.fill(0);
    else this.taken = new Uint8Array(now.layout.blocks.length);
    this.signs = NO_SIGNS;
    this.uptime = Number.NaN;
    this.isShort = false;
  }

  burst(asked: BlockRequests, { session, window, retries, signal }: PortContext): Promise<BurstOutcome> {
    this.#asked = asked;
    this.window = window;
    this.retries = retries;
    this.signal = signal;
    return session.burst(asked.requests as readonly BulkRequest[], this);
  }

  readonly take: BurstOptions['take'] = (k, bytes, from, to, receivedAt) => {
    const { blocks, numbers, scalars } = this.#asked;
    const verdict = readBlock(bytes, from, to, blocks[k]!, scalars[k]!, this.now, this.#names, this.#into);
    if (verdict === 'good') this.#note(numbers[k]!, scalars[k]!.length, receivedAt);
    else this.isShort = verdict === 'short';
    return verdict === 'good';
  };

  #note(block: number, scalars: number, receivedAt: number): void {
    this.now.at[block] = receivedAt;
    this.now.uptime[block] = this.#scalars[0]!;
    this.taken[block] = 1;
    this.uptime = this.#scalars[0]!;
    if (block === 0 && scalars > 1) this.signs = [...this.#scalars.subarray(1, scalars)];
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
