import { SqliteStore } from '../../../../collector/storage/sqlite/store.ts';
import { sample } from '../../../contract/metric-store.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { storeParts } from '../../../support/store-parts.ts';

/** Child process of a test: writes batches for ever and prints the number of each once the store has answered. */
const [file, now] = process.argv.slice(2);
const day = 86_400_000;
const store = new SqliteStore({
  ...storeParts,
  clock: new FakeClock(Number(now)),
  file: file!,
  retention: [7 * day, 90 * day, 730 * day],
  limits: { seriesPerSchool: 1000, fieldsPerMeasurement: 100, fieldSetsPerMeasurement: 100 },
});
await store.start();
for (let n = 0; ; n++) {
  await store.write(
    Array.from({ length: 10 }, (_, port) => sample('m', Number(now) + n * 1000, { v: n }, { port: `${port}` })),
  );
  process.stdout.write(`${n}\n`);
}
