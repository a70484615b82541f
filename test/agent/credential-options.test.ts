import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CREDENTIAL_OPTIONS, credentialsFromOptions } from '../../agent/credential-options.ts';
import { runCommandLine } from '../../runtime/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-credentials-'));
const file = join(folder, 'secret');
writeFileSync(file, 'from-a-file\n');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Through the command line, as `probe` and `discover` read them. */
async function read(argv: string, env: Record<string, string> = {}) {
  let found: unknown;
  const errors: string[] = [];
  const command = {
    name: 'x',
    usage: '',
    help: '',
    options: CREDENTIAL_OPTIONS,
    run: async (args: Parameters<typeof credentialsFromOptions>[0]) => {
      found = credentialsFromOptions(args, env);
      return 0;
    },
  };
  const output = { out() {}, err: (text: string) => void errors.push(text) };
  const code = await runCommandLine('agent', [command], ['x', ...argv.split(' ').filter((w) => w !== '')], output);
  return { code, found, error: errors.join('\n') };
}

const community = { version: '2c', community: 'c', port: 161, timeout: 2000, retries: 1, max_repetitions: 20 };

describe('credentials by options', () => {
  it.each([
    ['', {}, undefined],
    ['--community c', {}, community],
    ['--community c --version 1 --port 1161', {}, { ...community, version: '1', port: 1161 }],
    ['--timeout 5s --retries 0 --community c', {}, { ...community, timeout: 5000, retries: 0 }],
    [`--community-file ${file}`, {}, { ...community, community: 'from-a-file' }],
    ['', { BELLWETHER_COMMUNITY: 'c' }, community],
    ['--community c', { BELLWETHER_COMMUNITY: 'other' }, community],
    ['', { BELLWETHER_COMMUNITY: '' }, undefined],
    ['--user u', { BELLWETHER_COMMUNITY: 'c' }, { version: '3', user: 'u' }],
    [
      '--user u --auth-protocol sha --auth-key authauth',
      { BELLWETHER_PRIV_KEY: 'privpriv' },
      {
        version: '3',
        user: 'u',
        auth_protocol: 'sha',
        auth_key: 'authauth',
        priv_protocol: 'aes',
        priv_key: 'privpriv',
      },
    ],
  ])('%s', async (argv, env, expected) => {
    const { code, found } = await read(argv, env);
    expect(code).toBe(0);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  it.each([
    ['--community c --user u', /--community does not go with version 3/],
    ['--version 2c --community c --auth-key authauth', /--auth-key does not go with version 2c/],
    ['--version 2c', /needs --community/],
    ['--version 4 --community c', /--version: expected .*2c.*got "4"/],
    ['--version 3', /--user: expected/],
    ['--user u --level authPriv --auth-key authauth', /--priv-key: expected a priv_key for authPriv/],
    ['--user u --auth-key short', /--auth-key: expected .*8/],
    ['--community c --port x', /--port: expected/],
    ['--community c --port 70000', /--port: expected/],
    ['--community c --timeout soon', /--timeout: expected a duration/],
    [`--community c --community-file ${file}`, /either --community or --community-file/],
    ['--community-file /nowhere/at/all', /--community-file: .*ENOENT/],
  ])('refuses %s', async (argv, expected) => {
    const { code, error } = await read(argv);
    expect(code).toBe(2);
    expect(error).toMatch(expected);
    expect(error).not.toContain('short"');
  });
});
