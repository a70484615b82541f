import { describe, expect, it } from 'vitest';
import { decodeProfile } from '../../../agent/profile/decode.ts';
import { ProfileLibrary } from '../../../agent/profile/library.ts';
import { forDevice, isRelative, ownOid } from '../../../agent/profile/relative.ts';

describe('an OID with arcs of the own sysObjectID', () => {
  const own = '1.3.6.1.4.1.259.10.1.43.101';
  it.each([
    ['1.3.6.1.2.1.1.1.0', '1.3.6.1.2.1.1.1.0'],
    ['<sysObjectID>.5.1.3.0', '1.3.6.1.4.1.259.10.1.43.101.5.1.3.0'],
    ['<sysObjectID:1-10>.1.39.2.1.0', '1.3.6.1.4.1.259.10.1.43.1.39.2.1.0'],
    ['1.3.6.1.4.1.171.11.<sysObjectID:10>.5.1', '1.3.6.1.4.1.171.11.43.5.1'],
    ['<sysObjectID:1-12>.1', undefined],
    ['<sysObjectID:0-3>.1', undefined],
    ['<sysObjectID:4-3>.1', undefined],
  ])('%s is %s', (oid, wanted) => {
    expect(ownOid(oid, own)).toBe(wanted);
    expect(ownOid(oid, `.${own}`)).toBe(wanted);
  });

  it('cannot be told without one', () => {
    expect(ownOid('<sysObjectID>.1.0', undefined)).toBeUndefined();
    expect(ownOid('1.3.6.1.0', undefined)).toBe('1.3.6.1.0');
  });
});

const TEXT = `
selector: [{ sysobjectid: [1.3.6.1.4.1.99.*] }]
metadata: { device: { fields: { model: { symbols: [{ OID: <sysObjectID>.1.0, name: a }, { OID: 1.3.6.1.9.0, name: b }] } } } }
metrics:
  - { symbol: { OID: <sysObjectID>.2.0, name: cpu.usage } }
  - { symbol: { OID: <sysObjectID:1-9>.2.0, name: memory.usage } }
  - table: { OID: <sysObjectID:1-8>.3, name: t }
    symbols: [{ OID: <sysObjectID:1-8>.3.1, name: sensor.power, factors: [{ OID: <sysObjectID:1-8>.3.2, name: f }] }]
    where: [{ symbol: { OID: <sysObjectID:1-8>.3.3, name: w }, include: ['1'] }]
    metric_tags: [{ tag: descr, symbol: { OID: <sysObjectID:1-9>.3.4, name: d } }, { tag: n, index: 1 }]
`;

describe('a profile with such OIDs', () => {
  const { profile, warnings } = decodeProfile(TEXT, 'vendor.yaml');
  const generic = decodeProfile('metrics: [{ symbol: { OID: 1.3.6.1.1.0, name: up } }]', 'generic.yaml').profile;
  const library = new ProfileLibrary({
    profiles: new Map([generic, profile].map((p) => [p.file, p])),
  });
  const choose = (sysObjectId: string) => library.choose({ sysObjectId, sysDescr: undefined });

  it('reads without a warning and is known as such', () => {
    expect(warnings).toEqual([]);
    expect([isRelative(profile), isRelative(generic)]).toEqual([true, false]);
  });

  it('is another one for each sysObjectID, without what that is too short for', () => {
    const short = choose('1.3.6.1.4.1.99.5').profile;
    expect(short.scalars.map((s) => s.symbol.oid)).toEqual(['1.3.6.1.1.0', '1.3.6.1.4.1.99.5.2.0']);
    const [table] = short.tables;
    expect(table?.symbols[0]).toMatchObject({
      oid: '1.3.6.1.4.1.99.5.3.1',
      factors: [{ symbol: { oid: '1.3.6.1.4.1.99.5.3.2' } }],
    });
    expect(table?.where[0]?.source).toMatchObject({ symbol: { oid: '1.3.6.1.4.1.99.5.3.3' } });
    expect(table?.tags.map((t) => t.tag)).toEqual(['n']);
    expect(short.fields.get('model')).toMatchObject([
      { symbol: { oid: '1.3.6.1.4.1.99.5.1.0' } },
      { symbol: { oid: '1.3.6.1.9.0' } },
    ]);
    expect(choose('1.3.6.1.4.1.99.6.7').profile.scalars.map((s) => s.symbol.oid)).toEqual([
      '1.3.6.1.1.0',
      '1.3.6.1.4.1.99.6.7.2.0',
      '1.3.6.1.4.1.99.6.7.2.0',
    ]);
  });

  it('is shared by devices with the same sysObjectID, under the names of its files', () => {
    expect(choose('1.3.6.1.4.1.99.5')).toBe(choose('1.3.6.1.4.1.99.5'));
    expect(choose('1.3.6.1.4.1.99.5').files).toEqual(['generic.yaml', 'vendor.yaml']);
  });
});

it('what a value hangs on goes with it: a filter takes its table, a factor its symbol, a lookup its tag', () => {
  const lost = '<sysObjectID:1-30>.1';
  const { profile, warnings } = decodeProfile(
    `metrics:
  - { table: { OID: 1.3.6.1.1, name: filtered }, symbols: [{ OID: 1.3.6.1.1.1, name: a }], where: [{ symbol: { OID: ${lost}, name: w }, include: ['1'] }] }
  - { table: { OID: 1.3.6.1.2, name: scaled }, symbols: [{ OID: 1.3.6.1.2.1, name: a, factors: [{ OID: ${lost}, name: f }] }, { OID: 1.3.6.1.2.2, name: b }] }
  - table: { OID: 1.3.6.1.3, name: looked }
    symbols: [{ OID: 1.3.6.1.3.1, name: a }]
    metric_tags: [{ tag: t, lookup: { symbol: { OID: 1.3.6.1.4.1, name: s }, lookup_symbol: { OID: ${lost}, name: l } } }, { tag: n, index: 1 }]
  - { symbol: { OID: 1.3.6.1.5.0, name: c }, where: [{ symbol: { OID: ${lost}, name: w }, include: ['1'] }] }
`,
    'vendor.yaml',
  );
  expect(warnings).toEqual([]);
  const made = forDevice(profile, '1.3.6.1.4.1.99');
  expect(made.tables.map((t) => [t.name, ...t.symbols.map((s) => s.name), ...t.tags.map((tag) => tag.tag)])).toEqual([
    ['scaled', 'b'],
    ['looked', 'a', 'n'],
  ]);
  expect(made.scalars).toEqual([]);
});
