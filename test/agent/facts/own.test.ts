import { describe, expect, it } from 'vitest';
import type { VarBind } from '../../../agent/drivers/snmp-session.ts';
import { ownMetrics, type ProfileMetric } from '../../../agent/facts/own.ts';
import { vitalPart } from '../../../agent/facts/vitals.ts';
import { decodeProfile } from '../../../agent/profile/decode.ts';

const integer = (value: number): VarBind => ({ oid: '', type: 'Integer', value });
const counter = (value: number): VarBind => ({ oid: '', type: 'Counter32', value });
const octets = (value: string | readonly number[]): VarBind => ({
  oid: '',
  type: 'OctetString',
  value: typeof value === 'string' ? Buffer.from(value) : Uint8Array.from(value),
});

type Cells = Readonly<Record<string, VarBind>>;

/** What comes of the metrics of a file that are none of the facts. */
function own(yaml: string, scalars: Cells, columns: Readonly<Record<string, Cells>> = {}): ProfileMetric[] {
  const { profile } = decodeProfile(yaml, 'test.yaml');
  const cells = new Map(Object.entries(columns).map(([column, rows]) => [column, new Map(Object.entries(rows))]));
  return ownMetrics(profile, { scalars: new Map(Object.entries(scalars)), columns: cells });
}

/** The fields of one scalar with these keys. */
function scalarFields(keys: string, value: VarBind): Record<string, number | string> {
  const [metric] = own(`metrics: [{ symbol: { OID: 1.3.9.1.0, name: a, ${keys} } }]`, { '1.3.9.1.0': value });
  return Object.fromEntries(metric?.values ?? []);
}

describe('a value', () => {
  const cases: [string, string, VarBind, Record<string, number | string>][] = [
    ['as it is', 'unit: W', integer(7), { a: 7 }],
    ['scale_factor', 'scale_factor: 0.1', integer(235), { a: 23.5 }],
    ['a text that begins with a number', 'unit: V', octets('23.5 V'), { a: 23.5 }],
    ['a text', 'unit: x', octets('unknown'), { a: 'unknown' }],
    ['extract_value', String.raw`extract_value: '(\d+)C'`, octets('Temp 25C'), { a: 25 }],
    ['extract_value that does not fit drops a metric', String.raw`extract_value: '(\d+)C'`, octets('none'), {}],
    [
      'match_pattern and match_value',
      String.raw`match_pattern: 'v(\d+)\.(\d+)', match_value: '$1$2'`,
      octets('v15.2'),
      { a: 152 },
    ],
    ['match_pattern that does not fit drops it', `match_pattern: 'v(x)', match_value: '$1'`, octets('15'), {}],
    ['mapping: the number, and its word', 'mapping: { 1: up, 2: down }', integer(2), { a: 2, a_text: 'down' }],
    ['mapping that does not know it', 'mapping: { 1: up }', integer(9), { a: 9 }],
    ['mapping to a word that begins with a digit', 'mapping: { 3: 100M }', integer(3), { a: 3, a_text: '100M' }],
    ['mapping of words to numbers', 'mapping: { onBattery: "2" }', octets('onBattery'), { a: 2 }],
    ['mapping and scale_factor', 'mapping: { bad: "50" }, scale_factor: 0.01', octets('bad'), { a: 0.5 }],
    ['enum (Kentik)', 'enum: { up: 1, down: 2 }', integer(2), { a: 2, a_text: 'down' }],
    [
      'mapping of bits',
      'mapping: { mode: bitmask, items: { 1: fan, 2: power, 4: door } }',
      integer(5),
      { a: 5, a_text: 'fan,door' },
    ],
    ['mapping of bits of which none is set', 'mapping: { mode: bitmask, items: { 1: fan } }', integer(0), { a: 0 }],
    ['mapping_ref', 'mapping_ref: ifType', integer(6), { a: 6, a_text: 'ethernetCsmacd' }],
    ['constant_value_one', 'constant_value_one: true', octets('anything'), { a: 1 }],
    ['format mac_address', 'format: mac_address', octets([0, 27, 84, 170, 187, 204]), { a: '001b54aabbcc' }],
    ['format ip_address', 'format: ip_address', octets([10, 0, 0, 7]), { a: '10.0.0.7' }],
    ['format hex', 'format: hex', octets([0xde, 0xad]), { a: 'dead' }],
    ['format uint32', 'format: uint32', octets([0, 0, 1, 4]), { a: 260 }],
    ['format uint32 of a negative number', 'format: uint32', integer(-2), { a: 4_294_967_294 }],
    ['eight octets', 'conversion: "hextoint:BigEndian:uint64"', octets([0, 0, 0, 1, 0, 0, 0, 0]), { a: 2 ** 32 }],
    ['the lowest octet first', 'conversion: "hextoint:LittleEndian:uint32"', octets([4, 1, 0, 0]), { a: 260 }],
    ['format text_date', 'format: text_date', octets('2026-03-09'), { a: '2026-03-09' }],
    [
      'format snmp_dateandtime',
      'format: snmp_dateandtime',
      octets([7, 234, 3, 9, 8, 30, 0, 0]),
      { a: '2026-03-09T08:30:00' },
    ],
    ['conversion to_one (Kentik)', 'conversion: to_one', octets('2 resets'), { a: 1, a_text: '2 resets' }],
    ['conversion engine_id (Kentik)', 'conversion: engine_id', octets([128, 0, 31]), { a: '80001f' }],
    ['conversion regexp (Kentik)', String.raw`conversion: 'regexp:(\d+)'`, octets('load 42'), { a: 42 }],
  ];
  it.each(cases)('%s', (_name, keys, value, expected) => {
    expect(scalarFields(keys, value)).toEqual(expected);
  });

  it('flag_stream: each flag by its place, under its own name', () => {
    const flag = (placement: number, suffix: string): string =>
      `{ symbol: { OID: 1.3.9.1.0, name: s }, metric_type: flag_stream, options: { placement: ${placement}, metric_suffix: ${suffix} } }`;
    const metrics = own(`metrics: [${flag(2, 'OnBattery')}, ${flag(4, 'OnLine')}]`, { '1.3.9.1.0': octets('0101') });
    expect(metrics.flatMap((m) => [...m.values])).toEqual([
      ['s.OnBattery', 1],
      ['s.OnLine', 1],
    ]);
  });

  it('transforms of sensors and of storage take their factors from the row', () => {
    const yaml = `
metrics:
  - { table: t, symbols: [{ OID: 1.3.9.5.4, name: v, transform: '{{ transformEntitySensorValue .Metric }}' }] }
  - { table: u, symbols: [{ OID: 1.3.9.6.5, name: size, transform: '{{ transformHrStorage .Metric }}' }] }
`;
    // Scale 8 is milli, and two digits stand after the point; units are of 4096 octets.
    const rows = own(
      yaml,
      {},
      {
        '1.3.9.5.2': { 1: integer(8) },
        '1.3.9.5.3': { 1: integer(2) },
        '1.3.9.5.4': { 1: integer(4_150_000) },
        '1.3.9.6.4': { 1: integer(4096) },
        '1.3.9.6.5': { 1: integer(10) },
      },
    );
    expect(rows.map((r) => [...r.values][0])).toEqual([
      ['v', 41.5],
      ['size', 40_960],
    ]);
  });
});

describe('counters', () => {
  const kinds: [string, VarBind, number | undefined][] = [
    ['', counter(5), 1],
    ['', integer(5), undefined],
    ['metric_type: gauge', counter(5), undefined],
    ['metric_type: rate', integer(5), 1],
    ['metric_type: counter', integer(5), 1],
    ['metric_type: monotonic_count', counter(5), undefined],
    ['metric_type: monotonic_count_and_rate', integer(5), 1],
    ['metric_type: percent', integer(5), 100],
    ['constant_value_one: true', counter(5), undefined],
  ];
  it.each(kinds)('%s of %o: factor %s', (keys, value, factor) => {
    const [metric] = own(`metrics: [{ symbol: { OID: 1.3.9.1.0, name: a, ${keys} } }]`, { '1.3.9.1.0': value });
    expect(metric?.counters?.get('a')).toBe(factor);
  });
});

describe('names', () => {
  it('several scalars of one name: the first that the device has', () => {
    const yaml = `metrics: ${JSON.stringify([1, 2, 3].map((n) => ({ symbol: { OID: `1.3.9.${n}.0`, name: 'up' } })))}`;
    const metrics = own(yaml, { '1.3.9.2.0': integer(22), '1.3.9.3.0': integer(33) });
    expect(metrics.flatMap((m) => [...m.values])).toEqual([['up', 22]]);
  });

  it('a metric `_x` is read for others of its file, and is neither passed on nor asked for at each reading', () => {
    const yaml = 'metrics: [{ table: t, symbols: [{ OID: 1.3.9.1, name: _a }, { OID: 1.3.9.2, name: b }] }]';
    const [row] = own(yaml, {}, { '1.3.9.1': { 7: integer(1) }, '1.3.9.2': { 7: integer(2) } });
    expect([...row!.values]).toEqual([['b', 2]]);
    const vital = vitalPart(decodeProfile(yaml, 'x.yaml').profile);
    expect(vital.tables.flatMap((t) => t.symbols.map((s) => s.name))).toEqual(['b']);
  });

  it('names of facts are no metrics', () => {
    expect(own('metrics: [{ symbol: { OID: 1.3.9.1.0, name: cpu.usage } }]', { '1.3.9.1.0': integer(5) })).toEqual([]);
  });
});

describe('tags', () => {
  const COLUMNS = {
    '1.3.9.1.2': { '3.7.1': integer(1), '3.7.1.4.10.0.0.7': integer(1) },
    '1.3.9.2.2': { '7.1': octets('Gi0/7') },
    '1.3.9.2.3': { '3.7': octets('left') },
    '1.3.9.2.4': { 12: octets('by name') },
    '1.3.9.2.5': { 12: octets('3') },
    '1.3.9.1.6': { '3.7.1': octets([228, 141, 140, 170, 187, 204]) },
    '1.3.9.1.7': { '3.7.1': octets([192, 0]) },
    '1.3.9.1.8': { '3.7.1': octets('Büro 7') },
    '1.3.9.1.9': { '3.7.1': octets('') },
    '1.3.9.1.10': { '3.7.1': octets('ge-0') },
    '1.3.9.4': { 0: octets('whole') },
    '1.3.9.3.1': { 5: octets([7, 1, 0, 9]), 6: octets([10, 0, 0, 7]) },
    '1.3.9.3.2': { 5: octets('peer five'), 6: octets('peer six') },
  };
  const column = (oid: string, more = ''): string => `symbol: { OID: ${oid}, name: c, ${more} }`;
  const cases: [string, string, Record<string, string>][] = [
    ['index', '{ tag: t, index: 2 }', { t: '7' }],
    ['index with a mapping', '{ tag: t, index: 1, mapping: { 3: ipv6 } }', { t: 'ipv6' }],
    [
      'another table by a part of the index',
      `{ tag: t, table: u, ${column('1.3.9.2.2')}, index_transform: [{ start: 1, end: 2 }] }`,
      { t: 'Gi0/7' },
    ],
    [
      'drop_right',
      `{ tag: t, table: u, ${column('1.3.9.2.3')}, index_transform: [{ start: 0, drop_right: 1 }] }`,
      { t: 'left' },
    ],
    [
      'lookup_symbol',
      `{ tag: t, table: u, ${column('1.3.9.2.4')}, lookup_symbol: { OID: 1.3.9.2.5, name: key }, index_transform: [{ start: 0, end: 0 }] }`,
      { t: 'by name' },
    ],
    [
      'a symbol without an OID is the index',
      `{ tag: t, symbol: { name: c, extract_value: '^[^.]+\\.([^.]+)' } }`,
      { t: '7' },
    ],
    [
      '... with a mapping',
      `{ tag: t, symbol: { name: c, match_pattern: '(1)$' }, mapping: { 1: ipv4 } }`,
      { t: 'ipv4' },
    ],
    ['a column that this row does not have, though another row does', `{ tag: t, ${column('1.3.9.2.4')} }`, {}],
    [
      'a scalar stands beside every row',
      `{ tag: t, ${column('1.3.9.4')} }, { tag: u, ${column('1.3.9.5.0')} }`,
      { t: 'whole', u: 'device' },
    ],
    [
      'the first of one name that has a text',
      `{ tag: t, ${column('1.3.9.1.9')} }, { tag: t, index: 3 }, { tag: t, index: 2 }`,
      { t: '1' },
    ],
    [
      'match makes several',
      String.raw`{ ${column('1.3.9.1.10')}, match: '^(\w+)-(\d+)$', tags: { kind: '\1', n: $2 } }`,
      { kind: 'ge', n: '0' },
    ],
    ['match that does not fit makes none', `{ ${column('1.3.9.1.10')}, match: '^x(.)', tags: { kind: $1 } }`, {}],
    ['extract_value', `{ tag: t, ${column('1.3.9.1.10', "extract_value: '^(..)'")} }`, { t: 'ge' }],
    [
      'extract_value that does not fit keeps a tag',
      `{ tag: t, ${column('1.3.9.1.10', "extract_value: 'x(.)'")} }`,
      { t: 'ge-0' },
    ],
    ['match_pattern that does not fit drops it', `{ tag: t, ${column('1.3.9.1.10', "match_pattern: 'x(.)'")} }`, {}],
    ['an address without a format is its digits', `{ tag: t, ${column('1.3.9.1.6')} }`, { t: 'e48d8caabbcc' }],
    ['so are bits', `{ tag: t, ${column('1.3.9.1.7')} }`, { t: 'c000' }],
    ['text is text', `{ tag: t, ${column('1.3.9.1.8')} }`, { t: 'Büro 7' }],
    ['`_x` is a label without the line', '{ tag: _t, index: 2 }', { t: '7' }],
    ['... unless there is such a tag', '{ tag: _t, index: 2 }, { tag: t, index: 1 }', { t: '3' }],
    ['`rm:x` is for templates only', '{ tag: rm:t, index: 2 }', {}],
    ['static', '{ tag: t, value: core }, "u:edge"', { t: 'core', u: 'edge' }],
  ];
  it.each(cases)('%s', (_name, tags, expected) => {
    const yaml = `metrics: [{ table: t, symbols: [{ OID: 1.3.9.1.2, name: a }], metric_tags: [${tags}] }]`;
    expect(own(yaml, { '1.3.9.5.0': octets('device') }, COLUMNS)[0]?.tags).toEqual(expected);
  });

  it('lookup_symbol cuts its value out of the index, and compares in its format', () => {
    const found = '{ OID: 1.3.9.3.1, name: address, format: ip_address';
    const yaml = `metrics: [{ table: t, symbols: [{ OID: 1.3.9.1.2, name: a }], metric_tags: [{ tag: t, table: u, symbol: { OID: 1.3.9.3.2, name: d }, lookup_symbol: ${found}, extract_value: '^(?:[^.]+\\.){3}4\\.(.*)$' } }] }]`;
    expect(own(yaml, {}, COLUMNS).map((m) => m.tags)).toEqual([{}, { t: 'peer six' }]);
  });

  it('those of the root stand on every metric, what is read before what is fixed, those of the row before both', () => {
    const yaml = `
static_tags: ['site:none', 'owner:it']
metric_tags:
  - { OID: 1.3.9.7.0, symbol: sysLocation, tag: site }
  - { tag: _kind, symbol: { OID: 1.3.9.8.0, name: k }, mapping: { 1: switch } }
metrics:
  - { table: t, symbols: [{ OID: 1.3.9.1.10, name: a }], metric_tags: [{ tag: owner, value: row }] }
  - { symbol: { OID: 1.3.9.9.0, name: b } }
`;
    const scalars = { '1.3.9.7.0': octets('Building 2'), '1.3.9.8.0': integer(1), '1.3.9.9.0': integer(4) };
    expect(own(yaml, scalars, COLUMNS).map((m) => m.tags)).toEqual([
      { site: 'Building 2', owner: 'row', kind: 'switch' },
      { site: 'Building 2', owner: 'it', kind: 'switch' },
    ]);
  });
});
