import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUNDLED_TRAPS, type LoadedTraps, loadTraps } from '../../../agent/trap/load.ts';
import type { TrapRule } from '../../../agent/trap/rule.ts';
import { ROOT } from '../../support/source-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bw-traps-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const trap = (oid: string, type: string, more = ''): string =>
  `traps: { X::${type}: { oid: ${oid}, type: ${type}, severity: info, domain: power, message: 'it happened${more}' } }\n`;
const typesOf = (loaded: LoadedTraps): Record<string, string> =>
  Object.fromEntries([...loaded.traps].map(([oid, rule]) => [oid, rule.meaning.type]));

describe('the bundle', () => {
  const loaded = loadTraps(BUNDLED_TRAPS);

  it('loads without a warning, and no trap is described twice', () => {
    expect([loaded.disabled, loaded.warnings]).toEqual([[], []]);
    const each = readdirSync(BUNDLED_TRAPS).map((name) => loadTraps(join(BUNDLED_TRAPS, name)).traps.size);
    expect(each.reduce((a, b) => a + b)).toBe(loaded.traps.size);
  });

  it('what is over with something is something that can happen', () => {
    const meanings = (rule: TrapRule) => [rule.meaning, ...rule.when.map((w) => ({ ...rule.meaning, ...w.gives }))];
    const all = [...new Set(loaded.traps.values())].flatMap(meanings);
    const types = new Set(all.map((m) => m.type));
    expect(all.flatMap((m) => m.clears).filter((type) => !types.has(type))).toEqual([]);
    expect(all.filter((m) => m.clears.length > 0 && m.severity !== 'info').map((m) => m.type)).toEqual([]);
  });
});

it('files of the user go before bundled ones of the same name, and their traps before those of other files', () => {
  write('bundle/ups.yaml', trap('1.3.1', 'a'));
  write('bundle/zzz.yaml', trap('1.3.2', 'b'));
  write('user/ups.yaml', trap('1.3.3', 'c'));
  write('user/aaa.yml', trap('1.3.2', 'd'));
  expect(typesOf(loadTraps(join(folder, 'bundle'), join(folder, 'user')))).toEqual({ '1.3.2': 'd', '1.3.3': 'c' });
});

it('one file will do', () => {
  write('bundle/ups.yaml', trap('1.3.1', 'a'));
  const mine = write('mine.yaml', trap('1.3.1', 'b'));
  expect(typesOf(loadTraps(join(folder, 'bundle'), mine))).toEqual({ '1.3.1': 'b' });
});

it('a bad file disables only itself, says where, and leaves the bundled one of its name', () => {
  write('bundle/ups.yaml', trap('1.3.1', 'a'));
  write('user/ups.yaml', trap('1.3.9', 'x').replace('info', 'dreadful'));
  write('user/broken.yaml', 'traps: [\n');
  write('user/good.yaml', trap('1.3.2', 'b'));
  const loaded = loadTraps(join(folder, 'bundle'), join(folder, 'user'), join(folder, 'nowhere'));
  expect(typesOf(loaded)).toEqual({ '1.3.1': 'a', '1.3.2': 'b' });
  expect(loaded.disabled).toEqual([
    expect.stringMatching(/broken\.yaml:2:1: /),
    expect.stringMatching(/ups\.yaml:1:\d+: traps\.X::x\.severity: expected .*critical.*, got "dreadful"/),
    expect.stringMatching(/nowhere: ENOENT/),
  ]);
});

it('a name that no file gives is said', () => {
  const file = write('a.yaml', trap('1.3.1', 'a', ' at {upsName} for {2} s on {interface}'));
  expect(loadTraps(file).warnings).toEqual(['X::a: no file gives the OID of "upsName"']);
});

it('the example of docs/traps.md loads', () => {
  const page = readFileSync(join(ROOT, 'docs/traps.md'), 'utf8');
  const example = [...page.matchAll(/```yaml\n(.*?)```/gs)]
    .map((m) => m[1]!)
    .find((text) => text.startsWith('objects:'));
  const loaded = loadTraps(write('example.yaml', example!));
  expect([loaded.disabled, loaded.warnings, typesOf(loaded)]).toEqual([
    [],
    [],
    { '1.3.6.1.4.1.99999.0.1': 'fan_failure' },
  ]);
});
