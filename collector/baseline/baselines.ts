import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import { seriesKey } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { BaselineOf, Usual } from '../alert/baseline.ts';
import type { CategoriesAt } from '../alert/override.ts';
import type { Rule } from '../alert/rule.ts';
import type { MetricStore } from '../storage/storage.ts';
import { hourSlot, SLOTS } from './hour-slot.ts';
import { usualBySlot } from './statistics.ts';
import { isTarget, type Target, targetsOf } from './targets.ts';

export interface BaselineParts {
  readonly store: Pick<MetricStore, 'latest' | 'range'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** The rules in force. */
  readonly rules: () => readonly Rule[];
  /** The schools in force, with their time zones. */
  readonly schools: () => ReadonlyMap<string, { readonly tz: string }>;
  readonly categoriesAt: CategoriesAt;
  /** Most series that are known of at once; further ones are judged by their fixed levels. Default 2,000. */
  readonly maxSeries?: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** How often it is looked whether a day has passed or other rules are in force, and how soon after a failure it is tried again. */
const LOOK_MS = 60_000;
const RETRY_MS = 10 * 60_000;
/** 2,000 series take 4 MB. */
const MAX_SERIES = 2_000;
/** The kind of day and the hour are worked out once for so long: no zone is off by less. */
const SLOT_MS = 15 * 60_000;

/** Median, spread and count of each slot, one after the other. */
type Table = Float64Array;

/**
 * What is usual for the series that rules with a baseline look at, from the hourly means in the metric store; worked out at the start, once a day, and
 * when other rules are in force. One series is read at a time, and the stores read in slices, so that ingest is not held up.
 */
export class Baselines {
  readonly #parts: BaselineParts;
  #tables: ReadonlyMap<string, Table> = new Map();
  readonly #slots = new Map<string, { readonly quarter: number; readonly slot: number }>();
  #done: { readonly at: number; readonly targets: string } | undefined;

  constructor(parts: BaselineParts) {
    this.#parts = parts;
  }

  /** For the evaluator. */
  readonly usual: BaselineOf = (school, series, field, weeks, at): Usual | undefined => {
    const table = this.#tables.get(tableKey(school, series, field, weeks));
    const slot = table && this.#slotAt(school, at);
    if (table === undefined || slot === undefined) return undefined;
    const samples = table[3 * slot + 2]!;
    return samples === 0 ? undefined : { median: table[3 * slot]!, spread: table[3 * slot + 1]!, samples };
  };

  /** Series of which something is known. */
  get size(): number {
    return this.#tables.size;
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    while (!signal.aborted) {
      let wait = LOOK_MS;
      try {
        await this.step(signal);
      } catch (error) {
        wait = RETRY_MS;
        if (!signal.aborted)
          log.warn({ err: errorMessage(error) }, 'baselines not worked out, tried again; those before stay');
      }
      await clock.sleep(wait, signal);
    }
  }

  /** Works them out if it is time. @throws what the store throws; what was known stays */
  async step(signal?: AbortSignal): Promise<void> {
    const { clock, rules, schools } = this.#parts;
    const targets = targetsOf(rules());
    const wanted = JSON.stringify([targets, [...schools().keys()]]);
    const now = clock.now();
    if (this.#done?.targets === wanted && now - this.#done.at < DAY_MS) return;
    const tables = await this.#workOut(targets, now, signal);
    if (signal?.aborted) return;
    this.#tables = tables;
    this.#done = { at: now, targets: wanted };
  }

  async #workOut(targets: readonly Target[], now: number, signal?: AbortSignal): Promise<Map<string, Table>> {
    const { schools, maxSeries = MAX_SERIES, log } = this.#parts;
    const tables = new Map<string, Table>();
    let left = 0;
    for (const [school, { tz }] of schools())
      for (const target of targets)
        for (const tags of await this.#seriesOf(school, target, now)) {
          if (signal?.aborted) return tables;
          if (tables.size >= maxSeries) left++;
          else await this.#addSeries(tables, school, tz, target, tags, now);
        }
    if (left > 0)
      log.warn({ series: left, limit: maxSeries }, 'too many series for baselines; these are judged by fixed levels');
    if (tables.size > 0) log.debug({ series: tables.size }, 'baselines worked out');
    return tables;
  }

  /** The series with data in the last day. Scopes are globs that ignore case, which no store can look up, so they are matched here. */
  async #seriesOf(school: string, target: Target, now: number): Promise<Readonly<Record<string, string>>[]> {
    const { measurement } = target;
    const found = await this.#parts.store.latest({ school, measurement, since: now - DAY_MS });
    return found.map(({ tags: own }) => ({ ...own, school })).filter((own) => isTarget(target, own));
  }

  async #addSeries(
    tables: Map<string, Table>,
    school: string,
    zone: string,
    { measurement, field, weeks }: Target,
    tags: Readonly<Record<string, string>>,
    now: number,
  ): Promise<void> {
    const { store, categoriesAt } = this.#parts;
    const key = seriesKey(measurement, tags);
    const to = Math.floor(now / HOUR_MS) * HOUR_MS;
    const range = { school, measurement, tags, field, from: to - weeks * WEEK_MS, to, step: HOUR_MS };
    const ranges = await store.range(range);
    // The filter also lets through series with further tags.
    const own = ranges.find((one) => seriesKey(measurement, { ...one.tags, school }) === key);
    if (!own) return;
    const middle = (start: number): number => start + HOUR_MS / 2;
    const slots = usualBySlot(own.points, (start) =>
      hourSlot(zone, middle(start), categoriesAt(school, middle(start))),
    );
    const table = new Float64Array(3 * SLOTS);
    for (const [slot, { median, spread, samples }] of slots) table.set([median, spread, samples], 3 * slot);
    tables.set(tableKey(school, key, field, weeks), table);
  }

  #slotAt(school: string, at: number): number | undefined {
    const quarter = Math.floor(at / SLOT_MS);
    const known = this.#slots.get(school);
    if (known?.quarter === quarter) return known.slot;
    const zone = this.#parts.schools().get(school)?.tz;
    if (zone === undefined) return undefined;
    const slot = hourSlot(zone, at, this.#parts.categoriesAt(school, at));
    this.#slots.set(school, { quarter, slot });
    return slot;
  }
}

function tableKey(school: string, series: string, field: string, weeks: number): string {
  return `${school}\u0000${weeks}\u0000${field}\u0000${series}`;
}
