import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSettings } from '../../agent/settings.ts';
import { readSettings } from '../../agent/settings-reader.ts';
import { ConfigError } from '../../runtime/config-error.ts';
import { ROOT } from '../support/source-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'settings-'));
afterAll(() => rmSync(dir, { recursive: true }));

function written(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

const CONFIG = `
collector: { url: 'http://127.0.0.1:1', token: t }
targets:
  - { name: sw-1, host: 127.0.0.1, snmp: { version: 3, user: u, auth_key: "12345678" }, tags: { zone: b } }
services:
  - { name: web, type: http, url: 'http://127.0.0.1/' }
`;

describe('settings read in a process of their own', () => {
  it('arrive as they are here, with maps, sets and patterns', async () => {
    const file = written('agent.yaml', `${CONFIG}traps: {}\n`);
    const read = await readSettings(file);
    expect(read).toEqual(loadSettings(file));
    expect(read.profiles.profiles.size).toBeGreaterThan(100);
    expect(read.traps?.traps).toBeInstanceOf(Map);
  });

  it('have no trap rules where traps are not configured', async () => {
    expect((await readSettings(written('no-traps.yaml', CONFIG))).traps).toBeUndefined();
  });

  it('that are wrong are told with every problem', async () => {
    const file = written('wrong.yaml', 'collector: {}\ntargets: []\n');
    const wrong = await readSettings(file).catch((e: unknown) => e);
    expect(wrong).toBeInstanceOf(ConfigError);
    expect(() => loadSettings(file)).toThrow((wrong as ConfigError).message);
  });
});

describe('a reading process', () => {
  const file = written('any.yaml', CONFIG);
  const program = (name: string, text: string): string => written(`${name}.mjs`, text);

  it('that ends without a word is an error with its exit code', async () => {
    const entry = program('silent', 'process.exit(3);');
    await expect(readSettings(file, { entry })).rejects.toThrow(
      `${file} could not be read: the process that reads it ended with 3`,
    );
  });

  it('that fails otherwise says what it failed with', async () => {
    const entry = program('failing', `process.send({ kind: 'failed', reason: 'out of luck' });process.disconnect();`);
    await expect(readSettings(file, { entry })).rejects.toThrow(`${file} could not be read: out of luck`);
  });

  it('that hangs is ended', async () => {
    const entry = program('hanging', 'for (;;);');
    await expect(readSettings(file, { entry, timeoutMs: 300 })).rejects.toThrow(/ended with SIGKILL/);
  });

  it('is ended by a stop', async () => {
    const entry = program('waiting', 'setInterval(() => {}, 1000);');
    const stop = new AbortController();
    const reading = readSettings(file, { entry, signal: stop.signal });
    stop.abort();
    await expect(reading).rejects.toThrow(/aborted/);
  });

  it('is fine with the shipped example', async () => {
    const { config } = await readSettings(join(ROOT, 'config/agent.yaml'));
    expect(config.targets.length).toBeGreaterThan(0);
  });
});
