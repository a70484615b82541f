import { describe, expect, it } from 'vitest';
import { BellwetherError } from '../../core/errors.ts';
import { type Command, runCommandLine } from '../../runtime/command-line.ts';
import { ConfigError } from '../../runtime/config-error.ts';

const seen: unknown[] = [];
const command = (name: string, run: Command['run']): Command => ({
  name,
  usage: '--config FILE',
  help: `does ${name}`,
  options: { config: { type: 'string' } },
  required: ['config'],
  run,
});
const commands = [
  command('run', async ({ values }) => {
    seen.push(values['config']);
    return 0;
  }),
  command('token create', async () => 0),
  command('bad', async () => {
    throw new ConfigError([{ file: 'f.yaml', line: 2, col: 3, path: 'a', expected: 'x', got: 'y' }]);
  }),
  command('down', async () => {
    throw new BellwetherError('BW_STATE', 'cannot open state.db');
  }),
  command('taken', async () => {
    throw Object.assign(new Error('listen EADDRINUSE: 127.0.0.1:80'), { code: 'EADDRINUSE', syscall: 'listen' });
  }),
  command('locked', async () => {
    throw Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR' });
  }),
  command('defect', async () => {
    throw new TypeError('x is not a function');
  }),
];

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await runCommandLine('prog', commands, argv, {
    out: (text) => {
      said.out += `${text}\n`;
    },
    err: (text) => {
      said.err += `${text}\n`;
    },
  });
  return { code, ...said };
}

describe('runCommandLine', () => {
  it('hands the options to the command', async () => {
    expect(await run('run', '--config', 'a.yaml')).toEqual({ code: 0, out: '', err: '' });
    expect(seen).toEqual(['a.yaml']);
  });

  it.each<[string[], number, RegExp]>([
    [[], 2, /a command is needed/],
    [['fly'], 2, /unknown command "fly"/],
    [['token'], 2, /unknown command "token"/],
    [['run'], 2, /run: --config must be given/],
    [['run', '--confg', 'x'], 2, /run: Unknown option '--confg'/],
    [['run', '--config'], 2, /run: Option '--config <value>' argument missing/],
    [['run', '--config', 'x', 'y'], 2, /Unexpected argument 'y'/],
    [['bad', '--config', 'x'], 1, /^f\.yaml:2:3: a: expected x, got y\n1 problem; nothing was started\n$/],
    [['down', '--config', 'x'], 1, /prog: cannot open state\.db \(BW_STATE\)/],
    [['taken', '--config', 'x'], 1, /^prog: listen EADDRINUSE: 127\.0\.0\.1:80\n$/],
    [['locked', '--config', 'x'], 1, /^prog: database is locked\n$/],
    [['defect', '--config', 'x'], 1, /^prog: TypeError: x is not a function\n\s+at /],
  ])('%j exits %i', async (argv, code, err) => {
    const result = await run(...argv);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(err);
    expect(result.out).toBe('');
  });

  it('prints help to stdout and exits 0', async () => {
    expect(await run('--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('token create --config FILE'),
      err: '',
    });
    expect(await run('run', '--help')).toMatchObject({ code: 0, out: expect.stringContaining('does run') });
  });
});
