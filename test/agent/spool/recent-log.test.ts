import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ALIGN, type Entry, encodeHeader, entryBytes } from '../../../agent/spool/log-entry.ts';
import { RecentLog, readHalf } from '../../../agent/spool/recent-log.ts';
import type { SqliteSpool } from '../../../agent/spool/sqlite-spool.ts';
import { drain, noise, recordingLogger, startedSpool, type TempDir, TIME, tempDir, textOf } from './fixture.ts';

let dir: TempDir;

beforeEach(() => {
  dir = tempDir();
});

afterEach(() => dir.remove());

/** What another process finds when this one dies now. */
function afterKill(): string {
  const copy = tempDir();
  try {
    cpSync(dir.path, copy.path, { recursive: true });
    const spool = startedSpool(copy, { maxBytes: 1024 ** 2 });
    const text = drain(spool);
    spool.stop();
    return text;
  } finally {
    copy.remove();
  }
}

it('at any moment holds for the next process exactly what was appended and not acknowledged', {
  timeout: 60_000,
}, () => {
  const action = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('append' as const), bytes: fc.integer({ min: 40, max: 9_000 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('take' as const),
        // As the sender does after an outage: fresh ones before the backlog.
        skip: fc.integer({ min: 0, max: 12 }),
        maxBytes: fc.integer({ min: 1, max: 30_000 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  );
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 70 }), (actions) => {
      dir.remove();
      dir = tempDir();
      let spool: SqliteSpool = startedSpool(dir, { maxBytes: 1024 ** 2 });
      try {
        let model: { readonly id: number; readonly text: string }[] = [];
        for (const [n, step] of actions.entries()) {
          if (step.do === 'append') {
            const text = noise(step.bytes, 2, n);
            spool.append(text, { lines: 2, time: TIME, class: n % 5 === 0 ? 'event' : 'metric' });
            model.push({ id: spool.stats().lastId, text });
          } else if (step.do === 'take') {
            const after = model[Math.min(step.skip, model.length) - 1]?.id ?? 0;
            const batch = spool.peek({ maxBytes: step.maxBytes, after });
            const taken = model.filter(({ id }) => id > after && id <= (batch?.lastId ?? 0));
            if (batch) {
              expect(textOf(batch)).toBe(taken.map(({ text }) => text).join(''));
              expect(batch.records).toBe(taken.length);
              spool.ack(batch);
            } else expect(model.filter(({ id }) => id > after)).toEqual([]);
            model = model.filter((one) => !taken.includes(one));
          } else if (step.do === 'restart') {
            spool.stop();
            expect(readdirSync(dir.path).filter((name) => name.includes('-log'))).toEqual([]);
            spool = startedSpool(dir, { maxBytes: 1024 ** 2 });
          } else expect(afterKill()).toBe(model.map(({ text }) => text).join(''));
          expect(spool.stats()).toMatchObject({ records: model.length, lines: model.length * 2 });
        }
        expect(afterKill()).toBe(model.map(({ text }) => text).join(''));
      } finally {
        spool.stop();
      }
    }),
    { numRuns: 40 },
  );
});

it('leaves the database alone while the collector takes what comes', () => {
  const spool = startedSpool(dir);
  const sizes = (): number[] => ['spool.db', 'spool.db-wal'].map((name) => statSync(join(dir.path, name)).mtimeMs);
  const before = sizes();
  for (let n = 0; n < 3_000; n++) {
    spool.append(noise(9_000, 3, n), { lines: 3, time: TIME });
    if (n % 20 === 19) spool.ack(spool.peek({ maxBytes: 1024 ** 2 })!);
  }
  expect(sizes()).toEqual(before);
  const logs = readdirSync(dir.path).filter((name) => name.includes('-log'));
  expect(logs).toHaveLength(2);
  for (const name of logs) {
    expect(statSync(join(dir.path, name)).size).toBeLessThanOrEqual(2 * 1024 ** 2);
    expect(statSync(join(dir.path, name)).mode & 0o077).toBe(0);
  }
  spool.stop();
});

it('keeps what can be read of a damaged log, counts the rest and puts a copy aside', () => {
  const spool = startedSpool(dir);
  for (let n = 0; n < 10; n++) spool.append(noise(9_000, 3, n), { lines: 3, time: TIME });
  const copy = tempDir();
  cpSync(dir.path, copy.path, { recursive: true });
  spool.stop();
  const path = join(copy.path, readdirSync(copy.path).find((name) => statSync(join(copy.path, name)).size > 30_000)!);
  const bytes = readFileSync(path);
  // In the frame of the third record.
  const first = entryBytes(bytes.readUInt32LE(ALIGN + 48));
  bytes[Math.round(ALIGN + first * 2.5)]! ^= 1;
  writeFileSync(path, bytes);
  const { log, entries } = recordingLogger();
  const again = startedSpool(copy, { log });
  expect(again.stats()).toMatchObject({ records: 9, lines: 27, lastId: 10, dropped: { corrupt: 3 } });
  expect(entries.some((e) => String(e.msg).includes('log of the spool was damaged'))).toBe(true);
  expect(readdirSync(copy.path).filter((name) => name.includes('-log') && name.includes('.corrupt-'))).toHaveLength(1);
  const text = drain(again);
  for (let n = 0; n < 10; n++) expect(text.includes(`n=${n} `)).toBe(n !== 2);
  again.stop();
  copy.remove();
});

it('takes the database where the disk refuses the log, in order, and says so once', () => {
  const { log, messages } = recordingLogger();
  const spool = startedSpool(dir, { log });
  const append = (n: number): void => spool.append(`m v=${n}i\n`, { lines: 1, time: TIME });
  for (let n = 0; n < 3; n++) append(n);
  const refusal = vi.spyOn(RecentLog.prototype, 'append').mockImplementation(() => {
    throw new Error('ENOSPC: no space left on device, write');
  });
  for (let n = 3; n < 6; n++) append(n);
  refusal.mockRestore();
  for (let n = 6; n < 9; n++) append(n);
  const all = Array.from({ length: 9 }, (_, n) => `m v=${n}i\n`).join('');
  expect(afterKill()).toBe(all);
  expect(spool.stats()).toMatchObject({ records: 9, lastId: 9, dropped: { disk: 0 } });
  expect(drain(spool)).toBe(all);
  expect(messages().filter((m) => m.includes('refuses records'))).toHaveLength(1);
  spool.stop();
});

describe('the entries of a file', () => {
  const record = (generation: number, id: number, bytes: number): Entry & { kind: 'record' } => ({
    kind: 'record',
    generation,
    id,
    class: id % 2 === 0 ? 'event' : 'metric',
    time: TIME + id,
    lines: id + 1,
    rawBytes: bytes * 9,
    frame: Buffer.alloc(bytes, `${id},`),
  });

  function put(file: Buffer, at: number, entry: Entry): number {
    encodeHeader(entry).copy(file, at);
    if (entry.kind !== 'record') return at + ALIGN;
    Buffer.from(entry.frame).copy(file, at + ALIGN);
    return at + entryBytes(entry.frame.length);
  }

  const sizes = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 12 });

  it('come out as they went in, up to where a write was cut off, over the leftovers of an earlier round', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.double({ min: 0, max: 1, noNaN: true }), (before, now, share) => {
        const file = Buffer.alloc(20_000);
        let at = put(file, 0, { kind: 'begin', generation: 6 });
        for (const [n, size] of before.entries()) at = put(file, at, record(6, n + 1, size));
        const old = Buffer.from(file);
        at = put(file, 0, { kind: 'begin', generation: 8 });
        const written = now.map((size, n) => record(8, n + 100, size));
        const ends = written.map((entry) => (at = put(file, at, entry)));
        const cut = Math.max(ALIGN, Math.round(at * share));
        old.copy(file, cut, cut);
        const { generation, records, damaged, lostLines, end } = readHalf(file);
        // Only padding may be missing of what counts as whole.
        const whole = written.filter(
          (_, n) => ends[n]! <= cut || file.subarray(0, ends[n]).equals(complete(old, written, n)),
        );
        expect({ generation, damaged, lostLines }).toEqual({ generation: 8, damaged: 0, lostLines: 0 });
        expect(records.map((one) => ({ ...one, frame: Buffer.from(one.frame) }))).toEqual(whole);
        expect(end).toBe(whole.length === 0 ? ALIGN : ends[whole.length - 1]);
      }),
    );
  });

  /** The file up to entry `n` had its write not been cut off. */
  function complete(old: Buffer, written: readonly Entry[], n: number): Buffer {
    const file = Buffer.from(old);
    let at = put(file, 0, { kind: 'begin', generation: 8 });
    for (const entry of written.slice(0, n + 1)) at = put(file, at, entry);
    return file.subarray(0, at);
  }

  it('are all found but for the ones that are damaged, whatever octet is changed', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 255 }),
        (all, share, bits) => {
          const file = Buffer.alloc(20_000);
          let at = put(file, 0, { kind: 'begin', generation: 3 });
          const written = all.map((size, n) => record(3, n + 1, size));
          for (const entry of written) at = put(file, at, entry);
          const place = Math.floor(at * share);
          file[place]! ^= bits;
          const { records } = readHalf(file);
          const lost = written.filter(({ id }) => !records.some((one) => one.id === id));
          expect(lost.length).toBeLessThanOrEqual(1);
          for (const one of records) expect(crc32(one.frame)).toBe(crc32(written[one.id - 1]!.frame));
        },
      ),
    );
  });

  it('of a file of anything else are none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
        expect(readHalf(Buffer.from(bytes))).toMatchObject({
          generation: 0,
          records: [],
          done: [],
          end: 0,
          damaged: 0,
        });
      }),
    );
  });
});
