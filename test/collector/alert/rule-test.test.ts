import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../../collector/alert/rule-file.ts';
import { ruleTestSchema, runRuleTest } from '../../../collector/alert/rule-test.ts';
import { loadConfig } from '../../../runtime/config-file.ts';

const root = resolve(import.meta.dirname, '../../..');
const yamlIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name));

const rules = loadRules(yamlIn(join(root, 'config/rules')));
const tests = yamlIn(join(import.meta.dirname, 'rules')).flatMap(
  (file) => loadConfig(file, ruleTestSchema).value.tests,
);

describe('shipped rules', () => {
  it.each(tests.map((test) => [test.name, test] as const))('%s', (_name, test) => {
    expect(runRuleTest(rules, test)).toEqual([]);
  });

  it.each(rules.map((rule) => rule.name))('%s has a test that sees it open and resolve', (name) => {
    const types = tests.flatMap((test) => test.alerts.filter((a) => a.rule === name).map((a) => a.type));
    expect(types).toContain('opened');
    expect(types).toContain('resolved');
  });

  it('says what differs', () => {
    const {
      tests: [wrong],
    } = ruleTestSchema.parse({
      tests: [
        {
          name: 'wrong on purpose',
          step: '1m',
          series: [{ measurement: 'device', tags: { device: 'sw1', role: 'switch' }, fields: { down: '1x3' } }],
          alerts: [{ at: '2m', type: 'opened', rule: 'device-down', severity: 'warning' }],
        },
      ],
    });
    expect(runRuleTest(rules, wrong!)).toEqual([
      'opened device-down at 60s (1 above 0 for 1m): at should be "120s", is "60s"',
      'opened device-down at 60s (1 above 0 for 1m): severity should be "warning", is "critical"',
    ]);
  });
});
