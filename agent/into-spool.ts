import { encodeLines } from '../core/line-protocol-encode.ts';
import type { Sample } from '../core/sample.ts';
import type { Spool } from './spool/spool.ts';

/** Puts samples into the spool as one record; false when they are lost. Events outlast metrics there: each is told once, where a counter is read again. */
export function intoSpool(spool: Pick<Spool, 'append'>): (samples: readonly Sample[]) => boolean {
  return (samples) => {
    const text = encodeLines(samples, 'ms');
    if (text === '') return true;
    try {
      spool.append(text, {
        lines: samples.length,
        time: samples.reduce((newest, s) => Math.max(newest, s.time), 0),
        class: samples.some(({ measurement }) => measurement === 'event') ? 'event' : 'metric',
      });
      return true;
    } catch {
      // The spool has counted and logged it; polling goes on.
      return false;
    }
  };
}
