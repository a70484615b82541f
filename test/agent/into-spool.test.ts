import { expect, it } from 'vitest';
import { intoSpool } from '../../agent/into-spool.ts';
import type { RecordMeta, Spool } from '../../agent/spool/spool.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';

const sample = (measurement: string, time: number): Sample => ({
  measurement,
  tags: { device: 'sw1' },
  fields: { value: 1 },
  time,
});

function keeping(): { readonly spool: Pick<Spool, 'append'>; readonly kept: [string, RecordMeta][] } {
  const kept: [string, RecordMeta][] = [];
  return { kept, spool: { append: (text, meta) => void kept.push([String(text), meta]) } };
}

it('makes one record with the newest time, which outlasts others when it tells of an event', () => {
  const { spool, kept } = keeping();
  const emit = intoSpool(spool);
  expect(emit([sample('ping', 5), sample('ping', 9), sample('ping', 7)])).toBe(true);
  expect(emit([sample('event', 11)])).toBe(true);
  expect(kept).toEqual([
    [
      'ping,device=sw1 value=1 5\nping,device=sw1 value=1 9\nping,device=sw1 value=1 7\n',
      { lines: 3, time: 9, class: 'metric' },
    ],
    ['event,device=sw1 value=1 11\n', { lines: 1, time: 11, class: 'event' }],
  ]);
});

it('makes no record of nothing, and says when one was lost', () => {
  const { spool, kept } = keeping();
  expect(intoSpool(spool)([])).toBe(true);
  expect(kept).toEqual([]);
  const full: Pick<Spool, 'append'> = {
    append: () => {
      throw new BellwetherError('BW_SPOOL', 'cannot write the spool');
    },
  };
  expect(intoSpool(full)([sample('ping', 1)])).toBe(false);
});
