/** Numbers and times as people read them. Pure; the zone and language are the viewer's. */

const SI = ['', 'k', 'M', 'G', 'T'];

/** `94.2 Mbit/s`; three significant digits. */
export function formatBits(bitsPerSecond: number): string {
  let value = Math.max(0, bitsPerSecond);
  let unit = 0;
  while (value >= 999.5 && unit < SI.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${significant(value)} ${SI[unit]}bit/s`;
}

/** `4.2 ms`. */
export function formatMs(ms: number): string {
  return `${significant(ms)} ms`;
}

/** `12.5 %`, `0 %`, `100 %`. */
export function formatPercent(percent: number): string {
  return `${significant(percent)} %`;
}

function significant(value: number): string {
  if (value === 0) return '0';
  if (value < 0.05) return '<0.1';
  return value >= 100 ? value.toFixed(0) : String(Number(value.toFixed(1)));
}

const SPANS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** A length of time by its two largest units: `3 d 4 h`, `12 min`, `8 s`. Under ten minutes seconds matter, above they do not. */
export function formatSpan(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000)) * 1000;
  const parts: string[] = [];
  for (const [unit, size] of SPANS) {
    if (unit === 's' && ms >= 600_000) break;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

/** `just now`, `8 s ago`, `12 min ago`, `3 d ago`: one unit, for a column of ages. */
export function formatAge(ms: number): string {
  if (ms < 2_000) return 'just now';
  const [unit, size] = SPANS.find(([, s]) => ms >= s)!;
  return `${Math.floor(ms / size)} ${unit} ago`;
}

/** Time of day today, with the date otherwise. */
export function formatTime(time: number, now: number, zone?: string): string {
  const options = zone === undefined ? {} : { timeZone: zone };
  const day = new Intl.DateTimeFormat(undefined, { ...options, dateStyle: 'short' });
  const sameDay = day.format(time) === day.format(now);
  return new Intl.DateTimeFormat(undefined, {
    ...options,
    ...(sameDay ? {} : { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(time);
}

const FAR_MS = 180 * 86_400_000;

/** A day and its time, for what is days or months away: `Sat, Mar 21, 00:00`; with the year when the day alone might be last year's. */
export function formatDay(time: number, now: number, zone?: string): string {
  return new Intl.DateTimeFormat(undefined, {
    ...(zone === undefined ? {} : { timeZone: zone }),
    ...(Math.abs(time - now) > FAR_MS ? { year: 'numeric' } : {}),
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(time);
}
