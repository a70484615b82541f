import { maxOctets, maxPackets, NO_RATES, type NoRate, secondsBetween, wordsDelta } from '../counter.ts';
import { BELIEVABLE_UTILISATION, ERROR_SHARE_PACKETS } from '../derive.ts';
import { IF_SPEED_LIMIT } from '../interface.ts';
import { STEPS } from '../rounding.ts';
import type { PortHeads } from './heads.ts';
import { type LinePlan, linePlan, type RowPlan } from './line-plan.ts';
import type { PortTable } from './table.ts';
import { Piece, type TextBuffer } from './text-buffer.ts';

export interface LinesResult {
  readonly lines: number;
  readonly withoutRate: Readonly<Partial<Record<NoRate | 'renumbered', number>>>;
}

const SPACE = 32;
const LETTER_I = 105;
const LETTER_U = 117;
const IN_UTIL = new Piece(',in_util_percent=');
const OUT_UTIL = new Piece(',out_util_percent=');
const ERROR_PERCENT = new Piece(',error_percent=');
const UTIL = [IN_UTIL, OUT_UTIL] as const;

/** Octets that the fields of one row take at most: two numbers of 20 digits and their names of 40, for each column and rate. */
const ROW_BYTES = 60;
/** Of one row while it is written; kept outside so that no object is made for it. */
const perSecond = new Float64Array(16);
const counts = new Float64Array(16);
const share = new Float64Array(1);

/**
 * Line protocol of measurement `interface` for one complete reading, with the rates since the one before: the same lines, to the last digit, that
 * normaliseInterfaces and encodeLines make of it.
 *
 * @param device.isFirst there is no reading before
 * @param device.renamed rows that have become another interface since: they get no rate
 */
export function writePortLines(
  out: TextBuffer,
  heads: PortHeads,
  before: PortTable,
  now: PortTable,
  device: {
    readonly time: number;
    readonly fineClock: boolean;
    readonly renamed: ReadonlySet<number>;
    readonly isFirst?: boolean;
  },
): LinesResult {
  const plan = linePlan(now.layout);
  const elapsed = device.isFirst ? undefined : elapsedTimes;
  elapsed?.begin(before, now, device.fineClock);
  const time = new Piece(`${device.time}\n`);
  const tally: Record<string, number> = {};
  let lines = 0;
  for (let row = 0; row < now.layout.rows.length; row++) {
    const rowPlan = plan.plans[plan.planOf[row]!]!;
    if (!rowPlan.isReported) continue;
    const start = heads.starts[row]!;
    const end = heads.starts[row + 1]!;
    out.reserve(
      heads.common.length + 4 * (end - start) + ROW_BYTES * (rowPlan.fields.length + rowPlan.rates.length + 4),
    );
    out.piece(heads.common);
    out.words(heads.rest, start, end, heads.lengths[row]!);
    // The first field's comma becomes the space between tags and fields.
    const space = out.length;
    writeNumbers(out, now, row, rowPlan);
    if (device.renamed.has(row)) tally['renumbered'] = (tally['renumbered'] ?? 0) + 1;
    else if (elapsed && heads.named[row] === 1) writeRates(out, plan, rowPlan, row, before, now, elapsed, tally);
    out.put(space, SPACE);
    out.octet(SPACE);
    out.piece(time);
    lines++;
  }
  return { lines, withoutRate: tally };
}

function writeNumbers(out: TextBuffer, now: PortTable, row: number, { fields, speed, highSpeed }: RowPlan): void {
  const first = row * now.layout.numbers;
  const { high, low } = now;
  const hidesSpeed = highSpeed >= 0 && low[first + highSpeed] !== 0;
  for (let k = 0; k < fields.length; k++) {
    const { column, piece } = fields[k]!;
    if (column === speed && hidesSpeed) continue;
    out.piece(piece);
    const h = high[first + column]!;
    out.unsigned64(high, low, first + column);
    out.octet(h > 0x7fffffff ? LETTER_U : LETTER_I);
  }
}

/** Bits per second of a row; NaN when the device does not say. */
function speedOf(now: PortTable, row: number, { speed, highSpeed }: RowPlan): number {
  const first = row * now.layout.numbers;
  const high = highSpeed < 0 ? 0 : now.low[first + highSpeed]!;
  if (high !== 0) return high * 1e6;
  const low = speed < 0 ? 0 : now.low[first + speed]!;
  return low !== 0 && low !== Number(IF_SPEED_LIMIT) ? low : Number.NaN;
}

function writeRates(
  out: TextBuffer,
  plan: LinePlan,
  row: RowPlan,
  r: number,
  before: PortTable,
  now: PortTable,
  elapsed: ElapsedTimes,
  tally: Record<string, number>,
): void {
  const speed = speedOf(now, r, row);
  const octets = maxOctets(speed);
  const packets = maxPackets(speed);
  const first = r * now.layout.numbers;
  const cells = r * now.layout.columns.length;
  const { rates } = row;
  const { stampOf } = now;
  const { isSame, seconds: secondsOf } = elapsed;
  let reasons = 0;
  for (let k = 0; k < rates.length; k++) {
    const { columns, isOctets, factor, steps, piece } = rates[k]!;
    let rate = 0;
    let count = 0;
    for (let j = 0; j < columns.length; j++) {
      const c = columns[j]!;
      const cell = first + c;
      const seconds = secondsOf[isSame ? stampOf[cells + c]! : elapsed.place(cells + c)]!;
      const delta =
        seconds < 0
          ? seconds
          : wordsDelta(
              before.high[cell]!,
              before.low[cell]!,
              now.high[cell]!,
              now.low[cell]!,
              plan.is64[c]!,
              seconds,
              isOctets ? octets : packets,
            );
      if (delta < 0) {
        reasons |= 1 << (-1 - delta);
        rate = Number.NaN;
        break;
      }
      rate += delta / seconds;
      count += delta;
    }
    const isKnown = !Number.isNaN(rate);
    counts[k] = isKnown ? count : Number.NaN;
    perSecond[k] = rate * factor;
    if (isKnown) {
      out.piece(piece);
      out.decimal(perSecond, k, steps);
    }
  }
  writeShares(out, row, speed);
  for (let k = 0; reasons !== 0; k++, reasons >>= 1)
    if (reasons & 1) tally[NO_RATES[k]!] = (tally[NO_RATES[k]!] ?? 0) + 1;
}

function writeShares(out: TextBuffer, { octets, packets, errors }: RowPlan, speed: number): void {
  for (let k = 0; k < 2; k++) {
    const percent = octets[k]! < 0 ? Number.NaN : (perSecond[octets[k]!]! / speed) * 100;
    if (percent <= BELIEVABLE_UTILISATION) {
      share[0] = percent;
      out.piece(UTIL[k]!);
      out.decimal(share, 0, STEPS.utilisation);
    }
  }
  if (Math.min(packets[0], packets[1], errors[0], errors[1]) < 0) return;
  const bad = counts[errors[0]]! + counts[errors[1]]!;
  const all = counts[packets[0]]! + counts[packets[1]]! + bad;
  if (!(all >= ERROR_SHARE_PACKETS)) return;
  share[0] = (bad / all) * 100;
  out.piece(ERROR_PERCENT);
  out.decimal(share, 0, STEPS.share);
}

/** Seconds between two readings of a cell, worked out once per answer; below 0 there is no rate (NO_RATES). One for all devices, one after the other. */
class ElapsedTimes {
  /** Both readings came in the same blocks: then the place in `seconds` is the block's. */
  isSame = false;
  seconds = new Float64Array(256);
  #before: PortTable | undefined;
  #now: PortTable | undefined;
  #fineClock = false;
  readonly #places = new Map<number, number>();

  begin(before: PortTable, now: PortTable, fineClock: boolean): void {
    this.#before = before;
    this.#now = now;
    this.#fineClock = fineClock;
    this.isSame = before.stampOf === now.stampOf;
    if (this.#places.size > 0) this.#places.clear();
    const places = this.isSame ? now.at.length : Math.min(65_536, before.at.length * now.at.length);
    if (places > this.seconds.length) this.seconds = new Float64Array(places);
    if (this.isSame) for (let b = 0; b < now.at.length; b++) this.seconds[b] = this.#between(b, b);
  }

  /** Where the seconds of a cell stand whose readings came in different blocks. */
  place(cell: number): number {
    const from = this.#before!.stampOf[cell]!;
    const to = this.#now!.stampOf[cell]!;
    const key = from * 65_536 + to;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(key, place);
    this.seconds[place] = this.#between(from, to);
    return place;
  }

  #between(from: number, to: number): number {
    const before = this.#before!;
    const now = this.#now!;
    return secondsBetween(before.at[from]!, before.uptime[from]!, now.at[to]!, now.uptime[to]!, this.#fineClock);
  }
}

const elapsedTimes = new ElapsedTimes();
