import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextBuffer } from '../../../agent/normalise/ports/text-buffer.ts';
import { KeptLines, PollLine } from '../../../agent/poll/kept-lines.ts';
import { parseLines } from '../../../core/line-protocol.ts';
import { encodeLines } from '../../../core/line-protocol-encode.ts';
import type { FieldValue, Sample } from '../../../core/sample.ts';

const time = fc.integer({ min: 0, max: 4e12 });
const text = fc.string({ minLength: 1, maxLength: 12 });
const tags = fc.dictionary(text, text, { minKeys: 1, maxKeys: 4, noNullPrototype: true });

function written(write: (out: TextBuffer) => void): string {
  const out = new TextBuffer();
  write(out);
  return out.written.toString();
}

describe('kept lines', () => {
  it('are what encodeLines writes, whatever was kept before', () => {
    const fields = fc.constantFrom<Record<string, FieldValue>>(
      { state: 'up', down: 0n },
      { state: 'a "name" of a state', down: 1n, share: 0.25 },
    );
    fc.assert(
      fc.property(fc.array(fc.record({ tags, fields, time }), { minLength: 1, maxLength: 8 }), (samples) => {
        const kept = new KeptLines();
        for (const sample of [...samples, ...samples].map((s): Sample => ({ measurement: 'device', ...s })))
          expect(written((out) => kept.write(out, sample))).toBe(encodeLines([sample], 'ms'));
      }),
    );
  });

  it('of one device follow its measurement, its tags and its fields', () => {
    const kept = new KeptLines();
    const shared = { device: 'a' };
    const up = { state: 'up' };
    for (const [measurement, of, fields] of [
      ['device', shared, up],
      ['device', shared, { state: 'down' }],
      ['snmp', shared, up],
      ['device', { device: 'b' }, up],
      ['device', shared, up],
    ] as const) {
      const sample: Sample = { measurement, tags: of, fields, time: 1000 };
      expect(written((out) => kept.write(out, sample))).toBe(encodeLines([sample], 'ms'));
    }
  });
});

describe('the line of a poll', () => {
  it('says what encodeLines says of its fields', () => {
    const system = fc.constantFrom<Record<string, FieldValue>>(
      {},
      { uptime: 12.5 },
      { sysDescr: 'a switch, "so to say"', uptime: 3 },
      { sysServices: 72n },
    );
    const poll = fc.record({
      uptime: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      durationMs: fc.integer({ min: 0, max: 9e7 }).map((us) => us / 1000),
      time,
    });
    fc.assert(
      fc.property(fc.array(fc.record({ tags, system, poll }), { minLength: 1, maxLength: 6 }), (polls) => {
        const line = new PollLine();
        for (const one of [...polls, ...polls]) {
          const got = written((out) => line.write(out, one.tags, one.system, one.poll));
          const fields = {
            ...one.system,
            uptime: one.poll.uptime / 100,
            poll_duration_ms: one.poll.durationMs,
            poll_outcome: 'ok',
          };
          const sample: Sample = { measurement: 'snmp', tags: one.tags, fields, time: one.poll.time };
          expect(parse(got)).toEqual(parse(encodeLines([sample], 'ms')));
        }
      }),
    );
  });
});

function parse(line: string): unknown {
  return parseLines(line, { precision: 'ms', now: 0 });
}
