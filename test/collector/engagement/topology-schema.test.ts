import { describe, expect, it } from 'vitest';
import { configVersion } from '../../../collector/engagement/responsibility.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

const SCHOOL = `school: hilltop
tz: America/New_York
parties: { internal: { contacts: [kim], coverage: always } }
safety_net: [head, chief]
base: { owner: internal }
`;
const read = (more: string) => parseSchool(SCHOOL + more, 'school.yaml');

it('reads both ways of writing it', () => {
  expect(read('topology: { uplinks: { sw-idf1: core1, "ap-*": [sw-idf1, sw-idf2], core1: fw1 } }\n').topology).toEqual({
    patienceMs: 60_000,
    uplinks: [
      { devices: ['sw-idf1'], parents: ['core1'] },
      { devices: ['ap-*'], parents: ['sw-idf1', 'sw-idf2'] },
      { devices: ['core1'], parents: ['fw1'] },
    ],
  });
  expect(
    read('topology:\n  patience: 90s\n  uplinks:\n    - { device: [a, "b-?"], parent: main/c, site: annex }\n')
      .topology,
  ).toEqual({ patienceMs: 90_000, uplinks: [{ devices: ['a', 'b-?'], parents: ['main/c'], site: 'annex' }] });
  expect(read('max_maintenance: 14d\n').maxMaintenanceMs).toBe(14 * 86_400_000);
});

it('says nothing about who answers: agreements stay what both sides approved', () => {
  const without = configVersion(read(''));
  expect(configVersion(read('topology: { uplinks: { a: b } }\nmax_maintenance: 1h\n'))).toBe(without);
});

describe('is refused at its line', () => {
  it.each([
    [
      'topology: { uplinks: { a: b, b: a } }',
      /^school\.yaml:6:\d+: topology\.uplinks\.a: expected no circle, but a -> b -> a/,
    ],
    [
      'topology:\n  uplinks:\n    - { device: x, parent: y }\n    - { device: a, parent: b }\n    - { device: b, parent: a }',
      /^school\.yaml:9:7: topology\.uplinks\[1\]: expected no circle/,
    ],
    ['topology: { uplinks: { a: a } }', /expected another parent of "a" than itself/],
    [
      'topology:\n  uplinks:\n    - { device: a, parent: b }\n    - { device: [c, a], parent: b }',
      /^school\.yaml:9:7: .*expected "a" once \(uplinks\[0\] has it\)/,
    ],
    ['topology: { uplinks: { a: "core-*" } }', /expected a device name, or site\/device/],
    ['topology: { uplinks: { "a b": c } }', /a device name, or a glob/],
    ['topology: { uplinks: [] , patience: 1h }', /patience: expected a duration from 0s to 10m/],
    ['topology: { parents: { a: b } }', /topology/],
    ['max_maintenance: 15d', /max_maintenance: expected a duration from 1m to 14d/],
  ])('%s', (text, words) => {
    expect(() => read(`${text}\n`)).toThrow(words);
  });
});
