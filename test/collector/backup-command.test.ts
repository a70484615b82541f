import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runProgram } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';
import { temporaryFolder } from './state/state.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

it('of a state on PostgreSQL is for its own tools, and is not told to have been made', async () => {
  const file = folder.file('collector.yaml');
  writeFileSync(
    file,
    [
      `rules: ["${join(ROOT, 'config/rules')}"]`,
      `schools: ["${join(ROOT, 'config/engagements')}"]`,
      'state: { postgres: "postgres://bw:s3cret@db.example.org/bellwether" }',
      'storage: { driver: influx1, url: "http://127.0.0.1:9", database: bw }',
    ].join('\n'),
  );
  const made = await runProgram('collector/main.ts', ['backup', '--config', file, '--to', folder.file('copy')]);
  expect([made.code, made.stdout]).toEqual([1, '']);
  expect(made.stderr).toContain('the state is on PostgreSQL (bellwether at db.example.org:5432)');
  expect(made.stderr).toContain('pg_dump');
  expect(made.stderr).not.toContain('s3cret');
});
