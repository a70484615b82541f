import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram, startProgram, type TestProcess, until } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';

let dir: string;
let config: string;
let collector: TestProcess | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bw-start-'));
  config = join(dir, 'collector.yaml');
});
afterEach(async () => {
  await collector?.end('SIGKILL');
  collector = undefined;
  rmSync(dir, { recursive: true });
});

const write = (port: number): void =>
  writeFileSync(
    config,
    `listen: { port: ${port} }\ndata_dir: data\nrules: ["${join(ROOT, 'config/rules')}"]\nschools: ["${join(ROOT, 'config/engagements')}"]\n`,
  );

/** A collector in the middle of its start: it has begun to open its database. */
async function starting(): Promise<TestProcess> {
  write(0);
  collector = startProgram('collector/main.ts', ['run', '--config', config]);
  await until('the state database', 15_000, () => existsSync(join(dir, 'data/state.db')));
  return collector;
}

describe('a collector that is starting', () => {
  it('survives a SIGHUP, and reloads once it has started', async () => {
    const starts = await starting();
    starts.child.kill('SIGHUP');
    await starts.waitForLog('listening');
    await starts.waitForLog('configuration reloaded');
    expect(await starts.end()).toBe(0);
  });

  it('stops on a SIGTERM, cleanly', async () => {
    const starts = await starting();
    expect(await starts.end('SIGTERM')).toBe(0);
    expect(starts.lines.filter((line) => !line.startsWith('{'))).toEqual([]);
  });

  it('whose port is taken says so in a line, and keeps the token for the start that succeeds', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await until('a port', 5_000, () => other.listening);
    const { port } = other.address() as { port: number };
    write(port);
    const failed = await runProgram('collector/main.ts', ['run', '--config', config]);
    other.close();
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr.split('\n').filter((line) => !line.startsWith('{'))).toEqual([
      `collector: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
    ]);
    collector = startProgram('collector/main.ts', ['run', '--config', config]);
    await collector.waitForLog('listening');
    await until('the admin token', 5_000, () => /^admin token: bwa_/m.test(collector!.stdout));
  });
});
