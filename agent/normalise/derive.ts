import { counterDelta, elapsedBetween, maxOctets, maxPackets, type NoRate } from './counter.ts';
import { STEPS, toSteps } from './rounding.ts';
import { type Cell, toCounter } from './varbind.ts';

export type Cells = Readonly<Record<string, Cell>>;

/** 32-bit counter -> the 64-bit one that replaces it (RFC 2863, section 3.1.6). */
export const WIDE_COUNTERS: Readonly<Record<string, string>> = {
  ifInOctets: 'ifHCInOctets',
  ifInUcastPkts: 'ifHCInUcastPkts',
  ifInMulticastPkts: 'ifHCInMulticastPkts',
  ifInBroadcastPkts: 'ifHCInBroadcastPkts',
  ifOutOctets: 'ifHCOutOctets',
  ifOutUcastPkts: 'ifHCOutUcastPkts',
  ifOutMulticastPkts: 'ifHCOutMulticastPkts',
  ifOutBroadcastPkts: 'ifHCOutBroadcastPkts',
};

/** Each part is a counter by its names, the widest first; a part that the device does not have counts nothing. */
export interface RateSpec {
  readonly field: string;
  readonly parts: readonly (readonly string[])[];
  readonly unit: 'octets' | 'packets';
  readonly factor: number;
  /** Of rounding.ts. */
  readonly steps: number;
}

const packets = (direction: 'In' | 'Out'): string[][] =>
  ['Ucast', 'Multicast', 'Broadcast'].map((kind) => [`ifHC${direction}${kind}Pkts`, `if${direction}${kind}Pkts`]);

export const RATES: readonly RateSpec[] = [
  { field: 'in_bits_per_s', parts: [['ifHCInOctets', 'ifInOctets']], unit: 'octets', factor: 8, steps: STEPS.bits },
  { field: 'out_bits_per_s', parts: [['ifHCOutOctets', 'ifOutOctets']], unit: 'octets', factor: 8, steps: STEPS.bits },
  { field: 'in_packets_per_s', parts: packets('In'), unit: 'packets', factor: 1, steps: STEPS.packets },
  { field: 'out_packets_per_s', parts: packets('Out'), unit: 'packets', factor: 1, steps: STEPS.packets },
  { field: 'in_errors_per_s', parts: [['ifInErrors']], unit: 'packets', factor: 1, steps: STEPS.errors },
  { field: 'out_errors_per_s', parts: [['ifOutErrors']], unit: 'packets', factor: 1, steps: STEPS.errors },
  { field: 'in_discards_per_s', parts: [['ifInDiscards']], unit: 'packets', factor: 1, steps: STEPS.errors },
  { field: 'out_discards_per_s', parts: [['ifOutDiscards']], unit: 'packets', factor: 1, steps: STEPS.errors },
];

/** Below this many packets in the interval a share of errors says nothing. */
export const ERROR_SHARE_PACKETS = 1000;
/** A rate above this share of the speed shows that the speed is wrong (virtual ports say 10 Mbit/s); then there is no percentage. */
export const BELIEVABLE_UTILISATION = 110;

export interface Derived {
  readonly fields: Readonly<Record<string, number>>;
  /** Why rates are missing, each reason once. */
  readonly reasons: ReadonlySet<NoRate>;
}

/**
 * Rates of one interface between two readings of its row. A rate that cannot be told for sure is left out.
 *
 * @param speed bits per second, undefined when the device does not say.
 */
export function deriveInterface(before: Cells, now: Cells, speed: number | undefined, fineClock: boolean): Derived {
  const exact: Record<string, number> = {};
  const fields: Record<string, number> = {};
  const reasons = new Set<NoRate>();
  const counts: Record<string, number> = {};
  for (const spec of RATES) {
    const change = sumOf(spec, before, now, speed, fineClock);
    if (change === undefined) continue;
    if ('reason' in change) {
      reasons.add(change.reason);
      continue;
    }
    exact[spec.field] = change.perSecond * spec.factor;
    fields[spec.field] = toSteps(exact[spec.field]!, spec.steps);
    counts[spec.field] = change.count;
  }
  if (speed !== undefined)
    for (const direction of ['in', 'out']) {
      const rate = exact[`${direction}_bits_per_s`];
      const percent = rate === undefined ? undefined : (rate / speed) * 100;
      if (percent !== undefined && percent <= BELIEVABLE_UTILISATION)
        fields[`${direction}_util_percent`] = toSteps(percent, STEPS.utilisation);
    }
  const share = errorPercent(counts);
  if (share !== undefined) fields['error_percent'] = toSteps(share, STEPS.share);
  return { fields, reasons };
}

type Change = { readonly perSecond: number; readonly count: number } | { readonly reason: NoRate };

function sumOf(
  spec: RateSpec,
  before: Cells,
  now: Cells,
  speed: number | undefined,
  fineClock: boolean,
): Change | undefined {
  let perSecond = 0;
  let count = 0;
  let known = false;
  for (const names of spec.parts) {
    const name = names.find((n) => now[n] !== undefined);
    const earlier = names.find((n) => before[n] !== undefined);
    if (name === undefined && earlier === undefined) continue;
    // A part that only one of the readings has would turn a sum into something else.
    if (name === undefined || before[name] === undefined) return undefined;
    const change = rateOf(before[name], now[name]!, speed, spec.unit, fineClock);
    if (change === undefined || 'reason' in change) return change;
    perSecond += change.perSecond;
    count += change.count;
    known = true;
  }
  return known ? { perSecond, count } : undefined;
}

function rateOf(
  before: Cell,
  now: Cell,
  speed: number | undefined,
  unit: 'octets' | 'packets',
  fineClock: boolean,
): Change | undefined {
  const from = toCounter(before.value);
  const to = toCounter(now.value);
  if (!from || !to) return undefined;
  const elapsed = elapsedBetween(before.stamp, now.stamp, fineClock);
  if ('reason' in elapsed) return elapsed;
  const limit = speed === undefined ? undefined : unit === 'octets' ? maxOctets(speed) : maxPackets(speed);
  const change = counterDelta(from, to, elapsed.seconds, limit);
  if ('reason' in change) return change;
  return { perSecond: Number(change.delta) / elapsed.seconds, count: Number(change.delta) };
}

/** Errors of both directions by packets and errors of both, in percent. */
function errorPercent(counts: Readonly<Record<string, number>>): number | undefined {
  const { in_packets_per_s: inPackets, out_packets_per_s: outPackets } = counts;
  const { in_errors_per_s: inErrors, out_errors_per_s: outErrors } = counts;
  if (inPackets === undefined || outPackets === undefined || inErrors === undefined || outErrors === undefined)
    return undefined;
  const errors = inErrors + outErrors;
  const all = inPackets + outPackets + errors;
  return all < ERROR_SHARE_PACKETS ? undefined : (errors / all) * 100;
}
