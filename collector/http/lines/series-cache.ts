import { TenantSeries } from './series.ts';

/** Bytes for all tenants, and for one of them: about 200,000 and 50,000 series with heads of 230 characters. */
export const CACHE_BUDGET = 256 * 1024 ** 2;
const SHARE_OF_ONE = 4;

/**
 * The series of all tenants (school and site of a token), each by itself: what one sends is never looked up for another. When all together
 * hold too much, the tenant not heard of for longest is forgotten as a whole.
 */
export class SeriesCache {
  readonly #budget: number;
  /** The one heard of last stands last. */
  readonly #tenants = new Map<string, TenantSeries>();
  #evictedBefore = 0;

  constructor(budget = CACHE_BUDGET) {
    this.#budget = budget;
  }

  of(school: string, site: string): TenantSeries {
    const name = JSON.stringify([school, site]);
    let tenant = this.#tenants.get(name);
    this.#tenants.delete(name);
    tenant ??= new TenantSeries(this.#budget / SHARE_OF_ONE);
    this.#tenants.set(name, tenant);
    this.#makeRoom();
    return tenant;
  }

  /** Series held, about. */
  get size(): number {
    return this.#sum((tenant) => tenant.size);
  }

  /** Series dropped for want of room since start. */
  get evicted(): number {
    return this.#evictedBefore + this.#sum((tenant) => tenant.evicted);
  }

  #makeRoom(): void {
    let cost = this.#sum((tenant) => tenant.cost);
    for (const [name, tenant] of this.#tenants) {
      if (cost <= this.#budget || this.#tenants.size === 1) return;
      this.#tenants.delete(name);
      cost -= tenant.cost;
      this.#evictedBefore += tenant.evicted + tenant.size;
    }
  }

  #sum(of: (tenant: TenantSeries) => number): number {
    let sum = 0;
    for (const tenant of this.#tenants.values()) sum += of(tenant);
    return sum;
  }
}
