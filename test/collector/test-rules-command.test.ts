import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestRulesOptions, testRules } from '../../collector/test-rules-command.ts';
import { ConfigError } from '../../runtime/config-error.ts';
import { ROOT } from '../support/source-files.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'test-rules-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const RULES =
  'rules:\n  - { name: hot, severity: warning, measurement: room, field: celsius, above: 30, summary: "{room} {value}" }\n';

/** A test that expects `alerts` of a room which is hot in its second minute. */
const hotRoom = (alerts: string, rules = '') => `${rules}tests:
  - name: a room is hot
    step: 1m
    series: [{ measurement: room, tags: { room: mdf, role: sensor }, fields: { celsius: "25 31 25" } }]
    alerts: ${alerts}
`;
const AS_IT_IS = '[{ at: 1m, type: opened, rule: hot, domain: environment }, { at: 2m, type: resolved, rule: hot }]';

function write(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
}

/** The exit code and what is printed, without the folder. */
function run(options: TestRulesOptions = {}) {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text.replaceAll(`${dir}/`, ''));
  return { code: testRules(dir, options, { out: say, err: say }), lines };
}

function refused(): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${dir}/`, '').split('\n');
    throw error;
  }
  return [];
}

describe('test-rules', () => {
  it('runs the tests of a folder on the rules beside them, a line each', () => {
    write('rules.yaml', RULES);
    write('tests.yaml', hotRoom(AS_IT_IS));
    expect(run()).toEqual({ code: 0, lines: ['ok       tests.yaml:2:5  a room is hot', '1 test, 0 with differences'] });
  });

  it('says what differs, and fails', () => {
    write('rules.yaml', RULES);
    write('tests.yaml', hotRoom('[{ at: 2m, type: opened, rule: hot, severity: critical }]'));
    expect(run()).toEqual({
      code: 1,
      lines: [
        'differs  tests.yaml:2:5  a room is hot',
        '           opened hot at 60s (31 above 30): at should be "120s", is "60s"',
        '           opened hot at 60s (31 above 30): severity should be "critical", is "warning"',
        '           not expected: resolved hot at 120s (25 at or below 30)',
        '1 test, 1 with differences',
      ],
    });
  });

  it('takes the rules that a test file names, relative to it; else those of the option', () => {
    mkdirSync(join(dir, 'mine'));
    write('mine/rules.yaml', RULES);
    write('tests.yaml', hotRoom(AS_IT_IS, 'rules: [mine]\n'));
    expect(run().code).toBe(0);
    write('tests.yaml', hotRoom(AS_IT_IS, 'rules: [mine/rules.yaml]\n'));
    expect(run().code).toBe(0);
    write('tests.yaml', hotRoom(AS_IT_IS));
    expect(run({ rules: join(dir, 'mine') }).code).toBe(0);
  });

  it('tests the shipped rules where none are named', () => {
    write(
      'tests.yaml',
      'tests:\n  - name: no rule of ours\n    step: 1m\n    series: [{ measurement: device, tags: { device: sw1, role: switch }, fields: { down: "0 1x3 0x5" } }]\n    alerts: [{ at: 2m, type: opened, rule: device-down }, { at: 5m, type: resolved, rule: device-down }]\n',
    );
    expect(run()).toMatchObject({ code: 0 });
  });

  it('refuses wrong files with their place, all at once', () => {
    write('rules.yaml', RULES);
    write('a.yaml', hotRoom('[{ at: soon, type: opened, rule: hot, colour: red }]'));
    write('b.yaml', hotRoom('[{ at: 1m, type: opened, rule: hott }]'));
    write('c.yaml', hotRoom(AS_IT_IS, 'rules: [nowhere.yaml]\n'));
    write('d.yaml', hotRoom('[]').replace('step: 1m', 'step: 1m\n    calendar: "_x2 TESTNG"'));
    expect(refused()).toEqual([
      expect.stringMatching(/^a\.yaml:5:20: tests\[0\]\.alerts\[0\]\.at: expected a duration/),
      expect.stringMatching(/^a\.yaml:5:\d+: tests\[0\]\.alerts\[0\]\.colour: expected no such key here/),
      'b.yaml:5:44: tests[0].alerts[0].rule: expected a rule under test (hot), got "hott"',
      expect.stringMatching(/^c\.yaml:1:9: rules\[0\]: expected a file with rules/),
      expect.stringMatching(
        /^d\.yaml:4:15: tests\[0\]\.calendar: expected steps such as .*TESTING, .*got "_x2 TESTNG"$/,
      ),
    ]);
  });

  it('a folder without tests is no success', () => {
    expect(refused()).toEqual([`${dir}:1:1: expected a folder with *.yaml files of rule tests, got none`]);
  });

  it('the example of docs/rules.md is as it says', () => {
    const page = readFileSync(join(ROOT, 'docs/rules.md'), 'utf8');
    const [example] = [...page.matchAll(/```yaml\n(rules: [\s\S]*?)```/g)].map((match) => match[1]!);
    mkdirSync(join(dir, 'tests'));
    write('network.yaml', readFileSync(join(ROOT, 'config/rules/network.yaml'), 'utf8'));
    write('tests/example.yaml', example!);
    const out = { out: () => {}, err: () => {} };
    expect(testRules(join(dir, 'tests'), {}, out)).toBe(0);
  });

  it('passes on what ships', () => {
    const { code, lines } = (() => {
      const said: string[] = [];
      const out = (text: string) => void said.push(text);
      return { code: testRules(join(ROOT, 'config/rules/tests'), {}, { out, err: out }), lines: said };
    })();
    expect(lines.filter((line) => line.startsWith('differs'))).toEqual([]);
    expect(code).toBe(0);
  });
});
