import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../runtime/clock.ts';
import { drain, startedSpool, type TempDir, tempDir } from './fixture.ts';

const ROUNDS = 24;

let dir: TempDir;

beforeEach(() => {
  dir = tempDir();
});

afterEach(() => dir.remove());

/** Runs the child until it has said `lines` lines, kills it with SIGKILL, and returns all it said. */
async function runAndKill(path: string, from: number, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-child.ts'), path, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    for (const c of text) if (c === '\n') seen++;
    if (seen >= lines) child.kill('SIGKILL');
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return out.split('\n').filter((line) => line !== '');
}

it(`keeps every append that returned, once, over ${ROUNDS} kills at any moment`, { timeout: 60_000 }, async () => {
  const path = join(dir.path, 'spool.db');
  const appended = new Set<number>();
  const acked = new Set<number>();
  /** Acknowledged in a call that was cut off: may be there or not. */
  const maybeAcked = new Set<number>();
  let from = 0;
  for (let round = 0; round < ROUNDS; round++) {
    // The count moves the kill to another place of the loop each time; the pipe's delay does the rest.
    for (const line of await runAndKill(path, from, 3 + ((round * 17) % 41))) {
      const n = Number(line.slice(1));
      if (line.startsWith('+')) appended.add(n);
      else if (line.startsWith('?')) maybeAcked.add(n);
      else acked.add(n);
    }
    // The append under way at the kill may be stored though it never returned; its number is not used again.
    from = Math.max(-1, ...appended) + 2;
  }
  for (const n of acked) maybeAcked.delete(n);

  const spool = startedSpool(dir, { clock: systemClock });
  const counts = new Map<number, number>();
  for (const [, n] of drain(spool).matchAll(/v=(\d+)i/g)) counts.set(Number(n), (counts.get(Number(n)) ?? 0) + 1);
  spool.stop();
  expect(appended.size).toBeGreaterThan(ROUNDS);
  for (const n of appended) {
    if (maybeAcked.has(n)) continue;
    expect([n, counts.get(n) ?? 0]).toEqual([n, acked.has(n) ? 0 : 1 + (n % 50)]);
  }
  for (const [n, count] of counts) expect([n, count]).toEqual([n, 1 + (n % 50)]);
});
