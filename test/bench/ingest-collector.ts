import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Evaluator } from '../../collector/alert/evaluator.ts';
import { buildServer } from '../../collector/http/server.ts';
import { AgentRegistry } from '../../collector/state/agents.ts';
import { TokenVerifier } from '../../collector/state/token-verifier.ts';
import { SqliteStore } from '../../collector/storage/sqlite/store.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLogger } from '../../runtime/logger.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';
import { memoryState, tokenFor } from '../collector/state/state.ts';
import { temporaryFolder } from '../support/server-process.ts';
import { storeParts } from '../support/store-parts.ts';
import { benchRules, schoolName } from './ingest-load.ts';

// The collector's write path as a server of its own for the ingest benchmark: HTTP, tokens, reading and stamping, the embedded store, the rules.
// Argument: how many schools. Prints one line of JSON once it listens: its address and each school's token. Ends on SIGTERM.

const DAY = 86_400_000;
const folder = await temporaryFolder('ingest-collector');
const store = new SqliteStore({
  ...storeParts,
  file: join(folder, 'metrics.db'),
  retention: [400 * DAY, 400 * DAY, 730 * DAY],
  limits: { seriesPerSchool: 200_000, fieldsPerMeasurement: 1000, fieldSetsPerMeasurement: 4096 },
});
await store.start();
const db = await memoryState(systemClock);
const evaluator = new Evaluator({ rules: benchRules(), newId: randomUUID });
const app = buildServer({
  log: createLogger('bench', 'silent'),
  clock: systemClock,
  metrics: new SelfMetrics(),
  db,
  tokens: new TokenVerifier(db, systemClock),
  agents: new AgentRegistry(db, systemClock),
  ingest: async ({ samples }, signal) => {
    const result = await store.write(samples, signal);
    // The load's own time: by this machine's clock the load would be history, or yet to come.
    evaluator.evaluate(samples, samples.at(-1)!.time + 1000);
    return result;
  },
  checks: [],
  version: '0',
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
const schools = Array.from({ length: Number(process.argv[2]) }, (_, n) => schoolName(n));
const tokens = await Promise.all(schools.map(async (school) => (await tokenFor(db, systemClock, school)).token));
process.once('SIGTERM', async () => {
  await app.close();
  await store.stop();
  await db.destroy();
  await rm(folder, { recursive: true });
});
process.stdout.write(`${JSON.stringify({ url, tokens })}\n`);
