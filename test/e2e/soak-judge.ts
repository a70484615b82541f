import { join } from 'node:path';
import { createStore, storageSchema } from '../../collector/storage/config.ts';
import type { MetricStore } from '../../collector/storage/storage.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLogger } from '../../runtime/logger.ts';
import { type Farm, IF_INDEXES, inOctets, inRate, outOctets, outRate } from './farm.ts';
import type { Gap, RssReading, SoakOptions } from './soak.ts';

export interface SoakReport {
  readonly polls: number;
  readonly points: number;
  /** What was wrong, in words; empty is a pass. */
  readonly faults: readonly string[];
  readonly worstRateErrorPercent: number;
  readonly rates: number;
  readonly rssGrowthPercent: { readonly agent: number; readonly collector: number };
  readonly rssMiB: { readonly agent: number; readonly collector: number };
  readonly longestPollMs: number;
}

export interface Evidence {
  readonly dir: string;
  readonly school: string;
  readonly farm: Farm;
  readonly options: SoakOptions;
  readonly gaps: readonly Gap[];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly rss: readonly RssReading[];
  readonly logs: readonly { readonly who: string; readonly lines: readonly string[] }[];
}

/** device -> (time -> value), or device/ifIndex -> ... */
type Table = Map<string, Map<number, number>>;

const deviceNumber = (name: string): number => Number(name.slice('sim-'.length));

/** Opens what the collector stored and holds it against the farm's formulas. */
export async function judge(evidence: Evidence): Promise<SoakReport> {
  const store = createStore(storageSchema.parse({ driver: 'sqlite' }), {
    dataDir: join(evidence.dir, 'data'),
    clock: systemClock,
    log: createLogger('judge', 'error'),
  });
  await store.start();
  try {
    return await judgeStore(store, evidence);
  } finally {
    await store.stop();
  }
}

async function judgeStore(store: MetricStore, evidence: Evidence): Promise<SoakReport> {
  const read = (
    measurement: string,
    field: string,
    key: (tags: Readonly<Record<string, string>>) => string,
  ): Promise<Table> => readTable(store, evidence, measurement, field, key);
  const byDevice = (tags: Readonly<Record<string, string>>): string => tags['device']!;
  const byPort = (tags: Readonly<Record<string, string>>): string => `${tags['device']}/${tags['ifIndex']}`;
  const faults = new Faults();
  const polls = await read('snmp', 'poll_duration_ms', byDevice);
  checkSchedule(polls, evidence, faults);
  let points = 0;
  for (const [field, formula] of [
    ['ifHCInOctets', inOctets],
    ['ifHCOutOctets', outOctets],
  ] as const) {
    const table = await read('interface', field, byPort);
    points += checkCounters(field, table, polls, evidence.farm, formula, faults);
  }
  let worst = 0;
  let rates = 0;
  for (const [field, rate] of [
    ['in_bits_per_s', inRate],
    ['out_bits_per_s', outRate],
  ] as const) {
    const result = checkRates(field, await read('interface', field, byPort), rate, faults);
    worst = Math.max(worst, result.worst);
    rates += result.count;
  }
  checkLogs(evidence, faults);
  const growth = { agent: growthPercent(evidence, 'agent'), collector: growthPercent(evidence, 'collector') };
  const allPolls = [...polls.values()].reduce((sum, times) => sum + times.size, 0);
  if (rates < (allPolls - evidence.farm.devices * (1 + evidence.gaps.length)) * IF_INDEXES.length)
    faults.add(`only ${rates} rates of one direction for ${allPolls} polls`);
  return {
    polls: allPolls,
    points,
    faults: faults.list(),
    worstRateErrorPercent: worst * 100,
    rates,
    rssGrowthPercent: growth,
    rssMiB: { agent: lastRss(evidence, 'agent'), collector: lastRss(evidence, 'collector') },
    longestPollMs: Math.max(0, ...[...polls.values()].flatMap((times) => [...times.values()])),
  };
}

async function readTable(
  store: MetricStore,
  evidence: Evidence,
  measurement: string,
  field: string,
  key: (tags: Readonly<Record<string, string>>) => string,
): Promise<Table> {
  const series = await store.range({
    school: evidence.school,
    measurement,
    field,
    from: evidence.startedAt - 60_000,
    to: evidence.endedAt + 60_000,
  });
  const table: Table = new Map();
  for (const { tags, points } of series) {
    const name = key(tags);
    const times = table.get(name) ?? new Map<number, number>();
    for (const [time, value] of points) {
      if (times.has(time)) throw new Error(`${measurement} ${field} of ${name} is stored twice at ${time}`);
      times.set(time, value);
    }
    table.set(name, times);
  }
  return table;
}

/** Every device polled every interval, from the start to the end: nothing missing outside the agent's absences, nothing doubled. */
function checkSchedule(polls: Table, { farm, options, gaps, startedAt, endedAt }: Evidence, faults: Faults): void {
  const { intervalMs } = options;
  if (polls.size !== farm.devices) faults.add(`${polls.size} of ${farm.devices} devices have polls`);
  for (const [device, byTime] of polls) {
    const times = [...byTime.keys()].sort((a, b) => a - b);
    const edges = [startedAt, ...times, endedAt];
    for (let i = 1; i < edges.length; i++) {
      const from = edges[i - 1]!;
      const to = edges[i]!;
      const inner = i > 1 && i < edges.length - 1;
      if (inner && to - from < intervalMs * 0.5 && !overlapsGap(gaps, from, to, intervalMs))
        faults.add(`${device} polled twice within ${to - from} ms`);
      if (to - from > intervalMs * 1.5 && !overlapsGap(gaps, from, to, intervalMs))
        faults.add(`${device} has no poll for ${to - from} ms at ${from - startedAt} ms`);
    }
  }
}

function overlapsGap(gaps: readonly Gap[], from: number, to: number, slack: number): boolean {
  return gaps.some((g) => from < g.to + slack && to > g.from - slack);
}

/** A sample's time is when its poll began, and the poll took `poll_duration_ms`: the value must be what the farm held in between. */
function checkCounters(
  field: string,
  table: Table,
  polls: Table,
  farm: Farm,
  formula: (d: number, i: number, t: number) => number,
  faults: Faults,
): number {
  let points = 0;
  for (const [device, byPoll] of polls) {
    const d = deviceNumber(device);
    for (const i of IF_INDEXES) {
      const values = table.get(`${device}/${i}`) ?? new Map<number, number>();
      for (const [time, duration] of byPoll) {
        const value = values.get(time);
        if (value === undefined) {
          faults.add(`${device}/${i} ${field}: the poll at ${time} has no value`);
          continue;
        }
        points++;
        const slack = farm.startedWithin + 1;
        const low = formula(d, i, Math.max(0, time - farm.startedAt - slack));
        const high = formula(d, i, time + duration - farm.startedAt + slack);
        if (value < low || value > high)
          faults.add(`${device}/${i} ${field} at ${time}: ${value} is not within ${low}..${high}`);
      }
      if (values.size > byPoll.size)
        faults.add(`${device}/${i} ${field}: ${values.size} values for ${byPoll.size} polls`);
    }
  }
  return points;
}

function checkRates(
  field: string,
  table: Table,
  rate: (d: number, i: number) => number,
  faults: Faults,
): { worst: number; count: number } {
  let worst = 0;
  let count = 0;
  for (const [name, values] of table) {
    const [device, index] = name.split('/');
    const truth = rate(deviceNumber(device!), Number(index)) * 8;
    for (const [time, value] of values) {
      count++;
      const error = truth === 0 ? (value === 0 ? 0 : 1) : Math.abs(value - truth) / truth;
      worst = Math.max(worst, error);
      if (error > 0.005)
        faults.add(`${name} ${field} at ${time}: ${value}, not ${truth} (${(error * 100).toFixed(2)} % off)`);
    }
  }
  return { worst, count };
}

/** pino: 50 is error. Being unable to reach a killed collector is a warning, not an error. */
function checkLogs({ logs }: Evidence, faults: Faults): void {
  for (const { who, lines } of logs) {
    for (const line of lines) {
      if (!line.startsWith('{')) {
        if (line.trim() !== '') faults.add(`${who} wrote to stderr: ${line.slice(0, 200)}`);
      } else if ((JSON.parse(line) as { level: number }).level >= 50)
        faults.add(`${who} logged: ${line.slice(0, 300)}`);
    }
  }
}

/** Mean of the last fifth against the mean of the first fifth after warm-up: single readings jump with each collection. */
function growthPercent({ rss, options }: Evidence, who: 'agent' | 'collector'): number {
  const readings = rss.filter((r) => r.at >= options.warmUpMs).flatMap((r) => r[who] ?? []);
  const fifth = Math.max(1, Math.floor(readings.length / 5));
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  if (readings.length < 2) return 0;
  return (mean(readings.slice(-fifth)) / mean(readings.slice(0, fifth)) - 1) * 100;
}

function lastRss({ rss }: Evidence, who: 'agent' | 'collector'): number {
  return Math.round((rss.flatMap((r) => r[who] ?? []).at(-1) ?? 0) / 1024 ** 2);
}

/** Faults by the thousand say no more than the first few. */
class Faults {
  readonly #first: string[] = [];
  #count = 0;

  add(text: string): void {
    this.#count++;
    if (this.#first.length < 20) this.#first.push(text);
  }

  list(): string[] {
    return this.#count > this.#first.length
      ? [...this.#first, `... and ${this.#count - this.#first.length} more`]
      : this.#first;
  }
}
