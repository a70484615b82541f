import { expect, it } from 'vitest';
import { decodeProfile } from '../../../agent/profile/decode.ts';
import { extendProfile } from '../../../agent/profile/extend.ts';
import type { Profile } from '../../../agent/profile/profile.ts';

const BASE = `
metadata: { device: { fields: { model: { symbol: { OID: 1.3.6.1.4.1.99.2.1.0, name: m } }, vendor: { value: Maker } } } }
metrics:
  - { symbol: { OID: 1.3.6.1.4.1.99.1.0, name: cpu.usage } }
  - { symbol: { OID: 1.3.6.1.4.1.991.1.0, name: other } }
  - table: { OID: 1.3.6.1.4.1.99.3, name: t }
    symbols: [{ OID: 1.3.6.1.4.1.99.3.1, name: sensor.power }]
    where: [{ symbol: { OID: 1.3.6.1.4.1.99.3.2, name: w }, include: ['1'] }]
    metric_tags: [{ tag: descr, lookup: { symbol: { OID: 1.3.6.1.4.1.99.4.1, name: a }, lookup_symbol: { OID: 1.3.6.1.4.1.99.4.2, name: b } } }]
`;

it('a file that extends another says where the objects of that one stand', () => {
  const decoded = [
    decodeProfile(BASE, '_maker.yaml'),
    decodeProfile(
      `extends: [_maker.yaml]
moved: [{ from: 1.3.6.1.4.1.99, to: 1.3.6.1.4.1.7.5 }, { from: 1.3.6.1.4.1.99.3, to: 1.3.6 }]
metrics: [{ symbol: { OID: 1.3.6.1.4.1.99.9.0, name: own } }]`,
      'vendor.yaml',
    ),
  ];
  const files = new Map<string, Profile>(decoded.map(({ profile }) => [profile.file, profile]));
  const { profile } = extendProfile('vendor.yaml', files);
  expect(decoded.flatMap((d) => d.warnings)).toEqual([]);
  // The first that fits; not what only begins with the same digits, and not what the file itself reads.
  expect(profile.scalars.map((s) => s.symbol.oid)).toEqual([
    '1.3.6.1.4.1.7.5.1.0',
    '1.3.6.1.4.1.991.1.0',
    '1.3.6.1.4.1.99.9.0',
  ]);
  expect(profile.fields.get('model')).toMatchObject([{ symbol: { oid: '1.3.6.1.4.1.7.5.2.1.0' } }]);
  expect(profile.fields.get('vendor')).toEqual([{ value: 'Maker' }]);
  const [table] = profile.tables;
  expect(table?.symbols[0]?.oid).toBe('1.3.6.1.4.1.7.5.3.1');
  expect(table?.where[0]?.source).toMatchObject({ symbol: { oid: '1.3.6.1.4.1.7.5.3.2' } });
  expect(table?.tags[0]?.source).toMatchObject({
    symbol: { oid: '1.3.6.1.4.1.7.5.4.1' },
    lookup: { oid: '1.3.6.1.4.1.7.5.4.2' },
  });
});

it('with several places everything is read in each of them, and what is not moved once', () => {
  const decoded = [
    decodeProfile(BASE, '_maker.yaml'),
    decodeProfile(
      'extends: [_maker.yaml]\nmoved: [{ from: 1.3.6.1.4.1.99, to: [1.3.6.1.4.1.7, 1.3.6.1.4.1.8] }]',
      'v.yaml',
    ),
  ];
  const files = new Map<string, Profile>(decoded.map(({ profile }) => [profile.file, profile]));
  const { profile } = extendProfile('v.yaml', files);
  expect(profile.scalars.map((s) => s.symbol.oid)).toEqual([
    '1.3.6.1.4.1.7.1.0',
    '1.3.6.1.4.1.991.1.0',
    '1.3.6.1.4.1.8.1.0',
  ]);
  expect(profile.tables.map((t) => t.symbols[0]?.oid)).toEqual(['1.3.6.1.4.1.7.3.1', '1.3.6.1.4.1.8.3.1']);
  expect(profile.fields.get('model')).toMatchObject([
    { symbol: { oid: '1.3.6.1.4.1.7.2.1.0' } },
    { symbol: { oid: '1.3.6.1.4.1.8.2.1.0' } },
  ]);
  expect(profile.fields.get('vendor')).toEqual([{ value: 'Maker' }]);
});

it('half a move is a warning and moves nothing', () => {
  const { profile, warnings } = decodeProfile('moved: [{ from: 1.3.6.1 }]', 'vendor.yaml');
  expect(profile.moved).toBeUndefined();
  expect(warnings.map((w) => `${w.path}: ${w.expected}`)).toEqual(['moved[0]: from and to']);
});
