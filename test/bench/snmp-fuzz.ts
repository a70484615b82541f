/**
 * Feeds changed answers of recorded devices to everything that reads an answer: `node test/bench/snmp-fuzz.ts [--runs 1000000] [--seed 1]`.
 * Prints one JSON object; ends with 1, and the answer in hexadecimal, at the first that does more than being refused (an exception, a second of time).
 */
import { parseArgs } from 'node:util';
import { eachRecording } from '../support/corpus.ts';
import { mutated } from '../support/mutate.ts';
import { pick, random } from '../support/random.ts';
import { Reader, seedsOf } from '../support/snmp-fuzz.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const seeds: Buffer[] = [];
await eachRecording(async (_name, device) => void seeds.push(...seedsOf(device)));
const chance = random(Number(values.seed));
const reader = new Reader();
const runs = Number(values.runs);
let longestMs = 0;
let heapAtTenth = 0;
const started = performance.now();
for (let k = 0; k < runs; k++) {
  const bytes = mutated(pick(chance, seeds), chance);
  const from = performance.now();
  try {
    reader.read(bytes);
  } catch (error) {
    process.stdout.write(
      `${JSON.stringify({ run: k, error: String(error), bytes: Buffer.from(bytes).toString('hex') })}\n`,
    );
    process.exit(1);
  }
  longestMs = Math.max(longestMs, performance.now() - from);
  if (longestMs > 1000) {
    process.stdout.write(`${JSON.stringify({ run: k, ms: longestMs, bytes: Buffer.from(bytes).toString('hex') })}\n`);
    process.exit(1);
  }
  if (k === Math.floor(runs / 10)) heapAtTenth = process.memoryUsage().rss;
}
process.stdout.write(
  `${JSON.stringify({
    runs,
    seeds: seeds.length,
    failures: 0,
    longest_ms: Math.round(longestMs * 10) / 10,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    rss_growth_mb: Math.round((process.memoryUsage().rss - heapAtTenth) / 1e5) / 10,
  })}\n`,
);
