import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteSpool } from '../../../agent/spool/sqlite-spool.ts';
import { BellwetherError } from '../../../core/errors.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  drain,
  noise,
  recordingLogger,
  spoolOptions,
  startedSpool,
  type TempDir,
  TIME,
  tempDir,
  textOf,
} from './fixture.ts';

let dir: TempDir;
let open: SqliteSpool[] = [];

beforeEach(() => {
  dir = tempDir();
});

afterEach(() => {
  for (const spool of open) spool.stop();
  open = [];
  dir.remove();
});

function begin(options: Parameters<typeof startedSpool>[1] = {}): SqliteSpool {
  const spool = startedSpool(dir, options);
  open.push(spool);
  return spool;
}

function diskBytes(): number {
  return readdirSync(dir.path).reduce((sum, name) => sum + statSync(join(dir.path, name)).size, 0);
}

describe('a record goes in and out', () => {
  it('keeps text, order, counts, and one zstd frame per record', () => {
    const spool = begin();
    spool.append('a v=1 1\n', { lines: 1, time: TIME });
    spool.append('b v=2 2\nc v=3 3\n', { lines: 2, time: TIME + 500 });
    const batch = spool.peek({ maxBytes: 1000 })!;
    expect(batch).toMatchObject({ records: 2, lines: 3, rawBytes: 24 });
    expect(textOf(batch)).toBe('a v=1 1\nb v=2 2\nc v=3 3\n');
  });

  it('hands the same batch out again until it is acknowledged', () => {
    const spool = begin();
    spool.append('a v=1 1\n', { lines: 1, time: TIME });
    expect(spool.peek({ maxBytes: 1 })).toEqual(spool.peek({ maxBytes: 1 }));
    spool.ack(spool.peek({ maxBytes: 1 })!);
    expect(spool.peek({ maxBytes: 1 })).toBeUndefined();
    expect(spool.stats()).toMatchObject({ records: 0, lines: 0, oldestTime: undefined, lastId: 1 });
  });

  it('cuts a batch by bytes and by records, but always gives at least one', () => {
    const spool = begin();
    for (let i = 0; i < 5; i++) spool.append(`m v=${i} 1\n`, { lines: 1, time: TIME });
    expect(spool.peek({ maxBytes: 1 })?.records).toBe(1);
    expect(spool.peek({ maxBytes: 16 })?.records).toBe(2);
    expect(spool.peek({ maxBytes: 17 })?.records).toBe(2);
    expect(spool.peek({ maxBytes: 1000, maxRecords: 3 })?.records).toBe(3);
    expect(textOf(spool.peek({ maxBytes: 1000, after: 3 })!)).toBe('m v=3 1\nm v=4 1\n');
    expect(textOf(spool.peek({ maxBytes: 1000, after: 1, upTo: 2 })!)).toBe('m v=1 1\n');
  });

  it('tells its listeners, until they leave', () => {
    const spool = begin();
    let told = 0;
    const leave = spool.onAppend(() => told++);
    spool.append('a v=1 1\n', { lines: 1, time: TIME });
    leave();
    spool.append('a v=1 2\n', { lines: 1, time: TIME });
    expect(told).toBe(1);
  });

  it('does nothing in its constructor, and start and stop may come twice', () => {
    const spool = new SqliteSpool(spoolOptions(dir));
    expect(readdirSync(dir.path)).toEqual([]);
    expect(() => spool.append('a v=1 1\n', { lines: 1, time: 1 })).toThrow(/not started/);
    spool.start();
    spool.start();
    spool.stop();
    spool.stop();
  });

  it('makes a file that only its owner can read', () => {
    begin();
    expect(statSync(join(dir.path, 'spool.db')).mode & 0o077).toBe(0);
  });
});

describe('a restart', () => {
  it('finds records, totals and ids again', () => {
    const first = begin();
    for (let i = 1; i <= 3; i++) first.append(`m v=${i} ${i}\n`, { lines: 1, time: Date.UTC(2026, 9, 5, 10, i) });
    first.ack(first.peek({ maxBytes: 1 })!);
    first.stop();
    const second = begin();
    expect(second.stats()).toMatchObject({ records: 2, lines: 2, lastId: 3, oldestTime: Date.UTC(2026, 9, 5, 10, 2) });
    expect(drain(second)).toBe('m v=2 2\nm v=3 3\n');
  });

  it('behaves as a plain queue under any mix of calls and restarts', () => {
    const action = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant('append' as const), lines: fc.integer({ min: 1, max: 40 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('take' as const), maxBytes: fc.integer({ min: 1, max: 600 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const own = tempDir();
        let spool = startedSpool(own);
        try {
          const model: string[] = [];
          let n = 0;
          for (const step of actions) {
            if (step.do === 'append') {
              const text = Array.from({ length: step.lines }, () => `m v=${n++}i\n`).join('');
              spool.append(text, { lines: step.lines, time: TIME });
              model.push(text);
            } else if (step.do === 'take') {
              const batch = spool.peek({ maxBytes: step.maxBytes });
              if (!batch) expect(model).toEqual([]);
              else {
                expect(textOf(batch)).toBe(model.splice(0, batch.records).join(''));
                spool.ack(batch);
              }
            } else {
              spool.stop();
              spool = startedSpool(own);
            }
            const lines = model.join('').split('\n').length - 1;
            expect(spool.stats()).toMatchObject({ records: model.length, lines });
          }
          expect(drain(spool)).toBe(model.join(''));
        } finally {
          spool.stop();
          own.remove();
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('the bounds', () => {
  it('keeps file and log within max_bytes under a flood, drops the oldest, counts each line, logs once', async () => {
    const metrics = new SelfMetrics();
    const { log, messages } = recordingLogger();
    const maxBytes = 2 * 1024 ** 2;
    const spool = begin({ maxBytes, metrics, log });
    let peak = 0;
    for (let i = 0; i < 600; i++) {
      spool.append(noise(9_000, 10, i), { lines: 10, time: TIME });
      peak = Math.max(peak, diskBytes());
    }
    expect(peak).toBeLessThanOrEqual(maxBytes);
    const { records, lines, dropped, bytes } = spool.stats();
    expect(records).toBeGreaterThan(100);
    expect(lines + dropped.full).toBe(6000);
    expect(bytes).toBeGreaterThan(maxBytes / 2);
    expect(messages().filter((m) => m.includes('full'))).toHaveLength(1);
    expect(await metrics.text()).toContain(`bellwether_agent_spool_dropped_lines_total{reason="full"} ${dropped.full}`);
    const kept = drain(spool);
    expect(kept).toContain('n=599 ');
    expect(kept).not.toContain('n=0 ');
    expect(kept.split('\n').length - 1).toBe(lines);
  });

  it('drops metrics before any event', () => {
    const spool = begin({ maxBytes: 1024 ** 2 });
    spool.append('event v=1 1\n', { lines: 1, time: TIME, class: 'event' });
    for (let i = 0; i < 400; i++) spool.append(noise(9_000, 1, i), { lines: 1, time: TIME });
    expect(spool.stats().dropped.full).toBeGreaterThan(100);
    expect(drain(spool)).toContain('event v=1 1');
  });

  it('drops old events too when there is nothing else', () => {
    const spool = begin({ maxBytes: 1024 ** 2 });
    for (let i = 0; i < 400; i++) spool.append(noise(9_000, 1, i), { lines: 1, time: TIME, class: 'event' });
    expect(spool.stats().dropped.full).toBeGreaterThan(100);
    expect(drain(spool)).toContain('n=399 ');
  });

  it('refuses a record larger than the whole spool, and keeps the others', () => {
    const spool = begin({ maxBytes: 1024 ** 2 });
    spool.append('a v=1 1\n', { lines: 1, time: TIME });
    expect(() => spool.append(noise(4_000_000, 7, 1), { lines: 7, time: TIME })).toThrow(/more than/);
    expect(spool.stats()).toMatchObject({ records: 1, dropped: { full: 7 } });
  });

  it('drops by age, also behind a record from a clock that ran ahead', async () => {
    const clock = new FakeClock();
    const spool = begin({ clock, maxAgeMs: 3_600_000 });
    spool.append('future v=1\n', { lines: 1, time: clock.now() + 365 * 86_400_000 });
    for (let i = 0; i < 600; i++) spool.append('old v=1\nold v=2\n', { lines: 2, time: clock.now() });
    await clock.advance(3_700_000);
    spool.append('new v=1\n', { lines: 1, time: clock.now() });
    expect(spool.stats().dropped.age).toBe(1200);
    expect(drain(spool)).toBe('future v=1\nnew v=1\n');
  });

  it('says once that dropping began, and once that it is over, with the total', async () => {
    const clock = new FakeClock();
    const { log, entries } = recordingLogger();
    const spool = begin({ clock, log, maxAgeMs: 60_000 });
    for (let i = 0; i < 5; i++) {
      spool.append('old v=1\n', { lines: 1, time: clock.now() - 100_000 });
      await clock.advance(61_000);
    }
    expect(spool.peek({ maxBytes: 1 })).toBeUndefined();
    expect(spool.peek({ maxBytes: 1 })).toBeUndefined();
    await clock.advance(700_000);
    expect(spool.peek({ maxBytes: 1 })).toBeUndefined();
    expect(entries.filter((e) => String(e.msg).includes('past their age'))).toHaveLength(1);
    expect(entries.filter((e) => String(e.msg).includes('stopped dropping'))).toMatchObject([{ lines: 5 }]);
  });

  it('stops growing when the disk is nearly full, but for its log, and keeps the newest', async () => {
    const clock = new FakeClock();
    let free = 1024 ** 3;
    const spool = begin({ clock, freeDiskBytes: () => free });
    const flood = (from: number, to: number): void => {
      for (let i = from; i < to; i++) spool.append(noise(9_000, 1, i), { lines: 1, time: TIME });
    };
    flood(0, 1_500);
    const { bytes, dropped } = spool.stats();
    expect(dropped.full).toBe(0);
    free = 0;
    await clock.advance(2_000);
    flood(1_500, 3_000);
    const low = spool.stats();
    expect(low.bytes).toBeLessThanOrEqual(bytes + 4 * 1024 ** 2);
    expect(low.dropped.full).toBeGreaterThan(600);
    free = 1024 ** 3;
    await clock.advance(2_000);
    flood(3_000, 3_500);
    expect(spool.stats().dropped.full).toBe(low.dropped.full);
    const kept = drain(spool);
    expect(kept).toContain('n=3499 ');
    expect(kept.split('\n').length - 1).toBe(3_500 - low.dropped.full);
    expect(kept.startsWith(`m,n=${low.dropped.full} `)).toBe(true);
  });

  it('gives the space back once a backlog is delivered', () => {
    const spool = begin();
    for (let i = 0; i < 2_000; i++) spool.append(noise(15_000, 1, i), { lines: 1, time: TIME });
    const full = diskBytes();
    expect(full).toBeGreaterThan(16 * 1024 ** 2);
    drain(spool);
    spool.append('a v=1 1\n', { lines: 1, time: TIME });
    spool.stop();
    expect(diskBytes()).toBeLessThan(2 * 1024 ** 2);
    expect(drain(begin())).toBe('a v=1 1\n');
  });
});

describe('trouble with the file', () => {
  it('lets only one process use a spool', () => {
    begin();
    const script = `import { SqliteSpool } from ${JSON.stringify(join(import.meta.dirname, '../../../agent/spool/sqlite-spool.ts'))};
      import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../../runtime/clock.ts'))};
      import { SelfMetrics } from ${JSON.stringify(join(import.meta.dirname, '../../../runtime/self-metrics.ts'))};
      import { createLogger } from ${JSON.stringify(join(import.meta.dirname, '../../../runtime/logger.ts'))};
      const spool = new SqliteSpool({ path: process.argv[1], maxBytes: 1e7, maxAgeMs: 1e9, clock: systemClock, log: createLogger('x', 'silent'), metrics: new SelfMetrics() });
      try { spool.start(); console.log('started'); } catch (error) { console.log(error.code, error.message); }`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script, join(dir.path, 'spool.db')], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(out).toMatch(/^BW_SPOOL .*in use by another process/);
  });

  it('refuses a second spool in the same process too', () => {
    begin();
    expect(() => startedSpool(dir)).toThrow(/in use by another process/);
  });

  it('does not touch another SQLite database', () => {
    const path = join(dir.path, 'spool.db');
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE precious (x)');
    other.close();
    expect(() => startedSpool(dir)).toThrow(/another SQLite database/);
    const again = new DatabaseSync(path);
    expect(again.prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 1 });
    again.close();
  });

  it('names a folder that cannot be used', () => {
    writeFileSync(join(dir.path, 'file'), '');
    const spool = new SqliteSpool({ ...spoolOptions(dir), path: join(dir.path, 'file', 'spool.db') });
    expect(() => spool.start()).toThrow(BellwetherError);
    expect(() => spool.start()).toThrow(/cannot open the spool .*file/);
  });

  it('sets a file that is no database aside at start, and says where', () => {
    const path = join(dir.path, 'spool.db');
    writeFileSync(path, 'this is not a database, but it may be worth a look\n'.repeat(200));
    const { log, entries } = recordingLogger();
    const spool = begin({ log });
    const aside = entries.find((e) => String(e.msg).includes('set aside'))?.setAside as string;
    expect(readFileSync(aside, 'utf8')).toContain('worth a look');
    spool.append('a v=1 1\n', { lines: 1, time: TIME });
    expect(drain(spool)).toBe('a v=1 1\n');
  });

  it('sets a file damaged while running aside, counts what it held, and goes on with ids that grow', () => {
    const path = join(dir.path, 'spool.db');
    const first = begin();
    for (let i = 0; i < 1_000; i++) first.append(noise(5_000, 2, i), { lines: 2, time: TIME });
    first.stop();
    const { log, messages } = recordingLogger();
    const spool = begin({ log });
    // A page in the middle of the tree turns to rubbish under the running process; there are more of them than its page cache holds.
    const bytes = readFileSync(path);
    for (let page = 2; page < bytes.length / 4096; page++) bytes.fill(0xa5, page * 4096, page * 4096 + 64);
    writeFileSync(path, bytes);
    drain(spool);
    expect(spool.stats().dropped.corrupt).toBeGreaterThan(0);
    expect(messages().some((m) => m.includes('damaged'))).toBe(true);
    expect(readdirSync(dir.path).filter((n) => n.includes('.corrupt-'))).not.toEqual([]);
    spool.append('a v=1 1\n', { lines: 1, time: TIME });
    expect(spool.stats()).toMatchObject({ records: 1, lastId: 1001 });
  });

  it('survives a disk that refuses writes: counts, logs once, goes on when it can', () => {
    // A limit on the size of files stands in for the full disk: the kernel refuses the write in both cases.
    const child = spawnSync(
      'bash',
      [
        '-c',
        `trap '' XFSZ; ulimit -S -f 400; exec "$0" "$@"`,
        process.execPath,
        join(import.meta.dirname, 'full-disk-child.ts'),
        join(dir.path, 'spool.db'),
      ],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect(child.stderr).toBe('');
    const result = JSON.parse(child.stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ logged: 1, readable: true, codes: ['BW_SPOOL'], recovered: true });
    expect(result.errors).toBeGreaterThan(1);
    expect(result.droppedLines).toBe(result.errors);
    expect(result.stored).toBe(result.delivered);
    expect(existsSync(join(dir.path, 'spool.db'))).toBe(true);
  });
});
