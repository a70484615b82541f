import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type { Spool, SpoolBatch } from '../../../agent/spool/spool.ts';
import { type SpoolOptions, SqliteSpool } from '../../../agent/spool/sqlite-spool.ts';
import { createLogger, type Logger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';

export interface TempDir {
  readonly path: string;
  remove(): void;
}

export function tempDir(): TempDir {
  const path = mkdtempSync(join(tmpdir(), 'bellwether-spool-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A logger whose lines can be looked at. */
export function recordingLogger(): { log: Logger; messages: () => string[]; entries: Record<string, unknown>[] } {
  const entries: Record<string, unknown>[] = [];
  const log = createLogger('test', 'debug', { write: (line: string) => void entries.push(JSON.parse(line)) });
  return { log, entries, messages: () => entries.map((e) => String(e.msg)) };
}

export function spoolOptions(dir: TempDir, options: Partial<SpoolOptions> = {}): SpoolOptions {
  return {
    path: join(dir.path, 'spool.db'),
    maxBytes: 64 * 1024 ** 2,
    maxAgeMs: 72 * 3_600_000,
    clock: new FakeClock(),
    log: createLogger('test', 'silent'),
    metrics: new SelfMetrics(),
    ...options,
  };
}

export function startedSpool(dir: TempDir, options: Partial<SpoolOptions> = {}): SqliteSpool {
  const spool = new SqliteSpool(spoolOptions(dir, options));
  spool.start();
  return spool;
}

/** Ten o'clock of the fake clock's day: within any age bound used here. */
export const TIME = Date.UTC(2026, 9, 5, 10);

export function textOf(batch: SpoolBatch): string {
  return batch.frames.map((frame) => zstdDecompressSync(frame).toString('utf8')).join('');
}

/** Takes everything out, in batches of `maxBytes`; returns the text in order. */
export function drain(spool: Spool, maxBytes = 1024 ** 2): string {
  let text = '';
  for (let batch = spool.peek({ maxBytes }); batch; batch = spool.peek({ maxBytes })) {
    text += textOf(batch);
    spool.ack(batch);
  }
  return text;
}

/** `bytes` of line protocol that hardly compresses, `lines` lines. */
export function noise(bytes: number, lines: number, seed: number): string {
  let state = seed * 2_654_435_761 + 1;
  const next = (): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state.toString(36);
  };
  const out: string[] = [];
  for (let i = 0; i < lines; i++) {
    let line = `m,n=${seed} v="`;
    while (line.length < bytes / lines - 4) line += next();
    out.push(`${line}"`);
  }
  return `${out.join('\n')}\n`;
}
