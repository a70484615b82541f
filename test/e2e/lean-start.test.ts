import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestProcess } from '../support/process.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lean-'));
  writeFileSync(
    join(dir, 'agent.yaml'),
    `collector: { url: 'http://127.0.0.1:1', token: t }
spool: { path: '${dir}/spool.db' }
targets:
  - { name: sw-1, host: 127.0.0.1, ping: false, snmp: { version: 2c, community: public, port: 1 } }
`,
  );
  // Says at its end what of Node the process had loaded, and how often it had begun (an image that replaces itself has no end).
  writeFileSync(
    join(dir, 'tell.cjs'),
    `const { appendFileSync, writeFileSync } = require('node:fs');
if (process.argv[2] === 'run') {
  appendFileSync('${dir}/begun', '.');
  process.on('exit', () => writeFileSync('${dir}/loaded', process.moduleLoadList.join()));
}`,
  );
});

afterEach(() => rmSync(dir, { recursive: true }));

/** Runs the agent until it polls, and ends it. */
async function run(env: Record<string, string>): Promise<{ loaded: string; images: number }> {
  writeFileSync(join(dir, 'begun'), '');
  const agent = new TestProcess(
    process.execPath,
    ['--require', join(dir, 'tell.cjs'), 'agent/main.ts', 'run', '--config', join(dir, 'agent.yaml')],
    env,
  );
  try {
    await agent.waitForLog('polling', 30_000);
  } finally {
    expect(await agent.end()).toBe(0);
  }
  return { loaded: readFileSync(join(dir, 'loaded'), 'utf8'), images: readFileSync(join(dir, 'begun'), 'utf8').length };
}

it('from the first start on, the agent runs without the type stripper and undici', async () => {
  const env = { NODE_COMPILE_CACHE: join(dir, 'cache') };
  const unwanted = /deps\/amaro|deps\/undici/;
  const first = await run(env);
  // As started; with its flags, which fills the folder; from the folder.
  expect(first.images).toBe(3);
  expect(first.loaded).not.toMatch(unwanted);
  const second = await run(env);
  expect(second.images).toBe(2);
  expect(second.loaded).not.toMatch(unwanted);
});

it('where nothing can be kept it runs all the same, with the stripper', async () => {
  const { loaded, images } = await run({ NODE_COMPILE_CACHE: join(dir, 'cache'), NODE_DISABLE_COMPILE_CACHE: '1' });
  expect(images).toBe(3);
  expect(loaded).toMatch(/deps\/amaro/);
});
