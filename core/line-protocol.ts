import type { Sample } from './sample.ts';

export type Precision = 'ns' | 'us' | 'ms' | 's';

/** A line that could not be read: its number (from 1) and why. */
export interface LineError {
  readonly line: number;
  readonly message: string;
}

export interface ParsedLines {
  readonly samples: Sample[];
  readonly errors: LineError[];
}

/** Writes samples as InfluxDB line protocol, one line each, timestamps in `precision`. */
export function encodeLines(samples: readonly Sample[], precision: Precision): string {
  throw new Error(`not yet: ${samples.length} ${precision}`);
}

/**
 * Reads line protocol. Good lines become samples (ms), bad ones errors; nothing throws. A line without timestamp gets `now`.
 */
export function parseLines(
  body: string,
  options: { readonly precision: Precision; readonly now: number },
): ParsedLines {
  throw new Error(`not yet: ${body.length} ${options.now}`);
}
