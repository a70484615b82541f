import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRefusal, type SendLines, writeLines } from '../../../collector/storage/influx-write.ts';
import { sample } from '../../contract/metric-store.ts';

const batchOf = (n: number) => Array.from({ length: n }, (_, v) => sample('m', 1000 + v, { v }));

/** A server that refuses the given points the way InfluxDB does: all others of the request are stored. */
function server(refused: ReadonlySet<number>) {
  const stored = new Set<number>();
  let requests = 0;
  const send: SendLines = async (body) => {
    requests++;
    const sent = body
      .trimEnd()
      .split('\n')
      .map((line) => Number(line.split(' ').at(-1)) - 1000);
    const bad = sent.filter((n) => refused.has(n));
    for (const n of sent) if (!refused.has(n)) stored.add(n);
    if (bad.length === 0) return { kind: 'stored' };
    return readRefusal(JSON.stringify({ error: `partial write: field type conflict: ... dropped=${bad.length}` }));
  };
  return { send, stored, requests: () => requests };
}

describe('finding out what a server refused', () => {
  it('names the refused points and no others, whichever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.uniqueArray(fc.nat(59), { maxLength: 6 }),
        async (n, bad) => {
          const refused = new Set(bad.filter((i) => i < n));
          const { send, stored } = server(refused);
          const result = await writeLines(batchOf(n), send);
          expect(result.rejected.map((r) => r.index)).toEqual([...refused].sort((a, b) => a - b));
          expect(result.written).toBe(n - refused.size);
          expect(stored.size).toBe(n - refused.size);
        },
      ),
    );
  });

  it('asks once when nothing or everything was refused', async () => {
    const all = server(new Set(Array.from({ length: 500 }, (_, i) => i)));
    expect((await writeLines(batchOf(500), all.send)).rejected).toHaveLength(500);
    expect(all.requests()).toBe(1);
    const none = server(new Set());
    expect(await writeLines(batchOf(500), none.send)).toEqual({ written: 500, rejected: [] });
    expect(none.requests()).toBe(1);
  });

  it('stops asking after 64 requests and counts the rest without naming it', async () => {
    const refused = new Set(Array.from({ length: 500 }, (_, i) => i * 2));
    const { send, stored, requests } = server(refused);
    const result = await writeLines(batchOf(1000), send);
    expect(requests()).toBeLessThanOrEqual(64);
    expect(result.rejected).toHaveLength(500);
    expect(result.rejected.some((r) => r.index === -1)).toBe(true);
    expect(result.written).toBe(500);
    expect(stored.size).toBe(500);
  });

  it('passes on that the server is unavailable', async () => {
    const send = () => Promise.reject(new Error('gone'));
    await expect(writeLines(batchOf(2), send)).rejects.toThrow('gone');
  });

  it.each([
    ['{"error":"partial write: field type conflict: x dropped=3"}', 'field type conflict: x', 3],
    [
      '{"code":"unprocessable entity","message":"points beyond retention dropped=1 for database: d"}',
      'points beyond retention',
      1,
    ],
    [
      `{"error":"unable to parse 'm v=': missing field value"}`,
      "unable to parse 'm v=': missing field value",
      undefined,
    ],
    ['<html>Request Entity Too Large</html>', '<html>Request Entity Too Large</html>', undefined],
    ['null', 'null', undefined],
  ])('reads %s', (body, reason, dropped) => {
    expect(readRefusal(body)).toEqual({ kind: 'refused', reason, dropped });
  });
});
