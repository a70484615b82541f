import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ThresholdRule } from '../../../collector/alert/rule.ts';
import { loadRules } from '../../../collector/alert/rule-file.ts';
import { ConfigError } from '../../../runtime/config-error.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rules-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function problemsOf(...files: string[]): string[] {
  try {
    loadRules(files);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${folder}/`, '').split('\n');
    throw error;
  }
  return [];
}

const good = (extra: string) => `
  - name: r
    domain: wan
    severity: warning
    measurement: interface
    field: in_util_percent
    above: 80
    summary: "{device} {value}"
${extra}`;

describe('rule files', () => {
  it('reads the three kinds', () => {
    const file = write(
      'kinds.yaml',
      `rules:
  - { name: t, severity: info, measurement: interface, field: in_util_percent, below: 5, for: 1m, clear_for: 2m, clear: 6, scope: { role: [ap, "!switch"] }, summary: "{ifName}" }
  - { name: d, domain: wireless, severity: critical, measurement: device, field: down, above: 0, domain_threshold: { count: 3, clear: 1 }, summary: "{bad}/{total}" }
  - { name: s, domain: agent, severity: critical, silent: agent, for: 3m, summary: "{site} {value}" }
`,
    );
    const flapping = { openings: 3, withinMs: 3_600_000, quietMs: 1_800_000 };
    expect(loadRules([file])).toEqual([
      {
        kind: 'threshold',
        name: 't',
        domain: undefined,
        severity: 'info',
        summary: '{ifName}',
        forMs: 60_000,
        clearForMs: 120_000,
        measurement: 'interface',
        field: 'in_util_percent',
        scope: { role: ['ap', '!switch'] },
        direction: 'below',
        threshold: 5,
        clear: 6,
        flapping,
      },
      {
        kind: 'domain_threshold',
        name: 'd',
        domain: 'wireless',
        severity: 'critical',
        summary: '{bad}/{total}',
        forMs: 0,
        clearForMs: 0,
        measurement: 'device',
        field: 'down',
        scope: {},
        direction: 'above',
        threshold: 0,
        clear: 0,
        group: { by: 'count', level: 3, clear: 1, atLeast: 1 },
        flapping,
      },
      {
        kind: 'silence',
        name: 's',
        domain: 'agent',
        severity: 'critical',
        summary: '{site} {value}',
        forMs: 180_000,
        flapping,
      },
    ]);
  });

  it('lists every problem of all files at once, each where it stands', () => {
    const first = write(
      'a.yaml',
      `rules:
  - name: one
    domain: wifi
    severity: loud
    measurement: interface
    field: in_util_percent
    above: 80
    below: 10
    clear: 90
    colour: red
    summary: "x"
  - name: two
    silent: agent
    above: 3
    severity: critical
    summary: "x"
`,
    );
    const second = write('b.yaml', `rules:${good('')}${good('')}`);
    const third = write('c.yaml', 'rules: [');
    const problems = problemsOf(first, second, third);
    expect(problems).toContainEqual(
      expect.stringMatching(/^a\.yaml:3:13: rules\[0\]\.domain: expected one of infrastructure, .*got "wifi"$/),
    );
    expect(problems).toContainEqual(
      expect.stringMatching(
        /^a\.yaml:4:15: rules\[0\]\.severity: expected one of info, warning, critical, got "loud"$/,
      ),
    );
    expect(problems).toContainEqual('a.yaml:8:12: rules[0].below: expected exactly one of above and below, got 10');
    expect(problems).toContainEqual(
      'a.yaml:9:12: rules[0].clear: expected a level of at most 80, where it is bad, got 90',
    );
    expect(problems).toContainEqual(expect.stringMatching(/^a\.yaml:10:\d+: .*unknown key "colour"$/));
    expect(problems).toContainEqual(
      expect.stringMatching(/^a\.yaml:14:12: rules\[1\]\.above: expected no above in a rule with silent/),
    );
    expect(problems).toContainEqual(
      expect.stringMatching(/^a\.yaml:12:5: rules\[1\]\.for: expected a duration: how long silent/),
    );
    expect(problems).toContainEqual(expect.stringMatching(/^a\.yaml:12:5: rules\[1\]\.domain: expected a domain/));
    expect(problems).toContainEqual(
      expect.stringMatching(
        /^b\.yaml:\d+:11: rules\[1\]\.name: expected a name of its own, got "r", as .*b\.yaml rules\[0\]$/,
      ),
    );
    expect(problems).toContainEqual(expect.stringMatching(/^c\.yaml:1:\d+: expected valid YAML/));
  });

  it.each([
    ['    clear: 81', 'clear: expected a level of at most 80'],
    ['    for: 5', 'for: expected a duration such as 30s'],
    ['    domain_threshold: { share: 10, clear: 10 }', 'domain_threshold.clear: expected a level less than 10'],
    ['    domain_threshold: { at_least: 2 }', 'domain_threshold: expected share, count, or both'],
    ['    over: 5m\n    flaps: { changes: 4, within: 10m }', 'over: expected no over in a rule with flaps'],
    ['    flaps: { changes: 4, within: 10m }', 'above: expected no above in a rule with flaps'],
    ['    percentile: 95', 'percentile: expected percentile only with over'],
    ['    over: 5m\n    percentile: 100', 'percentile: expected at most 99'],
    ['    baseline: {}', 'baseline: expected times of more than 1, or spreads'],
    ['    baseline: { times: 2, weeks: 27 }', 'baseline.weeks: expected at most 26'],
    [
      '    baseline: { times: 2 }\n    domain_threshold: { count: 2 }',
      'baseline: expected no baseline in a rule with domain_threshold',
    ],
    ['    falls: { times: 3, within: 1h }', 'above: expected no above in a rule with falls'],
    ['    over: 0s', 'over: expected a duration of more than 0'],
    ['    during: { TESTNG: off }', 'during.TESTNG: expected a category of the school calendar (TESTING, START_UP,'],
    ['    during: { TESTING: { abov: 70 } }', 'during.TESTING.abov: expected no such key here'],
    ['    during: { TESTING: {} }', 'during.TESTING: expected off, or a level'],
    ['    during: { TESTING: { below: 70 } }', 'during.TESTING.below: expected no below: the rule has none'],
    ['    clear: 70\n    during: { TESTING: { above: 70 } }', 'during.TESTING: expected clear beside the level'],
    ['    during: { TESTING: { above: 70, clear: 71 } }', 'during.TESTING.clear: expected a level of at most 70'],
    ['    during: { TESTING: { domain_threshold: { count: 1 } } }', 'domain_threshold: expected no domain_threshold'],
    ['    domain_threshold: { count: 2, at_least: 2 }', 'at_least: expected at_least only with share'],
    ['    domain_threshold: { share: 120 }', 'share: expected at most 100'],
    ['    domain_threshold: { share: 20 }', 'summary: expected a placeholder that exists here'],
    ['    scope: { role: [] }', 'scope.role: expected'],
  ])('refuses %s', (line, expected) => {
    expect(problemsOf(write('bad.yaml', `rules:${good(line)}\n`)).join('\n')).toContain(expected);
  });

  it('reads flaps: enough changes are bad, a quiet time is good', () => {
    const flaps = (more: string) =>
      write(
        'flaps.yaml',
        `rules:\n  - { name: f, severity: info, measurement: interface, field: ifOperStatus, flaps: { changes: 4, within: 10m${more} }, summary: "{ifName}" }\n`,
      );
    const levels = { direction: 'above', threshold: 3, clear: 0, forMs: 0, memory: { of: 'changes', spanMs: 600_000 } };
    expect(loadRules([flaps(', clear: 30m')])).toMatchObject([{ kind: 'threshold', ...levels, clearForMs: 1_200_000 }]);
    expect(loadRules([flaps('')])).toMatchObject([{ ...levels, clearForMs: 0 }]);
    expect(problemsOf(flaps(', clear: 5m'))).toEqual([
      expect.stringContaining('flaps.clear: expected a quiet time at least'),
    ]);
  });

  const levels = (extra: string, keys = 'measurement: interface, field: in_util_percent, ') =>
    `rules:\n  - { name: l, domain: wan, ${keys}summary: "{site}", ${extra} }\n`;

  it('reads levels: each the whole rule at its severity, with what the rule says for all', () => {
    const text = levels(
      'for: 5m, warning: { above: 80, clear: 70 }, critical: { above: 95, for: 1m }, flapping: off, during: { TESTING: { for: 0s, critical: { above: 90 } }, NO_SCHOOL: { critical: off } }',
    );
    const [rule] = loadRules([write('levels.yaml', text)]);
    const warning = { severity: 'warning', threshold: 80, clear: 70, forMs: 300_000 };
    const critical = { severity: 'critical', threshold: 95, clear: 95, forMs: 60_000 };
    expect(rule).toMatchObject({ ...warning, levels: [warning, critical] });
    expect(rule).not.toHaveProperty('flapping');
    expect(rule!.during).toMatchObject([
      {
        category: 'TESTING',
        rule: {
          levels: [
            { ...warning, forMs: 0, category: 'TESTING' },
            { ...critical, forMs: 0, threshold: 90, clear: 90 },
          ],
        },
      },
      { category: 'NO_SCHOOL', rule: { levels: [warning] } },
    ]);
    expect((rule!.during![1]!.rule as ThresholdRule).levels).toHaveLength(1);
  });

  it('one level is that rule, and all levels may be silence or flaps', () => {
    const one = levels('warning: { above: 80 }');
    expect(loadRules([write('one.yaml', one)])).toMatchObject([{ severity: 'warning', threshold: 80 }]);
    expect(loadRules([write('one.yaml', one)])[0]).not.toHaveProperty('levels');
    const silent = levels('silent: agent, warning: { for: 3m }, critical: { for: 5m }', '');
    expect(loadRules([write('silent.yaml', silent)])).toMatchObject([
      { kind: 'silence', levels: [{ forMs: 180_000 }, { forMs: 300_000 }] },
    ]);
  });

  it.each([
    ['severity: info, warning: { above: 1 }', 'rules[0].severity: expected no severity beside levels'],
    ['above: 1', 'rules[0].severity: expected one of info, warning, critical, or levels'],
    ['warning: {}', 'rules[0].warning: expected what makes it this bad'],
    ['warning: { above: 5 }, critical: { above: 4 }', 'rules[0].critical.above: expected a level no milder than 5'],
    ['warning: { below: 5 }, critical: { below: 6 }', 'rules[0].critical.below: expected a level no milder than 5'],
    ['warning: { above: 5 }, critical: { below: 4 }', 'rules[0].critical.below: expected above, as the milder level'],
    ['warning: { above: 5, clear: 6 }', 'rules[0].warning.clear: expected a level of at most 5'],
    ['warning: { above: 5 }, critical: { for: 1m }', 'rules[0].above: expected exactly one of above and below'],
    [
      'above: 0, domain_threshold: { count: 1 }, critical: { above: 1 }',
      'rules[0].critical.above: expected no above in a level',
    ],
    [
      'above: 0, warning: { for: 1m }, critical: { domain_threshold: { count: 2 } }',
      'rules[0].warning: expected domain_threshold in every level, or in none',
    ],
    [
      'warning: { above: 5 }, during: { TESTING: { critical: { above: 4 } } }',
      'during.TESTING.critical: expected no critical: the rule has none',
    ],
    ['warning: { above: 5 }, during: { TESTING: { warning: off } }', 'during.TESTING: expected off for the rule'],
    [
      'warning: { above: 5, clear: 4 }, during: { TESTING: { warning: { above: 4, clear: 5 } } }',
      'during.TESTING.warning.clear: expected a level of at most 4',
    ],
    [
      'warning: { above: 5 }, during: { TESTING: { severity: critical } }',
      'during.TESTING.severity: expected no severity in a rule with levels',
    ],
    [
      'severity: info, above: 5, during: { TESTING: { warning: { above: 4 } } }',
      'TESTING.warning: expected no warning',
    ],
    ['warning: { below: 5, baseline: { times: 2 } }', 'rules[0].warning.baseline: expected baseline only with above'],
    ['warning: { above: 5 }, flapping: { openings: 1 }', 'flapping'],
  ])('refuses levels %s', (extra, expected) => {
    expect(problemsOf(write('bad.yaml', levels(extra))).join('\n')).toContain(expected);
  });

  it('reads a baseline, which an override may take away, a percentile and falls', () => {
    const text = levels(
      'warning: { above: 80, baseline: { times: 2 } }, critical: { above: 95 }, over: 10m, percentile: 95, during: { TESTING: { warning: { baseline: off } } }',
    );
    const [rule] = loadRules([write('baseline.yaml', text)]);
    expect(rule).toMatchObject({
      baseline: { weeks: 4, times: 2, spreads: 0 },
      memory: { of: 'percentile', percentile: 95, spanMs: 600_000 },
    });
    const [form] = rule!.during!;
    expect((form!.rule as ThresholdRule).levels!.map((level) => level.baseline)).toEqual([undefined, undefined]);
    const falls = levels('severity: info, falls: { times: 3, within: 1h, clear: 2h }');
    expect(loadRules([write('falls.yaml', falls)])).toMatchObject([
      { threshold: 2, clear: 0, clearForMs: 3_600_000, memory: { of: 'falls', spanMs: 3_600_000 } },
    ]);
  });

  it('works the overrides out in full, in the order of the file', () => {
    const during =
      '    for: 10m\n    during: { TESTING: { above: 70, for: 2m, severity: critical }, NO_SCHOOL: off }\n';
    const [rule] = loadRules([write('during.yaml', `rules:${good(during)}`)]);
    const { during: overrides, ...plain } = rule!;
    expect(overrides).toEqual([
      {
        category: 'TESTING',
        rule: { ...plain, threshold: 70, clear: 70, forMs: 120_000, severity: 'critical', category: 'TESTING' },
      },
      { category: 'NO_SCHOOL', rule: 'off' },
    ]);
  });

  it('knows the fields and tags of our own measurements, and leaves those of others alone', () => {
    const rule = (measurement: string, field: string, summary: string) =>
      write(
        'names.yaml',
        `rules:\n  - { name: r, severity: info, measurement: ${measurement}, field: ${field}, above: 1, summary: "${summary}" }\n`,
      );
    expect(problemsOf(rule('interface', 'in_utl_percent', '{device}'))).toEqual([
      expect.stringMatching(
        /field: expected a field of interface that holds a number \(such as .*\), got "in_utl_percent"$/,
      ),
    ]);
    expect(problemsOf(rule('device', 'state', '{device}'))).toEqual([expect.stringContaining('holds a number')]);
    expect(problemsOf(rule('interface', 'in_util_percent', '{ifNmae} {value'))).toEqual([
      expect.stringMatching(/summary: expected a placeholder that exists here \(.*ifName.*\), got \{ifNmae\}$/),
    ]);
    expect(problemsOf(rule('cpu', 'usage_idle', '{cpu}'))).toEqual([]);
  });
});
