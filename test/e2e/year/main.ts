import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { simulateYear } from './year.ts';

// npm run year [-- --schools 60 --days 334 --seed 1]: a school year of a district at speed; prints one JSON line, exit 1 when anything was wrong.
const { values } = parseArgs({
  options: {
    schools: { type: 'string', default: '60' },
    days: { type: 'string', default: '334' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});

const dir = mkdtempSync(join(tmpdir(), 'bellwether-year-'));
const report = await simulateYear({
  dir,
  schools: Number(values.schools),
  days: Number(values.days),
  seed: Number(values.seed),
  say: (text) => void process.stderr.write(`${text}\n`),
});
const { faults, ...figures } = report;
process.stdout.write(`${JSON.stringify({ ...figures, faults: faults.length, first: faults.slice(0, 20) })}\n`);
if (faults.length > 0 || report.heapGrowthPercent >= 5) process.exitCode = 1;
else if (!values.keep) rmSync(dir, { recursive: true });
