import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { simulateYear } from './year.ts';

// The short form of `npm run year`: each shipped way of sharing the work once, for three days.
const dir = mkdtempSync(join(tmpdir(), 'bellwether-days-'));
afterAll(() => rmSync(dir, { recursive: true }));

it('in three days of nine schools every alert has an owner, and nobody is told who should not be', async () => {
  const report = await simulateYear({ dir, schools: 9, days: 3, seed: 7, say: () => {} });
  expect(report.faults).toEqual([]);
  expect(report).toMatchObject({ schools: 9, devices: 450, broken: 9 });
  for (const type of ['opened', 'suppressed', 'unsuppressed', 'notified', 'acked', 'resolved'])
    expect(report.events[type], type).toBeGreaterThan(0);
  expect(report.pages).toBeGreaterThan(report.broken / 2);
}, 120_000);
