import type { VNode } from 'preact';
import { formatAge, formatTime } from './format.ts';
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
