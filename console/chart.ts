import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { type Columns, summarise, toColumns, usualGap } from './chart-data.ts';
import { html } from './html.ts';

type Points = readonly (readonly [number, number])[];

export interface Line {
  readonly label: string;
  readonly points: Points;
}

interface Props {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Window, ms. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** The value axis reaches at least this. */
  readonly atLeast: number;
  readonly format: (value: number) => string;
}

const HEIGHT = 190;
const DASHES: readonly number[][] = [[], [7, 4]];

/** One chart, made once and then only given new data. Lines differ by dash as well as by colour; the legend gives the numbers. */
export function Chart(props: Props): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [hover, setHover] = useState<number | null>(null);

  useEffect(() => {
    const made = new uPlot(options(latest, setHover), columnsOf(latest.current), frame.current!);
    plot.current = made;
    const fit = new ResizeObserver(() => made.setSize({ width: frame.current?.clientWidth ?? 0, height: HEIGHT }));
    fit.observe(frame.current!);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const recolour = (): void => made.redraw(false, true);
    scheme.addEventListener('change', recolour);
    return () => {
      scheme.removeEventListener('change', recolour);
      fit.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(columnsOf(props)), [props.lines, props.from, props.to]);

  return html`<figure class="chart">
    <figcaption><span class="chart-title">${props.title}</span><${Legend} ...${props} at=${hover} /></figcaption>
    <div class="plot" ref=${frame} role="img" aria-label=${inWords(props)}></div>
    ${props.lines.every((line) => line.points.length === 0) && html`<p class="chart-empty">No data in this time.</p>`}
  </figure>`;
}

function Legend({ lines, format, at }: Props & { at: number | null }): VNode {
  return html`<span class="legend">
    ${lines.map((line, i) => {
      const shown = at === null ? line.points.at(-1) : nearest(line.points, at);
      return html`<span class="legend-item line-${i}">
        <svg viewBox="0 0 22 6" aria-hidden="true"><path d="M0 3h22" stroke-dasharray=${DASHES[i]!.join(' ')} /></svg>
        ${line.label} <strong>${shown ? format(shown[1]) : '–'}</strong>
      </span>`;
    })}
  </span>`;
}

function nearest(points: Points, time: number): readonly [number, number] | undefined {
  let found: readonly [number, number] | undefined;
  for (const point of points) if (!found || Math.abs(point[0] - time) < Math.abs(found[0] - time)) found = point;
  return found;
}

function inWords({ title, lines, format }: Props): string {
  const parts = lines.map((line) => {
    const summary = summarise(line.points);
    return summary
      ? `${line.label} now ${format(summary.last)}, peak ${format(summary.peak)}`
      : `${line.label} without data`;
  });
  return `${title}: ${parts.join('; ')}`;
}

function columnsOf(props: Props): uPlot.AlignedData {
  const gap = Math.max(...props.lines.map((line) => usualGap(line.points, props.step)));
  const columns: Columns = toColumns(
    props.lines.map((line) => line.points),
    gap,
  );
  return columns as unknown as uPlot.AlignedData;
}

function options(latest: { readonly current: Props }, onHover: (time: number | null) => void): uPlot.Options {
  const colour = (name: string) => (): string => getComputedStyle(document.documentElement).getPropertyValue(name);
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  return {
    width: 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { range: () => [latest.current.from / 1000, latest.current.to / 1000] },
      y: { range: (_plot, _min, max) => [0, Math.max(latest.current.atLeast, (max ?? 0) * 1.1)] },
    },
    series: [
      {},
      ...latest.current.lines.map((line, i) => ({
        label: line.label,
        stroke: colour(`--line-${i}`),
        width: 1.75,
        dash: DASHES[i]!,
        points: { show: false },
      })),
    ],
    axes: [
      { ...axis, space: 70, size: 28, values: (_plot, times) => times.map((time) => clockTime(time * 1000)) },
      { ...axis, size: 84, values: (_plot, values) => values.map((value) => latest.current.format(value)) },
    ],
    hooks: {
      setCursor: [(plot) => onHover(plot.cursor.idx == null ? null : (plot.data[0][plot.cursor.idx] ?? 0) * 1000)],
    },
  };
}

function clockTime(time: number): string {
  return new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(time);
}
