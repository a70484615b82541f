import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FARM_SOURCE, farmIsHere } from './farm.ts';
import { type Blow, runSoak } from './soak.ts';

// npm run soak [-- --minutes 30 --devices 100 --interval 10 --kill]: the long run; prints one JSON line, exit 1 when anything was wrong.
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    devices: { type: 'string', default: '100' },
    interval: { type: 'string', default: '10' },
    /** Kill the collector three times and the agent twice on the way. */
    kill: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

const KILLS: readonly Blow[] = [
  { at: 0.2, who: 'collector', downMs: 20_000 },
  { at: 0.35, who: 'agent', downMs: 5_000 },
  { at: 0.5, who: 'collector', downMs: 60_000 },
  { at: 0.65, who: 'agent', downMs: 5_000 },
  { at: 0.8, who: 'collector', downMs: 5_000 },
];

if (!farmIsHere) {
  process.stderr.write(`the simulated devices are not here: ${FARM_SOURCE}\n`);
  process.exit(1);
}
const dir = mkdtempSync(join(tmpdir(), 'bellwether-soak-'));
const minutes = Number(values.minutes);
const report = await runSoak({
  dir,
  devices: Number(values.devices),
  intervalMs: Number(values.interval) * 1000,
  durationMs: minutes * 60_000,
  warmUpMs: Math.min(5, minutes / 6) * 60_000,
  blows: values.kill ? KILLS : [],
  say: (text) => void process.stderr.write(`${text}\n`),
});
process.stdout.write(`${JSON.stringify(report)}\n`);
// Growth of a process that was killed says nothing.
const grown = !values.kill && Math.max(report.rssGrowthPercent.agent, report.rssGrowthPercent.collector) >= 5;
if (report.faults.length > 0 || grown) process.exitCode = 1;
else if (!values.keep) rmSync(dir, { recursive: true });
