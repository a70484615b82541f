import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Evaluator } from '../../collector/alert/evaluator.ts';
import { BatchDecoder } from '../../collector/http/batch.ts';
import { SqliteStore } from '../../collector/storage/sqlite/store.ts';
import { parseLines } from '../../core/line-protocol.ts';
import type { Sample } from '../../core/sample.ts';
import { temporaryFolder } from '../support/server-process.ts';
import { storeParts } from '../support/store-parts.ts';
import { benchRules, bodyFile, type Fleet, MINUTE, START, schoolName } from './ingest-load.ts';

// One stage of the ingest benchmark in a process of its own: reads the bodies that test/bench/ingest.bench.ts wrote, prints the CPU it took.

/**
 * `parse_by_line`: each line by itself, no tenant (what ingest did before series were remembered). `parse_stamp`: what the collector does.
 * `parse_stamp_rules`: and 200 rules. `rules`: only those, on samples that are there. `store`: only the store's write.
 */
export type StageName = 'gunzip' | 'parse_by_line' | 'parse_stamp' | 'parse_stamp_rules' | 'store';

export interface StageTask {
  readonly stage: StageName;
  readonly folder: string;
  readonly fleet: Fleet;
  readonly minutes: number;
  /** Minutes that come first and are not measured: the series become known, the code hot. */
  readonly warmUp: number;
}

export interface StageResult {
  /** Of the minutes measured. */
  readonly lines: number;
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

interface Body {
  readonly school: number;
  readonly minute: number;
  readonly bytes: Buffer;
}

/** `prepare` is not measured; `run` says how many lines it took. */
interface Stage {
  prepare(body: Body): unknown;
  run(prepared: unknown): number | Promise<number>;
  stop?(): Promise<void>;
}

const UNIT = { precision: 'ns', scale: 1 } as const;
const task = JSON.parse(process.argv[2]!) as StageTask;

function decoding(): (body: Body) => readonly Sample[] {
  const decoder = new BatchDecoder();
  return ({ school, minute, bytes }) =>
    decoder.decode(bytes, { school: schoolName(school), site: 'main', unit: UNIT, now: arrival(minute) }).samples;
}

async function stageOf(name: StageName): Promise<Stage> {
  const prepare = (body: Body): Body => body;
  const decode = decoding();
  switch (name) {
    case 'gunzip':
      return { prepare: ({ bytes }) => gzipSync(bytes), run: (wire) => countLines(gunzipSync(wire as Buffer)) };
    case 'parse_by_line':
      return {
        prepare,
        run: (body) => parseLines((body as Body).bytes.toString(), { precision: 'ns', now: 0 }).samples.length,
      };
    case 'parse_stamp':
      return { prepare, run: (body) => decode(body as Body).length };
    case 'parse_stamp_rules': {
      const evaluator = new Evaluator({ rules: benchRules(), newId: randomUUID });
      return {
        prepare,
        run: (body) => {
          const samples = decode(body as Body);
          evaluator.evaluate(samples, arrival((body as Body).minute));
          return samples.length;
        },
      };
    }
    case 'store':
      return storing(decode);
  }
}

async function storing(decode: (body: Body) => readonly Sample[]): Promise<Stage> {
  const folder = await temporaryFolder('ingest-bench');
  const day = 86_400_000;
  const store = new SqliteStore({
    ...storeParts,
    file: join(folder, 'metrics.db'),
    retention: [400 * day, 400 * day, 730 * day],
    limits: { seriesPerSchool: 200_000, fieldsPerMeasurement: 1000, fieldSetsPerMeasurement: 4096 },
  });
  await store.start();
  return {
    prepare: decode,
    run: async (samples) => (await store.write(samples as readonly Sample[])).written,
    stop: async () => {
      await store.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** When the collector gets it. */
function arrival(minute: number): number {
  return START + minute * MINUTE + 20_000;
}

function countLines(text: Buffer): number {
  let lines = 0;
  for (let i = text.indexOf(10); i !== -1; i = text.indexOf(10, i + 1)) lines++;
  return lines;
}

const stage = await stageOf(task.stage);
let lines = 0;
let cpuSeconds = 0;
for (let minute = 0; minute < task.minutes; minute++) {
  for (let school = 0; school < task.fleet.schools; school++) {
    const bytes = readFileSync(join(task.folder, bodyFile(school, minute)));
    const prepared = stage.prepare({ school, minute, bytes });
    const before = process.cpuUsage();
    const taken = await stage.run(prepared);
    const { user, system } = process.cpuUsage(before);
    if (minute < task.warmUp) continue;
    lines += taken;
    cpuSeconds += (user + system) / 1e6;
  }
}
await stage.stop?.();
const result: StageResult = { lines, cpuSeconds, rssMb: Math.round(process.memoryUsage.rss() / 1e6) };
process.stdout.write(`${JSON.stringify(result)}\n`);
