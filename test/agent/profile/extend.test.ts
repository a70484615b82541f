import { describe, expect, it } from 'vitest';
import { decodeProfile } from '../../../agent/profile/decode.ts';
import { extendProfile } from '../../../agent/profile/extend.ts';
import type { Profile } from '../../../agent/profile/profile.ts';

/** The file `own` of several, with all that it extends. */
function extended(files: Readonly<Record<string, string>>): Profile {
  const decoded = Object.entries(files).map(([name, text]): [string, Profile] => [
    name,
    decodeProfile(text, name).profile,
  ]);
  return extendProfile('own', new Map(decoded)).profile;
}
const scalar = (oid: string, name: string, scale: number): string =>
  `{ symbol: { OID: ${oid}, name: ${name}, scale_factor: ${scale} } }`;
const table = (name: string, ...columns: readonly string[]): string =>
  `{ table: ${name}, symbols: [${columns.map((c, i) => `{ OID: 1.3.6.1.${i + 1}, name: ${c} }`).join(', ')}] }`;
const scales = ({ scalars }: Profile): unknown[] => scalars.map(({ symbol: s }) => [s.name, s.oid, s.scale]);

describe('extends', () => {
  it('depth first, in the order written, the file itself last; the later replaces a scalar of the same name and OID', () => {
    const made = extended({
      own: `extends: [a, b]\nmetrics: [${scalar('1.3.6.1.1.0', 'x', 9)}]`,
      a: `extends: [deep]\nmetrics: [${scalar('1.3.6.1.2.0', 'y', 2)}]`,
      b: `metrics: [${scalar('1.3.6.1.2.0', 'y', 3)}, ${scalar('1.3.6.1.3.0', 'y', 4)}]`,
      deep: `metrics: [${scalar('1.3.6.1.1.0', 'x', 1)}]`,
    });
    expect(scales(made)).toEqual([
      ['x', '1.3.6.1.1.0', 9],
      ['y', '1.3.6.1.2.0', 3],
      ['y', '1.3.6.1.3.0', 4],
    ]);
  });

  it('a column is known by its table and name', () => {
    const made = extended({
      own: `extends: [a]\nmetrics: [${table('t', 'x')}, ${table('u', 'x')}]`,
      a: `metrics: [${table('t', 'x', 'y')}]`,
    });
    expect(made.tables.map((t) => `${t.name}: ${t.symbols.map((s) => s.name)}`)).toEqual(['t: y', 't: x', 'u: x']);
  });

  it('fields and tags are replaced by name, static tags are joined, fields of single models come first', () => {
    const made = extended({
      own: `extends: [a]
metadata: { device: { fields: { vendor: { value: own } } } }
static_tags: ['site:own']
sysobjectid_metadata: [{ sysobjectid: 1.3.6.1.1, metadata: { model: { value: own } } }]
metric_tags: [{ tag: host, symbol: { OID: 1.3.6.1.2.0, name: h } }]`,
      a: `metadata: { device: { fields: { vendor: { value: a }, type: { value: switch } } } }
static_tags: ['site:a', 'zone:a']
sysobjectid_metadata: [{ sysobjectid: 1.3.6.1.1, metadata: { model: { value: a } } }]
metric_tags: [{ tag: host, symbol: { OID: 1.3.6.1.1.0, name: h } }]`,
    });
    expect(Object.fromEntries(made.fields)).toEqual({ vendor: [{ value: 'own' }], type: [{ value: 'switch' }] });
    expect(made.staticTags).toEqual({ site: 'own', zone: 'a' });
    expect(made.fieldsByObjectId.map((f) => f.fields.get('model'))).toEqual([[{ value: 'own' }], [{ value: 'a' }]]);
    expect(made.deviceTags.map((t) => t.symbol.oid)).toEqual(['1.3.6.1.2.0']);
  });
});
