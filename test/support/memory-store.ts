import type {
  LatestQuery,
  LatestSeries,
  MaintenanceReport,
  MetricStore,
  RangeQuery,
  RangeSeries,
  SeriesFilter,
  WriteResult,
} from '../../collector/storage/storage.ts';
import { BellwetherError } from '../../core/errors.ts';
import { type Sample, seriesKey } from '../../core/sample.ts';

/** A metrics store in memory for tests of what reads one; the contract suite holds it to the same behaviour as the real ones. */
export class MemoryStore implements MetricStore {
  readonly name = 'memory';
  /** Set to make every call fail as a store that cannot be reached. */
  broken = false;
  readonly #series = new Map<string, Map<number, Sample>>();

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async write(samples: readonly Sample[]): Promise<WriteResult> {
    this.#check();
    for (const sample of samples) {
      const key = seriesKey(sample.measurement, sample.tags);
      const points = this.#series.get(key) ?? new Map<number, Sample>();
      this.#series.set(key, points);
      const before = points.get(sample.time);
      points.set(sample.time, before ? { ...sample, fields: { ...before.fields, ...sample.fields } } : sample);
    }
    return { written: samples.length, rejected: [] };
  }

  async latest(query: LatestQuery): Promise<LatestSeries[]> {
    this.#check();
    return this.#matching(query).flatMap((points) => {
      const recent = points.filter((point) => point.time >= query.since);
      const last = recent.at(-1);
      if (!last) return [];
      return [{ tags: last.tags, time: last.time, fields: Object.assign({}, ...recent.map((point) => point.fields)) }];
    });
  }

  async range(query: RangeQuery): Promise<RangeSeries[]> {
    this.#check();
    return this.#matching(query).flatMap((points) => {
      const steps = new Map<number, number[]>();
      for (const { time, fields } of points) {
        const value = Number(fields[query.field] ?? Number.NaN);
        if (time < query.from || time >= query.to || !Number.isFinite(value)) continue;
        const at = query.step === undefined ? time : Math.floor(time / query.step) * query.step;
        steps.set(at, [...(steps.get(at) ?? []), value]);
      }
      if (steps.size === 0) return [];
      const means = [...steps].map(([at, v]) => [at, v.reduce((sum, x) => sum + x, 0) / v.length] as const);
      return [{ tags: points[0]!.tags, points: means }];
    });
  }

  async maintain(): Promise<MaintenanceReport> {
    return { expired: 0, rolledUp: 0 };
  }

  async ping(): Promise<void> {
    this.#check();
  }

  /** Points of each fitting series, oldest first. */
  #matching({ school, measurement, tags = {} }: SeriesFilter): Sample[][] {
    const wanted = Object.entries({ ...tags, school });
    return [...this.#series.values()]
      .map((points) => [...points.values()].sort((a, b) => a.time - b.time))
      .filter(([first]) => first?.measurement === measurement && wanted.every(([k, v]) => first.tags[k] === v));
  }

  #check(): void {
    if (this.broken) {
      throw new BellwetherError('BW_STORAGE_UNAVAILABLE', 'the metrics store cannot be reached', { retryable: true });
    }
  }
}
