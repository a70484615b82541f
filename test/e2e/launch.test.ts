import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';

describe.each(['agent', 'collector'])('%s/main.ts', (role) => {
  it('says which Node it needs on an older one, as plain script without types or imports', () => {
    let said = '';
    const fake = {
      versions: { node: '20.20.2' },
      version: 'v20.20.2',
      argv: ['node', `${role}/main.ts`],
      stderr: { write: (text: string) => (said += text) },
      exitCode: 0,
    };
    runInNewContext(readFileSync(join(ROOT, role, 'main.ts'), 'utf8'), { process: fake });
    expect(said).toBe(
      `bellwether needs Node 24 or newer, this is v20.20.2. The project brings its own: npx --no-install node ${role}/main.ts ...\n`,
    );
    expect(fake.exitCode).toBe(1);
  });

  it.each<[string[], number, RegExp]>([
    [[], 2, /a command is needed/],
    [['run'], 2, /--config must be given/],
    [['check', '--config', '/nonexistent.yaml'], 1, /nonexistent\.yaml:1:1: expected a readable file/],
  ])('%j exits %i', async (argv, code, stderr) => {
    const result = await runProgram(`${role}/main.ts`, argv);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(stderr);
  });

  it('checks the shipped example', async () => {
    const result = await runProgram(`${role}/main.ts`, ['check', '--config', `config/${role}.yaml`]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/: ok, /);
  });
});
