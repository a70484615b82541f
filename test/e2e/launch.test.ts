import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';

/** Runs a launch file as any old Node would: as plain script. */
function runOnNode20(role: string): { said: string; exitCode: number } {
  const result = { said: '', exitCode: 0 };
  const process = {
    versions: { node: '20.20.2' },
    version: 'v20.20.2',
    argv: ['node', `${role}/main.ts`],
    stderr: { write: (text: string) => (result.said += text) },
    set exitCode(code: number) {
      result.exitCode = code;
    },
  };
  const load = (file: string): unknown => {
    const module = { exports: {} as unknown };
    runInNewContext(readFileSync(join(ROOT, file), 'utf8'), {
      process,
      module,
      require: (name: string) => load(join('launch', name)),
    });
    return module.exports;
  };
  load(`${role}/main.ts`);
  return result;
}

describe.each(['agent', 'collector'])('%s/main.ts', (role) => {
  it('says which Node it needs on an older one, as plain script without types or imports', () => {
    expect(runOnNode20(role)).toEqual({
      said: `bellwether needs Node 24 or newer, this is v20.20.2. The project brings its own: npx --no-install node ${role}/main.ts ...\n`,
      exitCode: 1,
    });
  });

  it.each<[string[], number, RegExp]>([
    [[], 2, /a command is needed/],
    [['run'], 2, /--config must be given/],
    [['check', '--config', '/nonexistent.yaml'], 1, /nonexistent\.yaml:1:1: expected a readable file/],
    [['run', '--config', '/nonexistent.yaml'], 1, /nonexistent\.yaml:1:1: expected a readable file/],
  ])('%j exits %i', async (argv, code, stderr) => {
    const result = await runProgram(`${role}/main.ts`, argv);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(stderr);
    expect(result.stderr).not.toMatch(/Warning/);
  });

  it('checks the shipped example', async () => {
    const result = await runProgram(`${role}/main.ts`, ['check', '--config', `config/${role}.yaml`]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/: ok, /);
  });
});
