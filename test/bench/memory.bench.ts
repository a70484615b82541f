/**
 * What of the agent's memory is there before the first device: resident memory after each step of its start, one JSON object a line, to stdout.
 * `node test/bench/memory.bench.ts [--warm false]`: with the service's V8 flags, in a process of its own, which has no types to strip (`--warm false`: as
 * at a start where Node could keep nothing). `file` is what is mapped of the program's file and the libraries, shared with other processes of them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../support/source-files.ts';

const { values: options } = parseArgs({ options: { warm: { type: 'string', default: 'true' } } });

/** As launch/start.ts has them. */
const FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=50'];
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** In this order; `yaml` and `zod` are those that only the reading process holds. */
const STEPS: readonly (readonly [name: string, module: string])[] = [
  ["Node's modules", 'builtins'],
  ['pino', 'pino'],
  ['prom-client', 'prom-client'],
  ['the agent', `${ROOT}/agent/app.ts`],
  ['memory given back', 'give back'],
  ['settings of the example', 'settings'],
  ['memory given back', 'give back'],
  ['not loaded: yaml', 'yaml'],
  ['not loaded: zod', 'zod'],
  ['not loaded: undici', 'undici'],
  ['not loaded: net-snmp', 'net-snmp'],
];

const SCRIPT = `
const { readFileSync } = await import('node:fs');
const tell = (step) => {
  const status = readFileSync('/proc/self/status', 'utf8');
  const mb = (key) => Math.round(Number(new RegExp(key + ':\\\\s+(\\\\d+)').exec(status)[1]) * 1.024 / 100) / 10;
  const { heapUsed, heapTotal } = process.memoryUsage();
  console.log(JSON.stringify({ step, rss_mb: mb('VmRSS'), anon_mb: mb('RssAnon'), file_mb: mb('RssFile'),
    heap_used_mb: Math.round(heapUsed / 1e5) / 10, heap_mb: Math.round(heapTotal / 1e5) / 10 }));
};
tell('Node');
for (const [step, module] of ${JSON.stringify(STEPS)}) {
  if (module === 'builtins') for (const name of ['dgram', 'crypto', 'zlib', 'sqlite', 'http', 'child_process']) process.getBuiltinModule('node:' + name);
  else if (module === 'give back') (await import('${ROOT}/runtime/give-back.ts')).giveBackMemory();
  else if (module === 'settings') globalThis.kept = await (await import('${ROOT}/agent/settings-reader.ts')).readSettings('${ROOT}/config/agent.yaml');
  else await import(module);
  tell(step);
}`;

function run(cache: string | undefined): string {
  const args = [...FLAGS, '--eval', `(async () => {${SCRIPT}})()`];
  const env = { ...process.env, ...MALLOC, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) };
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const cache = mkdtempSync(join(tmpdir(), 'memory-bench-'));
try {
  if (options.warm === 'true') run(cache);
  process.stdout.write(run(options.warm === 'true' ? cache : undefined));
} finally {
  rmSync(cache, { recursive: true });
}
