import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discoverCommand } from '../../../agent/discover/command.ts';
import { type DiscoverPlan, planOf } from '../../../agent/discover/options.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { type Arguments, runCommandLine } from '../../../runtime/command-line.ts';
import { SimulatedSchool } from '../../../sim/school.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-discover-'));
const config = join(folder, 'agent.yaml');
let school: SimulatedSchool;
beforeAll(async () => {
  school = new SimulatedSchool({ clock: systemClock, port: 0 });
  await school.start();
  const set = (community: string): string =>
    `{ version: 2c, community: ${community}, port: ${school.port}, timeout: 30s }`;
  writeFileSync(
    config,
    [
      'icmp: { fping: /opt/fping }',
      'profiles: { path: mine }',
      'credentials:',
      `  first: ${set('one')}`,
      '  oldest: { version: 1, community: one }',
      `  second: ${set('two')}`,
      '  strong: { version: 3, user: monitor }',
      'targets:',
      '  - { name: sw, host: 10.0.0.2, role: switch, snmp: second }',
      '  - { name: own, host: 10.0.0.3, snmp: { version: 2c, community: own } }',
      '  - { name: camera, host: 10.0.0.4, snmp: false }',
    ].join('\n'),
  );
});
afterAll(async () => {
  await school.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What the options come to, through the command line. */
async function read(...argv: string[]): Promise<{ code: number; plan: DiscoverPlan | undefined; error: string }> {
  let plan: DiscoverPlan | undefined;
  const errors: string[] = [];
  const command = {
    ...discoverCommand,
    run: async (args: Arguments) => {
      plan = planOf(args);
      return 0;
    },
  };
  const output = { out() {}, err: (text: string) => void errors.push(text) };
  const code = await runCommandLine('agent', [command], ['discover', ...argv], output);
  return { code, plan, error: errors.join('\n') };
}

describe('what was typed in', () => {
  it('tries the strongest credentials first, those of one version as they stand', async () => {
    const { plan } = await read('--config', config, '--community', 'typed', '10.0.0.0/30');
    expect(plan!.credentials.map((set) => set.name)).toEqual(['strong', 'first', 'second', 'default', 'oldest']);
    expect(plan).toMatchObject({
      addresses: ['10.0.0.1', '10.0.0.2'],
      fping: '/opt/fping',
      profiles: join(folder, 'mine'),
    });
  });

  it('takes from the configuration how each target is polled', async () => {
    const { plan } = await read('--merge', config, '10.0.0.0/30');
    expect(plan!.merge).toBe(true);
    expect(plan!.targets.map((t) => [t.name, t.snmp, t.credentials?.name, t.credentials?.credentials.version])).toEqual(
      [
        ['sw', true, 'second', '2c'],
        ['own', true, undefined, '2c'],
        ['camera', false, undefined, undefined],
      ],
    );
  });

  it.each([
    ['no network', ['--community', 'c'], /at least one network/],
    ['no credentials', ['10.0.0.1'], /credentials are needed/],
    [
      'credential options without credentials',
      ['--config', '$', '--port', '1161', '10.0.0.1'],
      /--community or --user/,
    ],
    ['a bad network', ['--community', 'c', '10.0.0.0/33'], /"10\.0\.0\.0\/33": expected an address or a network/],
    ['a public network', ['--community', 'c', '9.9.9.0/24'], /--allow-public/],
    ['too large a network', ['--community', 'c', '10.0.0.0/8'], /16,777,216 addresses, more than 4,096/],
    ['no address left', ['--community', 'c', '10.0.0.1', '--exclude', '10.0.0.0/8'], /leaves no address/],
    ['a bad rate', ['--community', 'c', '10.0.0.1', '--rate', '0'], /--rate: expected a whole number from 1 to/],
    ['a bad duration', ['--community', 'c', '10.0.0.1', '--max-time', 'soon'], /--max-time: expected a duration/],
    ['two forms', ['--community', 'c', '10.0.0.1', '--json', '--topology'], /either --json or --topology/],
    ['two configurations', ['--config', '$', '--merge', '$', '10.0.0.1'], /either --config or --merge/],
    ['a file that is there', ['--config', '$', '--write', '$', '10.0.0.1'], /--write: expected the name of a new file/],
  ])('is refused with what was expected: %s', async (_, argv, expected) => {
    const { code, plan, error } = await read(...argv.map((word) => (word === '$' ? config : word)));
    expect({ code, plan }).toEqual({ code: 2, plan: undefined });
    expect(error).toMatch(expected);
  });
});

/** The command as a process of its own. */
function run(argv: readonly string[]) {
  const child = spawn(process.execPath, ['agent/main.ts', 'discover', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, out, err })),
  );
  return { child, ended };
}

describe('as a process', () => {
  it('writes a new file', async () => {
    const file = join(folder, 'targets.yaml');
    const options = ['--community', school.community, '--port', String(school.port)];
    const { code, out, err } = await run([...options, '--write', file, '127.20.0.11', '127.20.0.12']).ended;
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('sw-core');
    expect(readFileSync(file, 'utf8')).toMatch(/targets:\n.*sw-core/s);
  });

  it('prints what it has when it is interrupted', async () => {
    const quiet = school.responder('sw-gym');
    quiet.behaviour = { silent: true };
    const before = quiet.stats.requests;
    const options = [
      '--community',
      school.community,
      '--port',
      String(school.port),
      '--timeout',
      '1m',
      '--retries',
      '0',
    ];
    const { child, ended } = run([...options, '127.20.0.11', '127.20.0.14', '--concurrency', '1', '--quiet']);
    await expect.poll(() => quiet.stats.requests, { timeout: 20_000 }).toBeGreaterThan(before);
    child.kill('SIGINT');
    const { code, out, err } = await ended;
    quiet.behaviour = {};
    expect(code).toBe(1);
    expect(out).toContain('# PARTIAL: ended early');
    expect(err).toBe('Ended early: this is not all.\n');
  });
});
