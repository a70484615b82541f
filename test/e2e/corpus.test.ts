import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/source-files.ts';

const SCORE = resolve(ROOT, '../shared/corpus/score.mjs');

/** Fields that no figure is promised for. */
const BESIDES = new Set(['state', 'utilization']);
/** Sections that fewer than 25 of the recordings speak of: one number for all of them. */
const SMALL = new Set(['humidity', 'charge', 'aps', 'poe']);

interface Score {
  readonly headline: number;
  readonly sections: Readonly<Record<string, number>>;
  readonly silent: number;
  readonly recordings: number;
}

describe.skipIf(!existsSync(SCORE))('what a probe finds on recorded devices (needs ../shared/corpus)', () => {
  let score: Score;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bellwether-corpus-'));
    try {
      const out = join(folder, 'score.json');
      await promisify(execFile)(process.execPath, [SCORE, '--json', out], { cwd: ROOT, maxBuffer: 1 << 26 });
      score = JSON.parse(readFileSync(out, 'utf8')) as Score;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 240_000);

  it('every device gives an answer', () => {
    expect(score.recordings).toBeGreaterThan(500);
    expect(score.silent).toBe(0);
  });

  it('97 % of the expected facts are found', () => {
    expect(score.headline).toBeGreaterThanOrEqual(0.97);
  });

  it('no section is below 92 %', () => {
    const sections = Object.entries(score.sections).filter(([name]) => !BESIDES.has(name));
    const small = sections.filter(([name]) => SMALL.has(name)).map(([, value]) => value);
    expect(small.reduce((a, b) => a + b, 0) / small.length).toBeGreaterThanOrEqual(0.92);
    expect(sections.filter(([name, value]) => !SMALL.has(name) && value < 0.92)).toEqual([]);
  });
});
