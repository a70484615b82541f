import type { MemoryFacts } from '../../core/device-facts.ts';
import { type FactRecord, numberOf, recordsOf } from './records.ts';
import { descrOf, lowestRank, type SectionRow } from './section.ts';

/**
 * Memory pools: of used, free, total and usage (percent) what the device gives, the rest worked out. A pool without any size is given by
 * its percentage alone; one of size 0 does not exist (swap that is not set up).
 */
export function memoryFacts(rows: readonly SectionRow[]): MemoryFacts[] {
  const pools = lowestRank(recordsOf(rows), () => '').flatMap(poolOf);
  return withoutCaches(pools);
}

function poolOf(record: FactRecord): MemoryFacts[] {
  const percent = numberOf(record, 'usage');
  const sizes = completed({
    total: numberOf(record, 'total'),
    used: numberOf(record, 'used'),
    free: numberOf(record, 'free'),
    percent,
  });
  const kind = record.tags['kind'] ?? 'system';
  const base = { index: record.index, descr: descrOf(record.tags, 'Memory'), kind };
  if (sizes) return [{ ...base, ...poolFields(sizes.used, sizes.total) }];
  return percent === undefined || percent < 0 || percent > 100 ? [] : [{ ...base, percent: rounded(percent) }];
}

interface Sizes {
  readonly total: number | undefined;
  readonly used: number | undefined;
  readonly free: number | undefined;
  readonly percent: number | undefined;
}

/** Used and total bytes; undefined when they cannot be told, or tell of nothing. */
function completed({ total, used, free, percent }: Sizes): { used: number; total: number } | undefined {
  const whole = total ?? (used !== undefined && free !== undefined ? used + free : undefined);
  if (whole === undefined || whole <= 0) return undefined;
  const taken =
    used ?? (free !== undefined ? whole - free : percent !== undefined ? (whole * percent) / 100 : undefined);
  return taken === undefined || taken < 0 ? undefined : { used: taken, total: whole };
}

/**
 * hrStorageTable of net-snmp counts buffers and page cache as used; what programs can have is without them. One that says less used than they
 * take together has left them out already.
 */
function withoutCaches(pools: readonly MemoryFacts[]): MemoryFacts[] {
  const main = pools.find((p) => p.kind === 'system');
  if (main?.total_bytes === undefined || main.used_bytes === undefined) return [...pools];
  const total = main.total_bytes;
  const caches = pools.filter((p) => p.kind === 'buffers' || p.kind === 'cached');
  const cached = caches.reduce((sum, p) => sum + (p.used_bytes ?? 0), 0);
  return pools.map((pool) => {
    const taken = main.used_bytes!;
    if (pool === main) return { ...pool, ...poolFields(taken < cached ? taken : taken - cached, total) };
    // These are parts of the whole: net-snmp gives them their own size as total, which would always be 100 %.
    const part = pool.kind === 'shared' || caches.includes(pool);
    return part ? { ...pool, ...poolFields(pool.used_bytes ?? 0, total) } : pool;
  });
}

function poolFields(used: number, total: number): Pick<MemoryFacts, 'percent'> & Partial<MemoryFacts> {
  const whole = Math.round(total);
  const taken = Math.round(used);
  return {
    percent: rounded((used / total) * 100),
    total_bytes: whole,
    used_bytes: taken,
    free_bytes: whole - taken,
  };
}

function rounded(percent: number): number {
  return Math.round(percent * 10) / 10;
}
