import { z } from 'zod';
import type { Series } from '../../core/page-api.ts';
import type { TenantId } from '../access/access.ts';
import type { MetricStore, RangeSeries } from '../storage/storage.ts';

/** Most points in one answer. */
export const MAX_POINTS = 2_000;
const MAX_SPAN_MS = 400 * 86_400_000;
const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'a name of letters, digits and underscores');
const time = z.coerce.number().int().min(0);

/** Query of GET /api/schools/:school/series: one field of one device, or of one of its interfaces. Times and step in ms. */
export const seriesQuery = z
  .strictObject({
    measurement: z.enum(['device', 'ping', 'snmp', 'snmp_poll', 'interface']),
    field: name,
    device: z.string().min(1).max(256),
    ifIndex: z
      .string()
      .regex(/^\d{1,10}$/, 'an interface index')
      .optional(),
    from: time,
    to: time,
    step: z.coerce.number().int().min(1_000),
  })
  .superRefine((query, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    const span = query.to - query.from;
    if (span <= 0) issue('to', 'a time after `from`');
    else if (span > MAX_SPAN_MS) issue('from', 'at most 400 days before `to`');
    else if (span / query.step > MAX_POINTS) issue('step', `at least ${Math.ceil(span / MAX_POINTS)} for this span`);
    if (query.measurement === 'interface' && query.ifIndex === undefined) issue('ifIndex', 'an interface index');
  });

export type SeriesQuery = z.output<typeof seriesQuery>;

/** @throws BellwetherError BW_STORAGE_UNAVAILABLE */
export async function readSeries(store: MetricStore, school: TenantId, query: SeriesQuery): Promise<Series> {
  const { measurement, field, device, ifIndex, from, to, step } = query;
  const tags = ifIndex === undefined ? { device } : { device, ifIndex };
  const found = await store.range({ school, measurement, tags, field, from, to, step });
  return { from, to, step, points: mergeSeries(found).slice(0, MAX_POINTS) };
}

/**
 * Pure: one line from the series of one thing. There are several when a tag changed on the way (a new alias): where two have a point at
 * the same time, the later series in the list counts.
 */
export function mergeSeries(series: readonly RangeSeries[]): readonly (readonly [number, number])[] {
  if (series.length === 1) return series[0]!.points;
  const merged = new Map<number, number>();
  for (const { points } of series) for (const [at, value] of points) merged.set(at, value);
  return [...merged].sort((a, b) => a[0] - b[0]);
}
