import type { Span } from '../school.ts';
import { instantOf } from '../zoned-time.ts';
import type { IntervalClocks, SlaClock } from './sla.ts';

const CLOCKS = ['ack', 'update', 'resolve'] as const;
export type ClockName = (typeof CLOCKS)[number];

export interface AlertClocks {
  readonly alertId: string;
  readonly clocks: readonly IntervalClocks[];
}

/** How often a promise was kept, of the intervals that had one and are decided; `share` 0 to 1, null: none. */
export interface Kept {
  readonly met: number;
  readonly breached: number;
  readonly share: number | null;
}

export interface Breach {
  readonly alertId: string;
  readonly clock: ClockName;
  /** Event time, ms. */
  readonly at: number;
}

export interface ReportedPause {
  readonly alertId: string;
  readonly from: number;
  readonly to: number | null;
  readonly reason: string;
}

/** What one party did with what it owned. */
export interface PartyReport {
  readonly party: string;
  /** Different alerts owned; one that came back counts once. */
  readonly alerts: number;
  /** Of the intervals it acknowledged, by the calendar of their target, ms; null: none. */
  readonly timeToAck: { readonly medianMs: number; readonly maxMs: number } | null;
  readonly kept: Readonly<Record<ClockName, Kept>>;
  /** In order of time. */
  readonly breaches: readonly Breach[];
  readonly pauses: readonly ReportedPause[];
}

/**
 * What each party owned from the month on: an interval belongs to the month it began in, with everything that became of it. It follows from the
 * logs alone, in whatever order they come, so either side can compute it.
 */
export function slaReport(alerts: readonly AlertClocks[], month: Span): PartyReport[] {
  const owned = new Map<string, OwnedInterval[]>();
  for (const { alertId, clocks } of alerts)
    for (const interval of clocks) {
      if (interval.from < month.start || interval.from >= month.end) continue;
      const before = owned.get(interval.party) ?? [];
      owned.set(interval.party, [...before, { alertId, interval }]);
    }
  return [...owned.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([party, of]) => partyReport(party, of));
}

interface OwnedInterval {
  readonly alertId: string;
  readonly interval: IntervalClocks;
}

function partyReport(party: string, owned: readonly OwnedInterval[]): PartyReport {
  return {
    party,
    alerts: new Set(owned.map(({ alertId }) => alertId)).size,
    timeToAck: spread(
      owned.filter(({ interval }) => interval.ackedAt !== null).map(({ interval }) => interval.ack.elapsedMs),
    ),
    kept: {
      ack: kept(owned.map(({ interval }) => interval.ack)),
      update: kept(owned.map(({ interval }) => interval.update)),
      resolve: kept(owned.map(({ interval }) => interval.resolve)),
    },
    breaches: owned.flatMap(breachesOf).sort((a, b) => a.at - b.at || byAlert(a, b)),
    pauses: owned
      .flatMap(({ alertId, interval }) => interval.pauses.map((pause) => ({ alertId, ...pause })))
      .sort((a, b) => a.from - b.from || byAlert(a, b)),
  };
}

function byAlert(a: { alertId: string }, b: { alertId: string }): number {
  return a.alertId < b.alertId ? -1 : a.alertId > b.alertId ? 1 : 0;
}

function breachesOf({ alertId, interval }: OwnedInterval): Breach[] {
  return CLOCKS.flatMap((clock) => {
    const at = interval[clock].breachedAt;
    return at === null ? [] : [{ alertId, clock, at }];
  });
}

function kept(clocks: readonly SlaClock[]): Kept {
  const promised = clocks.filter(({ targetMs }) => targetMs !== null);
  const breached = promised.filter(({ breachedAt }) => breachedAt !== null).length;
  const met = promised.filter(({ breachedAt, state }) => breachedAt === null && state === 'met').length;
  return { met, breached, share: met + breached === 0 ? null : met / (met + breached) };
}

function spread(times: readonly number[]): PartyReport['timeToAck'] {
  if (times.length === 0) return null;
  const sorted = [...times].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const medianMs = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
  return { medianMs, maxMs: sorted.at(-1)! };
}

/** `2026-03` in the zone of the school, as instants; undefined for what is no month. */
export function monthSpan(zone: string, month: string): Span | undefined {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month);
  if (!match) return undefined;
  const [year, number] = [Number(match[1]), Number(match[2])];
  const first = { year, month: number, day: 1, hour: 0, minute: 0, second: 0 };
  // Date.UTC, which instantOf goes by, takes month 13 for January of the next year.
  return { start: instantOf(zone, first), end: instantOf(zone, { ...first, month: number + 1 }) };
}
