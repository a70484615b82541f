import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../collector/alert/rule-file.ts';
import { createResponsibility } from '../../collector/engagement/responsibility.ts';
import { loadSchools } from '../../collector/engagement/school-file.ts';
import { DOMAINS } from '../../core/domain.ts';

const root = resolve(import.meta.dirname, '../..');
const yamlIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(root, folder, name));

describe('shipped rules', () => {
  const rules = loadRules(yamlIn('config/rules'));

  it('are there, and each kind is among them', () => {
    expect(new Set(rules.map((rule) => rule.kind))).toEqual(new Set(['threshold', 'domain_threshold', 'silence']));
  });

  it('say in their summary what they are about', () => {
    for (const rule of rules) expect(rule.summary, rule.name).toMatch(/\{(device|site|school)\}/);
  });

  it('keep numbers that wander apart from their level', () => {
    // A rule on a percentage or a rate needs a band, or it flaps; a flag (0 or 1) does not.
    for (const rule of rules)
      if (rule.kind === 'threshold' && /percent|per_s|_ms$/.test(rule.field))
        for (const level of rule.levels ?? [rule])
          expect(level.clear, `${rule.name} ${level.severity}`).not.toBe(level.threshold);
  });
});

describe('shipped engagements', () => {
  it.each(loadSchools(yamlIn('config/engagements')).map((school) => [school.school, school] as const))(
    '%s reaches somebody for every domain at every hour of a week',
    (_name, school) => {
      const responsibility = createResponsibility(school);
      for (const domain of DOMAINS)
        for (let hour = 0; hour < 168; hour += 7)
          for (const severity of ['warning', 'critical'] as const) {
            const at = Date.UTC(2026, 9, 5) + hour * 3_600_000;
            const { steps, text } = responsibility.route({ id: 1, domain, severity, site: 'main' }, at);
            expect(text).not.toContain('could not be evaluated');
            for (const contact of steps.flatMap((step) => step.contact.split(',')))
              expect(school.contacts.get(contact)?.channels.length).toBeGreaterThan(0);
          }
    },
  );
});

describe('docs', () => {
  const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');

  it('explain every key of a rule', () => {
    const keys =
      'name domain severity measurement field scope above below clear for clear_for domain_threshold share count at_least silent summary over flaps changes within during percentile baseline weeks times spreads falls flapping openings quiet info warning critical';
    for (const key of keys.split(' ')) expect(page('rules.md'), key).toContain(`\`${key}\``);
  });

  it('explain every key of a rule test', () => {
    for (const key of 'tests rules name step series late agent calendar usual alerts at type'.split(' '))
      expect(page('rules.md'), key).toContain(`\`${key}\``);
  });

  it('explain every key of a school file', () => {
    const keys =
      'school tz hours learn_until parties contacts coverage absences channels safety_net base engagements pass_uncovered_at max_hold id kind status approvals approved_at from until priority grants owner scope';
    for (const key of keys.split(' ')) expect(page('engagements.md'), key).toContain(`\`${key}\``);
  });
});
