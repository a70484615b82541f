import { describe, expect, it } from 'vitest';
import { decodeProfile } from '../../../agent/profile/decode.ts';
import { behind } from '../../../agent/profile/foreign.ts';
import type { Profile } from '../../../agent/profile/profile.ts';
import { combine, oidFit, selectProfiles } from '../../../agent/profile/select.ts';

const profile = (file: string, text: string): Profile => {
  const decoded = decodeProfile(text, file);
  expect(decoded.warnings).toEqual([]);
  return decoded.profile;
};
/** Files that apply, the closest last. */
const chosen = (profiles: readonly Profile[], sysObjectId: string, sysDescr = ''): string[] =>
  selectProfiles(profiles, { sysObjectId, sysDescr }, () => undefined).map((s) => s.profile.file);

describe('an OID pattern', () => {
  it.each([
    ['1.3.6.1.4.1.9', '1.3.6.1.4.1.9', { exact: true, literal: 13 }],
    ['1.3.6.1.4.1.9', '1.3.6.1.4.1.9.1', undefined],
    ['1.3.6.1.4.1.9.*', '1.3.6.1.4.1.9.1.5', { exact: false, literal: 14 }],
    ['1.3.6.1.4.1.9.*', '1.3.6.1.4.1.99.1', undefined],
    ['1.3.6.1.4.1.9.', '1.3.6.1.4.1.9.1', { exact: false, literal: 14 }],
    ['1.3.6.1.4.1.9.*.7', '1.3.6.1.4.1.9.1.7', { exact: false, literal: 14 }],
    ['1.3.6.1.4.1.9*', '1.3.6.1.4.1.99', { exact: false, literal: 13 }],
    ['*', '1.3', { exact: false, literal: 0 }],
    [String.raw`/^1\.3\.6\.(1|2)\.\d$/`, '1.3.6.2.5', { exact: false, literal: 6 }],
    [String.raw`/^1\.3\.6\.(1|2)\.\d$/`, '1.3.6.3.5', undefined],
  ])('%s for %s', (pattern, oid, expected) => expect(oidFit(pattern, oid)).toEqual(expected));
});

describe('a selector (Netdata)', () => {
  const one = profile(
    'one.yaml',
    `selector:
  - sysobjectid: { include: [1.3.6.1.4.1.9.*], exclude: [1.3.6.1.4.1.9.7] }
    sysdescr: { include: [IOS, NX-OS], exclude: [lab] }
  - sysobjectid: [1.3.6.1.4.1.10]`,
  );
  it.each([
    ['all of a rule hold', '1.3.6.1.4.1.9.1', 'Cisco ios 15', true],
    ['the text is missing', '1.3.6.1.4.1.9.1', 'Cisco', false],
    ['the number is excluded', '1.3.6.1.4.1.9.7', 'Cisco IOS', false],
    ['the text is excluded', '1.3.6.1.4.1.9.1', 'IOS in the LAB', false],
    ['another rule holds', '.1.3.6.1.4.1.10', '', true],
    ['none holds', '1.3.6.1.4.1.11', 'IOS', false],
  ])('%s', (_name, oid, descr, expected) => expect(chosen([one], oid, descr)).toEqual(expected ? ['one.yaml'] : []));

  it('several files apply, the closest last', () => {
    const all = profile('all.yaml', 'selector: [{ sysobjectid: [1.3.6.1.4.1.9.*] }]');
    const exact = profile('exact.yaml', 'selector: [{ sysobjectid: [1.3.6.1.4.1.9.1.5] }]');
    const near = profile('near.yaml', 'selector: [{ sysobjectid: [1.3.6.1.4.1.9.1.*] }]');
    expect(chosen([exact, near, all], '1.3.6.1.4.1.9.1.5')).toEqual(['all.yaml', 'near.yaml', 'exact.yaml']);
  });
});

describe('a root sysobjectid (Datadog, Kentik)', () => {
  const files = ['1.3.6.1.4.1.9.*', '1.3.6.1.4.1.9.1.*', '1.3.6.1.4.1.9.1.5'].map((oid, i) =>
    profile(`${i}.yaml`, `sysobjectid: ${oid}`),
  );
  it.each([
    ['1.3.6.1.4.1.9.1.5', '2.yaml'],
    ['1.3.6.1.4.1.9.1.6', '1.yaml'],
    ['1.3.6.1.4.1.9.2', '0.yaml'],
  ])('of those that fit %s only the closest applies', (oid, file) => expect(chosen(files, oid)).toEqual([file]));

  it("another project's does not compete with ours", () => {
    const ours = profile('ours.yaml', 'sysobjectid: 1.3.6.1.4.1.9.*');
    const theirs = behind(profile('theirs.yaml', 'sysobjectid: 1.3.6.1.4.1.9.1.5'));
    expect(chosen([ours, theirs], '1.3.6.1.4.1.9.1.5')).toEqual(['ours.yaml', 'theirs.yaml']);
  });
});

describe('profiles put together', () => {
  const table = (tag: string): string =>
    `metrics: [{ table: t, symbols: [{ OID: 1.3.6.1.9.1, name: cpu.usage }], metric_tags: [{ tag: ${tag}, index: 1 }] }]`;
  const fields = (model: string): string => `metadata: { device: { fields: { model: { value: ${model} } } } }`;
  const base = profile('generic.yaml', `${table('descr')}\n${fields('base')}`);
  const tagsOf = ({ tables }: Profile): string[] => tables.map((t) => `${t.rank} ${t.tags[0]!.tag}`);

  it('the closer replaces a column of the same table and name, and its fields come first', () => {
    const made = combine([base, profile('v.yaml', `${table('own')}\n${fields('closer')}`)]);
    expect(tagsOf(made)).toEqual(['0 own']);
    expect(made.fields.get('model')).toEqual([{ value: 'closer' }, { value: 'base' }]);
  });

  it("another project's replaces nothing, and its fields are apart", () => {
    const theirs = behind(profile('x.yaml', `sysobjectid: 1.3\n${table('cpu')}\n${fields('theirs')}`));
    const made = combine([base, theirs, profile('v.yaml', fields('ours'))]);
    expect(tagsOf(made)).toEqual(['0 descr', '30 cpu']);
    expect(made.fields.get('model')).toEqual([{ value: 'ours' }, { value: 'base' }]);
    expect(made.lastFields?.fields.get('model')).toEqual([{ value: 'theirs' }]);
  });
});
