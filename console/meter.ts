import type { VNode } from 'preact';
import { formatPercent } from './format.ts';
import { html } from './html.ts';

/** A bar with its number: the number is the value, the bar only its picture. */
export function Meter({ percent }: { percent: number }): VNode {
  const level = percent >= 90 ? 'high' : percent >= 70 ? 'mid' : 'low';
  return html`<span class="meter ${level}">
    <span class="meter-track" aria-hidden="true"><span style=${{ width: `${Math.min(100, percent)}%` }}></span></span>
    <span class="meter-value">${formatPercent(percent)}</span>
  </span>`;
}
