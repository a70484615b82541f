import type { VNode } from 'preact';
import { html } from './html.ts';

/** Shapes differ as well as colours: colour is never the only signal. 16 x 16, drawn in the current colour. */
const PATHS = {
  critical: 'M5 1h6l4 4v6l-4 4H5l-4-4V5zM7 4v5h2V4zm0 6.5v2h2v-2z',
  warning: 'M8 1l7.5 13.5H.5zM7 6v4h2V6zm0 5v2h2v-2z',
  info: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM7 7v5h2V7zm0-3v2h2V4z',
  ok: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM4.6 8.2L3.5 9.4l3 2.8 6-6.2-1.2-1.1-4.8 5z',
  up: 'M8 2l6 7h-4v5H6V9H2z',
  down: 'M8 14L2 7h4V2h4v5h4z',
  snmp_problem: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM8 3v10a5 5 0 0 0 0-10z',
  ping_problem: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM8 13V3a5 5 0 0 0 0 10z',
  unknown: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM8 2.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 8 2.8zM5 7h6v2H5z',
  sent: 'M6 13L1.5 8.5l1.4-1.4L6 10.2l7.1-7.1 1.4 1.4z',
  waiting:
    'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM8 2.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 8 2.8zM7.2 4.5h1.6v3.2l2.2 1.3-.8 1.4-3-1.8z',
  failed: 'M4 2.6L8 6.6l4-4L13.4 4l-4 4 4 4-1.4 1.4-4-4-4 4L2.6 12l4-4-4-4z',
  bell: 'M8 1a1.2 1.2 0 0 1 1.2 1.3A4.5 4.5 0 0 1 12.5 6.6c0 3.2.6 4 1.5 4.9v1H2v-1c.9-.9 1.5-1.7 1.5-4.9A4.5 4.5 0 0 1 6.8 2.3 1.2 1.2 0 0 1 8 1zM6.4 13.4h3.2a1.6 1.6 0 0 1-3.2 0z',
} as const;

export type IconName = keyof typeof PATHS;

/** Decorative: the word next to it says the same. */
export function Icon({ name }: { name: IconName }): VNode {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path fill-rule="evenodd" d=${PATHS[name]} /></svg>`;
}
