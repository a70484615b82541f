/**
 * Draws what `poll.bench.ts` measured for several numbers of devices: JSON lines in, SVG out. The plot of docs/polling.md is made by
 * `for n in 10 30 100 300 1000 3000 5000; do npm run --silent bench:poll -- --devices $n --port P --warm 45 --seconds 30; done | node test/bench/poll-plot.ts > docs/polling-cost.svg`
 */
import { text } from 'node:stream/consumers';

interface Point {
  readonly devices: number;
  readonly cpu_us_per_device_poll: number;
  readonly interval_ms: number;
}

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 60;
const BOTTOM = 270;
const RIGHT = 620;
const TOP = 20;

export function plot(points: readonly Point[]): string {
  const most = Math.max(...points.map((p) => p.cpu_us_per_device_poll), 300);
  const top = Math.ceil(most / 100) * 100;
  const [first, last] = [points[0]!, points.at(-1)!].map((p) => Math.log10(p.devices)) as [number, number];
  const x = (devices: number): number => LEFT + ((Math.log10(devices) - first) / (last - first)) * (RIGHT - LEFT);
  const y = (us: number): number => BOTTOM - (us / top) * (BOTTOM - TOP);
  const at = (n: number): string => n.toFixed(1);
  const label = (px: number, py: number, anchor: string, words: string): string =>
    `<text x="${at(px)}" y="${at(py)}" text-anchor="${anchor}">${words}</text>`;
  const step = top > 600 ? 200 : 100;
  const lines = Array.from({ length: Math.floor(top / step) + 1 }, (_, k) => k * step);
  const grid = lines.map(
    (us) => `<path d="M${LEFT} ${at(y(us))}H${RIGHT}" stroke="#ddd"/>${label(LEFT - 8, y(us) + 4, 'end', String(us))}`,
  );
  const goal = `<path d="M${LEFT} ${at(y(250))}H${RIGHT}" stroke="#c33" stroke-dasharray="4 3"/>`;
  const path = points.map((p, k) => `${k === 0 ? 'M' : 'L'}${at(x(p.devices))} ${at(y(p.cpu_us_per_device_poll))}`);
  const dots = points.map(
    (p) =>
      `<circle cx="${at(x(p.devices))}" cy="${at(y(p.cpu_us_per_device_poll))}" r="3" fill="#136"/>` +
      label(x(p.devices), y(p.cpu_us_per_device_poll) - 8, 'middle', String(p.cpu_us_per_device_poll)) +
      label(x(p.devices), BOTTOM + 16, 'middle', p.devices.toLocaleString('en')) +
      label(x(p.devices), BOTTOM + 30, 'middle', `${p.interval_ms / 1000} s`),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<title>CPU of the agent per poll of a device</title><rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid,
    goal,
    `<path d="${path.join('')}" fill="none" stroke="#136" stroke-width="1.5"/>`,
    ...dots,
    label(
      (LEFT + RIGHT) / 2,
      HEIGHT - 6,
      'middle',
      'devices, and how often each is polled (781 values); us of CPU per poll, red: 250',
    ),
    '</svg>',
    '',
  ].join('\n');
}

const input = await text(process.stdin);
process.stdout.write(
  plot(
    input
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Point),
  ),
);
