import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/source-files.ts';

const SCHOOL = `school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
engagements:
  - id: tests
    kind: threshold
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-01-01
    grants: [{ owner: provider, when: { from: 2026-03-09, to: 2026-03-21 } }]
`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'explain-'));
  writeFileSync(join(dir, 'school.yaml'), SCHOOL);
  writeFileSync(join(dir, 'bad.yaml'), SCHOOL.replace('[internal, provider]', '[provider]'));
  writeFileSync(join(dir, 'several.yaml'), `one:\n${SCHOOL.replace(/^/gm, '  ')}`);
});
afterAll(() => rmSync(dir, { recursive: true }));

async function run(args: readonly string[], input?: string) {
  const child = spawn(process.execPath, [join(ROOT, 'collector/main.ts'), 'explain', ...args], { cwd: dir });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code: code as number, out, err };
}
const ALERT = '{"domain":"wireless","severity":"warning"}';

describe('explain', () => {
  it('says who, why, who is told when, what else matched and when it changes next', async () => {
    const { code, out } = await run(['--config', 'school.yaml', '--alert', ALERT, '--at', '2026-03-10T09:00']);
    expect(code).toBe(0);
    for (const line of [
      'The provider answers for Wi-Fi until Sat 21 Mar, 00:00, as agreed in tests.',
      'owner       provider (the provider)',
      'why         tests#0',
      '  Tue 10 Mar, 09:00  noc (provider)',
      'then every 30m',
      '  tests#0 -> provider: priority 300, specificity 0, window 12d',
      '  base -> internal',
      'changes     Sat 21 Mar, 00:00: provider (linger:tests#0)',
    ])
      expect(out).toContain(line);
  });

  it('as JSON: the names of the vectors and everything that led to it', async () => {
    const { out } = await run([
      '--config',
      'several.yaml#one',
      '--alert',
      ALERT,
      '--at',
      '2026-03-21T10:00:00-05:00',
      '--json',
    ]);
    expect(JSON.parse(out)).toMatchObject({
      owner: 'provider',
      acting: 'provider',
      why: 'linger:tests#0',
      held: null,
      candidates: ['base'],
      at: '2026-03-21T15:00:00.000Z',
      ranks: [],
      next_change: { at: '2026-03-23T12:00:00.000Z', owner: 'internal', why: 'base' },
      config_version: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
  });

  it.each([
    [['--config', 'school.yaml'], 2, '--alert and --at must be given'],
    [['--config', 'none.yaml', '--alert', ALERT, '--at', '2026-03-10'], 1, 'expected a readable file'],
    [
      ['--config', 'bad.yaml', '--alert', ALERT, '--at', '2026-03-10'],
      1,
      'bad.yaml:12:16: engagements[0].approvals: expected the approval of internal',
    ],
    [['--config', 'school.yaml', '--alert', 'wifi', '--at', '2026-03-10'], 1, '--alert: expected JSON such as'],
    [
      ['--config', 'school.yaml', '--alert', '{"domain":"wan"}', '--at', '2026-03-10'],
      1,
      'alert.severity: expected one of info, warning, critical',
    ],
    [['--config', 'school.yaml', '--alert', ALERT, '--at', 'soon'], 1, 'at: expected a time'],
    [
      ['--config', 'several.yaml#two', '--alert', ALERT, '--at', '2026-03-10'],
      1,
      'one of the keys of this file after # (one), got "two"',
    ],
  ])('refuses %j', async (args, code, said) => {
    const result = await run(args);
    expect([result.code, result.out]).toEqual([code, '']);
    expect(result.err).toContain(said);
  });
});

describe('explain --batch', () => {
  const request = (config: unknown, more: object = {}) =>
    JSON.stringify({
      config,
      alert: { id: 7, ...JSON.parse(ALERT) },
      at: '2026-03-10T09:00:00-05:00',
      state: {},
      ...more,
    });

  it('a decision a line, from a file, a key of a file, and a school in the line', async () => {
    const inline = {
      school: 's',
      tz: 'UTC',
      parties: { internal: { contacts: ['a'], coverage: 'always' } },
      safety_net: ['b'],
      base: { owner: 'internal' },
    };
    const claimed = { state: { claims: { 7: 'internal' } } };
    const lines = [
      request('school.yaml'),
      request('several.yaml#one', claimed),
      request(inline),
      request(inline, { at: '2026-03-10T09:00:00Z' }),
      // Spaces, another order of keys, and a school that begins like the one before.
      JSON.stringify(JSON.parse(request(inline)), null, 1).replaceAll('\n', ' '),
      JSON.stringify({ at: '2026-03-10T09:00:00Z', alert: JSON.parse(ALERT), config: inline }),
      request({ ...inline, base: { owner: 'internal' }, max_hold: '1h' }),
    ];
    const { code, out, err } = await run(['--batch'], `${lines.join('\n')}\n\n`);
    expect([code, err]).toEqual([0, '']);
    const decisions = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(decisions.map(({ owner, why }) => `${owner} ${why}`)).toEqual([
      'provider tests#0',
      'internal claimed by internal',
      ...Array(5).fill('internal base'),
    ]);
    expect(Object.keys(decisions[0])).toEqual(['owner', 'acting', 'why', 'held', 'steps', 'candidates']);
  });

  it('a line that cannot be answered says why in its place, and the others are answered', async () => {
    const lines = [
      'no json',
      '[]',
      request('none.yaml'),
      request({ school: 's' }),
      request('school.yaml', { at: '2026-03-10' }),
      request('school.yaml', { alert: { domain: 'wan', severity: 'bad' } }),
      request('school.yaml', { alert: { ...JSON.parse(ALERT), grades: 4 } }),
      request('school.yaml', { at: '2026-02-30T09:00:00Z' }),
      '',
      request('none.yaml'),
      request('school.yaml', { state: null }),
      request('school.yaml'),
    ];
    const { code, out } = await run(['--batch'], lines.join('\r\n'));
    expect(code).toBe(1);
    const answers = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map((a) => a.error ?? a.owner)).toEqual([
      expect.stringContaining('line 1: '),
      'line 2: expected an object',
      expect.stringContaining('line 3: none.yaml:1:1: expected a readable file'),
      expect.stringContaining('config of line 4:1:'),
      expect.stringContaining('line 5: at: expected a time with its offset'),
      expect.stringContaining('line 6: alert.severity: expected one of info, warning, critical, got "bad"'),
      'line 7: alert.grades: expected a list, got 4',
      expect.stringContaining('line 8: at: expected a time with its offset'),
      expect.stringContaining('line 10: none.yaml:1:1: expected a readable file'),
      'provider',
      'provider',
    ]);
  });
});

describe('explain --batch, one at a time', () => {
  it('answers each line as it comes, and a very long one', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'collector/main.ts'), 'explain', '--batch'], { cwd: dir });
    child.stdout.setEncoding('utf8');
    const ask = async (line: string): Promise<string> => {
      child.stdin.write(`${line}\n`);
      const [answer] = await once(child.stdout, 'data');
      return JSON.parse(answer).why;
    };
    const asked = { config: 'school.yaml', alert: JSON.parse(ALERT), at: '2026-03-10T09:00:00-05:00' };
    expect(await ask(JSON.stringify(asked))).toBe('tests#0');
    expect(await ask(JSON.stringify({ ...asked, padding: 'x'.repeat(3_000_000) }))).toBe('tests#0');
    expect(await ask(JSON.stringify(asked))).toBe('tests#0');
    child.stdin.end();
    await once(child, 'close');
  });
});

const vectors = join(ROOT, '../shared/engagement');
describe.skipIf(!existsSync(vectors))(
  existsSync(vectors) ? 'the vectors by the command line' : 'the vectors by the command line: ../shared is absent',
  () => {
    it('each decision is the expected one', async () => {
      const examples = join(vectors, 'examples.yaml');
      const all = ['vectors.json', 'vectors-state.json'].flatMap((file) =>
        JSON.parse(readFileSync(join(vectors, file), 'utf8')),
      );
      const lines = all.map(({ config, alert, at, state }) =>
        JSON.stringify({ config: typeof config === 'string' ? `${examples}#${config}` : config, alert, at, state }),
      );
      const { code, out } = await run(['--batch'], lines.join('\n'));
      expect(code).toBe(0);
      out
        .trimEnd()
        .split('\n')
        .forEach((line, i) => {
          expect(JSON.parse(line), all[i].name).toMatchObject(all[i].expect);
        });
    });
  },
);
