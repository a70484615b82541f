import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics a process keeps about itself, in Prometheus text format. One instance per process, handed to the parts. */
export class SelfMetrics {
  readonly #registry = new Registry();

  /** Adds the usual process metrics (CPU, RSS, event-loop lag, file descriptors). */
  withProcessMetrics(): this {
    collectDefaultMetrics({ register: this.#registry });
    return this;
  }

  /**
   * Asked for again by the same name (after a reload), a counter goes on from where it was. With `collect`, which is called at each scrape with the counter
   * at 0, it holds what is counted elsewhere, and replaces one of the same name.
   */
  counter<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    collect?: (counter: Counter<L>) => void,
  ): Counter<L> {
    const known = this.#registry.getSingleMetric(name);
    if (known && !collect) return known as Counter<L>;
    this.#registry.removeSingleMetric(name);
    const counter: Counter<L> = new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      ...(collect
        ? {
            collect: () => {
              counter.reset();
              collect(counter);
            },
          }
        : {}),
    });
    return counter;
  }

  /** `collect` is called at each scrape, for values that are read rather than kept. A gauge of the same name is replaced. */
  gauge<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    collect?: (gauge: Gauge<L>) => void,
  ): Gauge<L> {
    this.#registry.removeSingleMetric(name);
    const gauge: Gauge<L> = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      ...(collect ? { collect: () => collect(gauge) } : {}),
    });
    return gauge;
  }

  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly L[] = [],
  ): Histogram<L> {
    const known = this.#registry.getSingleMetric(name);
    if (known) return known as Histogram<L>;
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

/** The sum of a counter over those of its series whose labels fit; over all when `fits` is left out. */
export async function counterTotal<L extends string>(
  counter: Counter<L>,
  fits: (labels: Partial<Record<L, string | number>>) => boolean = () => true,
): Promise<number> {
  const { values } = await counter.get();
  return values.reduce((sum, { labels, value }) => (fits(labels) ? sum + value : sum), 0);
}
