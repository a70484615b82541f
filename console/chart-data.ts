/** Pure: from points to the columns that uPlot draws. */

type Points = readonly (readonly [number, number])[];

/** Column 0 is the time in seconds, the others the values of each series at it; null where a line must break. */
export type Columns = [number[], ...(number | null | undefined)[][]];

/**
 * Joins series by time. Where one series has no point at another's time the value is undefined, which uPlot draws through; a hole
 * wider than `gapMs` gets a null, so that missing data never looks like a straight line.
 */
export function toColumns(series: readonly Points[], gapMs: number): Columns {
  const times = new Set<number>();
  for (const points of series) for (const [time] of points) times.add(time);
  const holes = series.map((points) => holesOf(points, gapMs));
  for (const found of holes) for (const time of found) times.add(time);
  const sorted = [...times].sort((a, b) => a - b);
  const columns = series.map((points, i) => {
    const values = new Map<number, number>(points);
    const broken = new Set(holes[i]);
    return sorted.map((time) => values.get(time) ?? (broken.has(time) ? null : undefined));
  });
  return [sorted.map((time) => time / 1000), ...columns];
}

/** One instant inside each hole. */
function holesOf(points: Points, gapMs: number): number[] {
  const holes: number[] = [];
  for (let i = 1; i < points.length; i++) {
    const before = points[i - 1]![0];
    if (points[i]![0] - before > gapMs) holes.push(before + Math.floor(gapMs / 2));
  }
  return holes;
}

export interface Summary {
  readonly last: number;
  readonly peak: number;
}

/** What a chart says in words; null when it has no point. */
export function summarise(points: Points): Summary | null {
  const last = points.at(-1);
  if (!last) return null;
  return { last: last[1], peak: points.reduce((peak, [, value]) => Math.max(peak, value), 0) };
}

/** Gap that counts as missing: three times the usual distance, at least `step`. */
export function usualGap(points: Points, step: number): number {
  const distances = points.slice(1).map((point, i) => point[0] - points[i]![0]);
  distances.sort((a, b) => a - b);
  const median = distances[Math.floor(distances.length / 2)] ?? step;
  return 3 * Math.max(median, step);
}
