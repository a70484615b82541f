import type { VNode } from 'preact';
import { formatAge, formatDay, formatTime } from './format.ts';
import { html } from './html.ts';

/** A time of day in the viewer's zone; the exact instant is its title. */
export function At({ time, now }: { time: number; now: number }): VNode {
  const iso = new Date(time).toISOString();
  return html`<time datetime=${iso} title=${iso}>${formatTime(time, now)}</time>`;
}

/** How long ago; the exact instant is its title. */
export function Age({ time, now }: { time: number; now: number }): VNode {
  const iso = new Date(time).toISOString();
  return html`<time datetime=${iso} title=${iso}>${formatAge(now - time)}</time>`;
}

/** A day and its time where agreements count, at the school; said so where the viewer's clock shows another. */
export function SchoolTime({ time, now, tz }: { time: number; now: number; tz: string }): VNode {
  const iso = new Date(time).toISOString();
  const there = formatDay(time, now, tz);
  return html`<time datetime=${iso} title=${iso}>${there}</time>${there !== formatDay(time, now) && html`<span class="muted"> (school time)</span>`}`;
}
