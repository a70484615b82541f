import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { farmIsHere } from './farm.ts';
import { runSoak } from './soak.ts';

// The long run is `npm run soak`; this is its short form for CI.
describe.skipIf(!farmIsHere)(
  'a hundred switches polled while collector and agent are killed (needs ../shared/bench)',
  () => {
    it('stores every poll once, with exact counters and rates', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'bw-soak-'));
      try {
        const report = await runSoak({
          dir,
          devices: 100,
          intervalMs: 10_000,
          durationMs: 110_000,
          warmUpMs: 60_000,
          blows: [
            { at: 0.25, who: 'collector', downMs: 3_000 },
            { at: 0.45, who: 'agent', downMs: 1_000 },
            { at: 0.55, who: 'collector', downMs: 8_000 },
            { at: 0.75, who: 'collector', downMs: 1_000 },
          ],
          say: () => {},
        });
        expect(report.faults).toEqual([]);
        expect(report.polls).toBeGreaterThan(100 * 7);
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    }, 180_000);
  },
);
