import type { Problem } from '../runtime/config-error.ts';
import type { Settings } from './settings.ts';

/** What the reading process says, once. */
export type SettingsMessage =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }
  /** Anything else that was thrown: its stack, or its message. */
  | { readonly kind: 'failed'; readonly reason: string };
