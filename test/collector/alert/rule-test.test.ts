import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../../collector/alert/rule-file.ts';
import { ruleTestSchema, runRuleTest } from '../../../collector/alert/rule-test.ts';
import { loadConfig } from '../../../runtime/config-file.ts';

const folder = resolve(import.meta.dirname, '../../../config/rules');
const yamlIn = (path: string) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(path, name));

const rules = loadRules(yamlIn(folder));
const files = yamlIn(join(folder, 'tests')).map((file) => {
  const { value } = loadConfig(file, ruleTestSchema);
  return { tests: value.tests, rules: loadRules(value.rules!.map((entry) => join(dirname(file), entry))) };
});
const tests = files.flatMap((file) => file.tests.map((test) => ({ test, rules: file.rules })));

describe('shipped rules', () => {
  it.each(tests.map((one) => [one.test.name, one] as const))('%s', (_name, one) => {
    expect(runRuleTest(one.rules, one.test)).toEqual([]);
  });

  it.each(rules.map((rule) => rule.name))('%s has a test that sees it open and resolve', (name) => {
    const types = tests.flatMap(({ test }) => test.alerts.filter((a) => a.rule === name).map((a) => a.type));
    expect(types).toContain('opened');
    expect(types).toContain('resolved');
  });

  it.each(rules.flatMap((rule) => (rule.levels ?? []).map(({ severity }) => [rule.name, severity] as const)))(
    '%s has a test that sees it %s',
    (name, severity) => {
      const seen = tests.flatMap(({ test }) => test.alerts.filter((a) => a.rule === name).map((a) => a.severity));
      expect(seen).toContain(severity);
    },
  );

  it.each(rules.flatMap((rule) => (rule.during ?? []).map(({ category }) => [rule.name, category] as const)))(
    '%s has a test that runs during %s',
    (name, category) => {
      const on = tests.filter(({ test }) => test.calendar?.some((step) => step.includes(category)));
      const touched = on.filter(({ test, rules: under }) => {
        const rule = under.find((one) => one.name === name);
        if (!rule) return false;
        if (rule.kind === 'silence') return test.agent?.includes(undefined);
        return test.series.some((s) => s.measurement === rule.measurement && rule.field in s.fields);
      });
      expect(touched).not.toEqual([]);
    },
  );

  it('says readably that it got worse', () => {
    const {
      tests: [one],
    } = ruleTestSchema.parse({
      tests: [
        {
          name: 'worse, and nobody expects it',
          step: '15m',
          series: [{ measurement: 'device', tags: { device: 'sw1', role: 'switch' }, fields: { snmp_problem: '1x3' } }],
          alerts: [{ at: '15m', type: 'opened', rule: 'snmp-problem' }],
        },
      ],
    });
    expect(runRuleTest(rules, one!)).toEqual([
      'not expected: severity_changed snmp-problem to critical at 1800s (1 above 0 for 30m)',
    ]);
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
