import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GENERIC_PROFILE } from '../../../agent/profile/bundle.ts';
import { loadProfiles, type ProfileSet } from '../../../agent/profile/load.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bw-profiles-'));
  write('bundle/generic.yaml', scalar('1.3.6.1.9.0', 'generic'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}
const scalar = (oid: string, name: string): string => `metrics: [{symbol: {OID: ${oid}, name: ${name}}}]\n`;
const load = (): ProfileSet => loadProfiles(join(folder, 'user'), join(folder, 'bundle'));
const scalarsOf = (set: ProfileSet, name: string): string[] | undefined =>
  set.profiles.get(name)?.scalars.map((s) => s.symbol.name);

it('the bundled ones load without a warning', () => {
  const { profiles, warnings, disabled } = loadProfiles();
  expect([warnings, disabled]).toEqual([[], []]);
  expect(profiles.get(GENERIC_PROFILE)?.tables.map((t) => t.name)).toEqual(
    expect.arrayContaining(['ifTable', 'ifXTable']),
  );
  expect([...profiles.keys()].filter((n) => n.startsWith('_'))).toEqual([]);
});

it('a bad file disables only itself, and says where', () => {
  write('user/good.yaml', scalar('1.3.6.1.1.0', 'a'));
  write('user/bad.yaml', 'metrics: [\n');
  write('user/list.yaml', '- 1\n');
  write('user/child.yaml', `extends: [bad.yaml]\n${scalar('1.3.6.1.2.0', 'b')}`);
  const set = load();
  expect([...set.profiles.keys()]).toEqual(['generic.yaml', 'child.yaml', 'good.yaml']);
  expect(scalarsOf(set, 'child.yaml')).toEqual(['b']);
  expect(set.warnings).toEqual([
    `${join(folder, 'user/child.yaml')}:1:11: extends[0]: expected a profile that could be loaded, got "bad.yaml"`,
  ]);
  expect(set.disabled).toHaveLength(2);
  expect(set.disabled[0]).toMatch(/bad\.yaml:\d+:\d+: expected valid YAML/);
});

it("a file of the user's folder goes before the bundled one, also for those that extend it", () => {
  write('bundle/_base.yaml', scalar('1.3.6.1.1.0', 'bundled'));
  write('bundle/vendor.yaml', `extends: [_base.yaml]\n${scalar('1.3.6.1.2.0', 'v')}`);
  write('user/_base.yaml', scalar('1.3.6.1.1.0', 'own'));
  expect(scalarsOf(load(), 'vendor.yaml')).toEqual(['own', 'v']);
});

it('looks for a base beside the file, above it, then anywhere', () => {
  write('bundle/_base.yaml', scalar('1.3.6.1.1.0', 'bundled'));
  write('user/netdata/_base.yaml', scalar('1.3.6.1.1.0', 'beside'));
  write('user/netdata/a.yaml', 'extends: [_base.yaml]\n');
  write('user/kentik/vendor/a.yml', 'extends: [system-mib.yml, _base.yaml]\n');
  write('user/kentik/_general/system-mib.yml', scalar('1.3.6.1.1.0', 'elsewhere'));
  const set = load();
  expect(scalarsOf(set, 'netdata/a.yaml')).toEqual(['beside']);
  expect(scalarsOf(set, 'kentik/vendor/a.yml')).toEqual(['elsewhere', 'bundled']);
  expect(set.warnings).toEqual([]);
});

it('a circle is said and cut', () => {
  write('user/a.yaml', `extends: [b.yaml]\n${scalar('1.3.6.1.1.0', 'a')}`);
  write('user/b.yaml', `extends: [a.yaml]\n${scalar('1.3.6.1.2.0', 'b')}`);
  const set = load();
  expect(scalarsOf(set, 'a.yaml')).toEqual(['b', 'a']);
  expect(set.warnings[0]).toContain('a.yaml > b.yaml > a.yaml');
});

it('a folder that is not there is said, not thrown', () => {
  expect(loadProfiles(join(folder, 'none'), join(folder, 'bundle')).disabled).toHaveLength(1);
});

it('reads nothing from the environment or other files', () => {
  process.env['BW_TEST_PROFILE'] = 'secret';
  write('user/a.yaml', `name_file: /etc/hostname\nstatic_tags: ["x:\${BW_TEST_PROFILE}"]\n`);
  expect(load().profiles.get('a.yaml')?.staticTags).toEqual({ x: `\${BW_TEST_PROFILE}` });
  delete process.env['BW_TEST_PROFILE'];
});
