import { describe, expect, it } from 'vitest';
import { decodeProfile } from '../../../agent/profile/decode.ts';
import type { DecodedProfile, Profile, ProfileSymbol, RowTag, TagSource } from '../../../agent/profile/profile.ts';
import { formatProblem } from '../../../runtime/config-error.ts';

const read = (text: string): DecodedProfile => decodeProfile(text, 'dir/x.yaml');
const profile = (text: string): Profile => read(text).profile;
const warnings = (text: string): string[] => read(text).warnings.map(formatProblem);
const A = { oid: '1.3.6.1.4.1.9.1.1', name: 'a', type: undefined };
/** What a symbol says besides its OID, name and type. */
const symbolOf = (keys: string): Partial<ProfileSymbol> => {
  const decoded = read(`metrics: [{symbol: {OID: 1.3.6.1.4.1.9.1.0, name: a, ${keys}}}]`);
  const { oid: _oid, name: _name, type: _type, ...rest } = decoded.profile.scalars[0]!.symbol;
  return rest;
};
/** The first tag of a table. */
const tagOf = (tag: string): RowTag => {
  const decoded = profile(`metrics: [{table: t, symbols: [{OID: 1.3.6.1.4.1.9.1.1, name: a}], metric_tags: [${tag}]}]`);
  return decoded.tables[0]!.tags[0]!;
};
const sourceOf = (tag: string): TagSource => tagOf(tag).source;
const COLUMN = '{OID: 1.3.6.1.4.1.9.1.2, name: c}';
const C = { oid: '1.3.6.1.4.1.9.1.2', name: 'c', type: undefined };

describe('root', () => {
  const cases: [string, string, Partial<Profile>][] = [
    [
      'sysobjectid, one, with a leading dot',
      'sysobjectid: .1.3.6.1.4.1.9.1.*',
      { selectors: [selector(['1.3.6.1.4.1.9.1.*'])] },
    ],
    [
      'sysobjectid, several',
      'sysobjectid: [1.3.6.1.4.1.9, 1.3.6.1.4.1.10.*]',
      { selectors: [selector(['1.3.6.1.4.1.9', '1.3.6.1.4.1.10.*'])] },
    ],
    ['extends', 'extends: [_a.yaml, b.yml]', { extends: ['_a.yaml', 'b.yml'] }],
    ['device.vendor', 'device: {vendor: cisco}', { fields: new Map([['vendor', [{ value: 'cisco' }]]]) }],
    [
      'device.vendor gives way to metadata',
      'device: {vendor: old}\nmetadata: {device: {fields: {vendor: {value: new}}}}',
      { fields: new Map([['vendor', [{ value: 'new' }]]]) },
    ],
    [
      'metadata: value, symbol, symbols; what is read before what is fixed',
      `metadata: {device: {fields: {model: {symbol: ${COLUMN}}, version: {value: v, symbols: [${COLUMN}, {OID: 1.3.6.1.0, name: d}]}}}}`,
      {
        fields: new Map([
          ['model', [{ symbol: C }]],
          ['version', [{ symbol: C }, { symbol: { oid: '1.3.6.1.0', name: 'd', type: undefined } }, { value: 'v' }]],
        ]),
      },
    ],
    [
      'sysobjectid_metadata',
      'sysobjectid_metadata: [{sysobjectid: 1.3.6.1.4.1.9.1.5, metadata: {model: {value: C2960}}}]',
      {
        fieldsByObjectId: [{ pattern: '1.3.6.1.4.1.9.1.5', fields: new Map([['model', [{ value: 'C2960' }]]]) }],
      },
    ],
    [
      'metric_tags of the device, in the newer and the oldest form',
      'metric_tags: [{tag: host, symbol: {OID: 1.3.6.1.2.1.1.5.0, name: sysName}}, {OID: 1.3.6.1.2.1.1.6.0, symbol: sysLocation, tag: place}]',
      {
        deviceTags: [
          { tag: 'host', symbol: { oid: '1.3.6.1.2.1.1.5.0', name: 'sysName', type: undefined } },
          { tag: 'place', symbol: { oid: '1.3.6.1.2.1.1.6.0', name: 'sysLocation', type: undefined } },
        ],
      },
    ],
    [
      'metric_tags of the device by match',
      String.raw`metric_tags: [{symbol: {OID: 1.3.6.1.2.1.1.5.0, name: n}, match: '(\w+)-(\w+)', tags: {site: \1, kind: \2}}]`,
      {
        deviceTags: [
          {
            tag: 'site',
            symbol: {
              oid: '1.3.6.1.2.1.1.5.0',
              name: 'n',
              type: undefined,
              match: { pattern: /(\w+)-(\w+)/, value: '$1' },
            },
          },
          {
            tag: 'kind',
            symbol: {
              oid: '1.3.6.1.2.1.1.5.0',
              name: 'n',
              type: undefined,
              match: { pattern: /(\w+)-(\w+)/, value: '$2' },
            },
          },
        ],
      },
    ],
    [
      'static_tags in both forms, the first of one name',
      'static_tags: ["a:b:c", {tag: d, value: 5}, "a:later"]',
      { staticTags: { a: 'b:c', d: '5' } },
    ],
    ['without', 'without: [ifXTable]', { without: ['ifXTable'] }],
    [
      'metadata: match and tags are several fields',
      String.raw`metadata: {device: {fields: {type: {symbol: {OID: 1.3.6.1.0, name: d, match: '^(\S+) (.*)$', tags: {os_name: $1, model: \2}}}}}}`,
      {
        fields: new Map(
          ['os_name', 'model'].map((field, i) => [
            field,
            [
              {
                symbol: {
                  oid: '1.3.6.1.0',
                  name: 'd',
                  type: undefined,
                  match: { pattern: /^(\S+) ([^\n]*)$/, value: `$${i + 1}` },
                },
              },
            ],
          ]),
        ),
      },
    ],
    ['matches (Kentik)', 'matches: {"^pf": pf.yml}', { matches: new Map([['^pf', 'pf.yml']]) }],
    ['names for people', 'name: x\ndescription: y\nversion: 2', {}],
    ['provider (Kentik)', 'provider: kentik-switch', { fields: new Map([['type', [{ value: 'kentik-switch' }]]]) }],
  ];
  it.each(cases)('%s', (_name, text, expected) => {
    expect(warnings(text)).toEqual([]);
    expect(profile(text)).toEqual({ ...EMPTY, ...expected });
  });

  it('root tags by column (Kentik) are tags of the rows of every table of the file', () => {
    const { tables, deviceTags } = profile(`
metrics:
  - {table: {name: t}, symbols: [{OID: 1.3.6.1.4.1.9.1.1, name: a}], metric_tags: [{tag: own, index: 1}]}
  - {table: {name: u}, symbols: [{OID: 1.3.6.1.4.1.9.1.3, name: b}]}
metric_tags: [{tag: c, column: ${COLUMN}}, {column: {OID: 1.3.6.1.4.1.8.1, name: serial}}, {column: {OID: 1.3.6.1.4.1.7.1.0, name: model}}]
`);
    expect(tables.map((t) => t.tags.map((tag) => tag.tag))).toEqual([
      ['own', 'c', 'serial'],
      ['c', 'serial'],
    ]);
    // An object without an instance beside no other column may be a scalar: it is asked as both.
    expect(deviceTags.map((t) => [t.tag, t.symbol.oid])).toEqual([
      ['serial', '1.3.6.1.4.1.8.1.0'],
      ['model', '1.3.6.1.4.1.7.1.0'],
    ]);
  });
});

describe('selector', () => {
  const cases: [string, string, Profile['selectors']][] = [
    [
      'include and exclude of both',
      '{sysobjectid: {include: [1.3.6.1.4.1.9.*], exclude: [.1.3.6.1.4.1.9.9]}, sysdescr: {include: [IOS], exclude: [lab]}}',
      [
        {
          sysObjectId: { include: ['1.3.6.1.4.1.9.*'], exclude: ['1.3.6.1.4.1.9.9'] },
          sysDescr: { include: ['IOS'], exclude: ['lab'] },
          present: [],
        },
      ],
    ],
    [
      'present',
      '{present: [.1.3.6.1.4.1.9.9.1, 1.3.6.1.4.1.9.9.2.*]}',
      [{ ...selector([]), exclusive: undefined, present: ['1.3.6.1.4.1.9.9.1', '1.3.6.1.4.1.9.9.2'] }],
    ],
    [
      'a regular expression (Netdata)',
      String.raw`{sysobjectid: {include: ['^1\.3\.6\.1\.4\.1\.9\.(1|5)\.\d+$']}}`,
      [{ ...selector([String.raw`/^1\.3\.6\.1\.4\.1\.9\.(1|5)\.\d+$/`]), exclusive: undefined }],
    ],
    [
      'a bare list is what to include, a pattern stays as written',
      '{sysdescr: [/^IOS/i]}',
      [{ ...selector([]), exclusive: undefined, sysDescr: { include: ['/^IOS/i'], exclude: [] } }],
    ],
  ];
  it.each(cases)('%s', (_name, text, expected) => {
    expect(warnings(`selector: [${text}]`)).toEqual([]);
    expect(profile(`selector: [${text}]`).selectors).toEqual(expected);
  });

  it.each([
    ['an OID that is none', '{sysobjectid: {include: [abc]}}', 'an OID, with or without *'],
    ['a pattern that is none', '{sysdescr: {include: [/(/]}}', 'a text or a /regular expression/'],
    ['nothing to fulfil', '{sysobjectid: {exclude: [1.3.6]}}', 'a condition that a device can fulfil'],
  ])('a rule with %s is left out whole: it would fit too much', (_name, text, expected) => {
    expect(profile(`selector: [${text}, {sysdescr: [x]}]`).selectors).toHaveLength(1);
    expect(warnings(`selector: [${text}]`)[0]).toContain(`expected ${expected}`);
  });
});

describe('metrics', () => {
  it('a scalar, in the newer and the older forms', () => {
    const text = `
metrics:
  - {MIB: X-MIB, symbol: {OID: .1.3.6.1.2.1.1.3.0, name: up}, forced_type: gauge}
  - {OID: 1.3.6.1.2.1.1.7.0, name: old}
  - {OID: 1.3.6.1.2.1.1.8.0, symbol: oldest, metric_type: rate, unit: "By"}
`;
    expect(warnings(text)).toEqual([]);
    expect(profile(text).scalars.map((s) => s.symbol)).toEqual([
      { oid: '1.3.6.1.2.1.1.3.0', name: 'up', type: 'gauge' },
      { oid: '1.3.6.1.2.1.1.7.0', name: 'old', type: undefined },
      { oid: '1.3.6.1.2.1.1.8.0', name: 'oldest', type: 'rate', unit: 'By' },
    ]);
  });

  it('several scalars as symbols of an entry without a table (Kentik)', () => {
    const text =
      'metrics: [{MIB: U, symbols: [{OID: 1.3.6.1.2.1.33.1.0, name: a}, {OID: 1.3.6.1.2.1.33.2.0, name: b}]}]';
    const decoded = read(text);
    expect(decoded.profile.tables).toEqual([]);
    expect(decoded.profile.scalars.map((s) => s.symbol.name)).toEqual(['a', 'b']);
    expect([decoded.loaded, decoded.total]).toEqual([2, 2]);
  });

  it.each([
    ['a table by name and OID', 'table: {OID: 1.3.6.1.4.1.9, name: t}', 't'],
    ['a table by name', 'table: t', 't'],
    ['a table by OID', 'table: {OID: .1.3.6.1.4.1.9}', '1.3.6.1.4.1.9'],
    ['a table without a name', 'MIB: X', 'a'],
  ])('%s', (_name, table, expected) => {
    expect(profile(`metrics: [{${table}, symbols: [{OID: 1.3.6.1.4.1.9.1.1, name: a}]}]`).tables[0]).toEqual({
      name: expected,
      symbols: [A],
      tags: [],
      where: [],
      rank: 0,
      aggregate: undefined,
    });
  });

  it.each([
    ['metric_type of the symbol before that of the entry', 'metric_type: rate', 'metric_type: gauge', 'gauge'],
    ['metric_type of the entry', 'metric_type: monotonic_count_and_rate', '', 'monotonic_count_and_rate'],
    ['forced_type', 'forced_type: percent', '', 'percent'],
    ['counter', 'forced_type: counter', '', 'counter'],
  ])('%s', (_name, entry, symbol, expected) => {
    const text = `metrics: [{table: t, ${entry}, symbols: [{OID: 1.3.6.1.4.1.9.1.1, name: a, ${symbol}}]}]`;
    expect(profile(text).tables[0]!.symbols[0]!.type).toBe(expected);
  });

  it('scalars among the columns of a table (Kentik) are scalars, without the tags of its rows', () => {
    const { scalars, tables } = profile(
      'metrics: [{table: t, symbols: [{OID: 1.3.6.1.4.1.9.1.1, name: a}, {OID: 1.3.6.1.4.1.9.2.0, name: s}], metric_tags: [{tag: i, index: 1}]}]',
    );
    expect(tables[0]!.symbols.map((s) => s.name)).toEqual(['a']);
    expect(scalars).toMatchObject([{ symbol: { name: 's' }, tags: [] }]);
  });

  it.each(['symbol: {OID: 1.3.6.1.4.1.9.1.0, name: a}', 'table: t, symbols: [{OID: 1.3.6.1.4.1.9.1, name: a}]'])(
    'name and chart_meta of the entry (Netdata): %s',
    (entry) => {
      const text = `metrics: [{name: x, chart_meta: {description: d, unit: seconds}, ${entry}}]`;
      expect(warnings(text)).toEqual([]);
      const { scalars, tables } = profile(text);
      expect([...scalars.map((s) => s.symbol), ...tables.flatMap((t) => t.symbols)]).toMatchObject([
        { unit: 'seconds' },
      ]);
    },
  );

  it('columns of another table stand where they are listed', () => {
    const text =
      'metrics: [{table: {OID: 1.3.6.1.2.1.2.2, name: ifTable}, symbols: [{OID: 1.3.6.1.2.1.31.1.1.1.6, name: hc}]}]';
    expect(profile(text).tables.map((t) => [t.name, t.symbols[0]!.oid])).toEqual([
      ['ifTable', '1.3.6.1.2.1.31.1.1.1.6'],
    ]);
  });

  it('flag_stream: one character of the text is the value', () => {
    const [scalar] = profile(
      'metrics: [{symbol: {OID: 1.3.6.1.4.1.318.1.0, name: state}, forced_type: flag_stream, options: {placement: 4, metric_suffix: OnBattery}}]',
    ).scalars;
    expect(scalar!.symbol).toMatchObject({ name: 'state.OnBattery', type: 'flag_stream' });
    expect(scalar!.symbol.extract!.exec('0001000')?.[1]).toBe('1');
  });

  it('a count of rows may name no object: the rows are those of the first tag by column', () => {
    const text = `metrics: [{table: t, symbols: [{name: n, constant_value_one: true}], metric_tags: [{index: 1, tag: i}, {tag: c, symbol: ${COLUMN}}]}]`;
    expect(warnings(text)).toEqual([]);
    expect(profile(text).tables[0]!.symbols).toEqual([{ ...C, name: 'n', constantOne: true }]);
  });

  it('rank, where, aggregate and static_tags of an entry', () => {
    const [table] = profile(`
metrics:
  - table: t
    rank: 20
    symbols: [{OID: 1.3.6.1.4.1.9.1.1, name: a}]
    static_tags: ["kind:core"]
    where:
      - {column: ${COLUMN}, include: [1, two]}
      - {index: 2, exclude: [0], pattern: '^\\d+$'}
    aggregate: {function: avg, by: [slot]}
`).tables;
    expect(table).toMatchObject({
      rank: 20,
      tags: [{ tag: 'kind', source: { kind: 'static', value: 'core' } }],
      where: [
        {
          source: { kind: 'column', symbol: C, parts: [] },
          include: new Set(['1', 'two']),
          exclude: new Set(),
          pattern: undefined,
        },
        {
          source: { kind: 'index', position: 2 },
          include: undefined,
          exclude: new Set(['0']),
          pattern: /^\d+$/,
        },
      ],
      aggregate: { function: 'avg', by: ['slot'] },
    });
  });
});

describe('symbol', () => {
  const cases: [string, string, Partial<ProfileSymbol>][] = [
    ['extract_value', String.raw`extract_value: 'V(\d+)'`, { extract: /V(\d+)/ }],
    ['match_pattern, $1', `match_pattern: 'V(\\d)', match_value: v$1`, { match: { pattern: /V(\d)/, value: 'v$1' } }],
    [
      String.raw`match_pattern, \1`,
      String.raw`match_pattern: '(x)', match_value: 'v\1'`,
      { match: { pattern: /(x)/, value: 'v$1' } },
    ],
    ['a pattern of Go', `extract_value: '(?i)ver (?P<v>x)'`, { extract: /ver (?<v>x)/i }],
    ['scale_factor', 'scale_factor: 0.1', { scale: 0.1 }],
    ['scale_factor as text', 'scale_factor: "0.01"', { scale: 0.01 }],
    ...(['mac_address', 'ip_address', 'hex', 'uint32', 'text_date', 'snmp_dateandtime'] as const).map(
      (format): [string, string, Partial<ProfileSymbol>] => [`format ${format}`, `format: ${format}`, { format }],
    ),
    ['constant_value_one', 'constant_value_one: true', { constantOne: true }],
    ['mapping', 'mapping: {1: up, 2: "off", 3: true}', { mapping: exact({ 1: 'up', 2: 'off', 3: 'true' }) }],
    ['mapping with a mode', 'mapping: {mode: exact, items: {1: up}}', { mapping: exact({ 1: 'up' }) }],
    [
      'mapping of bits',
      'mapping: {mode: bitmask, items: {1: fan, 2: power}}',
      { mapping: { ...exact({ 1: 'fan', 2: 'power' }), mode: 'bitmask' } },
    ],
    [
      'enum (Kentik), the first of one number',
      'enum: {true: 1, up: 2, also: 2}',
      { mapping: exact({ 1: 'true', 2: 'up' }) },
    ],
    ['chart_meta', 'chart_meta: {description: d, family: f, type: line, unit: "By"}', { unit: 'By' }],
    ['unit', 'unit: W', { unit: 'W' }],
    ['conversion hwaddr', 'conversion: hwaddr', { format: 'mac_address' }],
    ['conversion regexp', String.raw`conversion: 'regexp:^(\d+)'`, { extract: /^(\d+)/ }],
    ['conversion hextoint', 'conversion: "hextoint:BigEndian:uint32"', { format: 'uint32' }],
    ['conversion hextoint, 64 bits', 'conversion: "hextoint:BigEndian:uint64"', { format: 'uint32' }],
    [
      'conversion hextoint, the lowest first',
      'conversion: "hextoint:LittleEndian:uint16"',
      { format: 'little_endian' },
    ],
    ['conversion hextoip', 'conversion: hextoip', { format: 'ip_address' }],
    ...(['mw_to_dbm', 'fahrenheit_to_celsius', '100_minus', 'channel_to_mhz'] as const).map(
      (conversion): [string, string, Partial<ProfileSymbol>] => [
        conversion,
        `conversion: ${conversion}`,
        { conversion },
      ],
    ),
    ['transform of sensors', 'transform: "{{- transformEntitySensorValue .Metric -}}"', { transform: 'entity_sensor' }],
    ['transform of storage', 'transform: "{{ transformHrStorage .Metric }}"', { transform: 'hr_storage' }],
    ['missing', 'missing: [-1, 65535]', { missing: new Set(['-1', '65535']) }],
    [
      'factors',
      'factors: [{OID: 1.3.6.1.4.1.9.1.9, power: -1}, {OID: 1.3.6.1.4.1.9.1.8, name: f, mapping: {1: 10}, missing: [0]}]',
      {
        factors: [
          { symbol: { oid: '1.3.6.1.4.1.9.1.9', name: '1.3.6.1.4.1.9.1.9', type: undefined }, power: -1 },
          {
            symbol: {
              oid: '1.3.6.1.4.1.9.1.8',
              name: 'f',
              type: undefined,
              mapping: exact({ 1: '10' }),
              missing: new Set(['0']),
            },
            power: undefined,
          },
        ],
      },
    ],
  ];
  it.each(cases)('%s', (_name, keys, expected) => {
    expect(warnings(`metrics: [{symbol: {OID: 1.3.6.1.4.1.9.1.0, name: a, ${keys}}}]`)).toEqual([]);
    expect(symbolOf(keys)).toEqual(expected);
  });

  it.each(['ifType', 'ifTypeGroup'])('mapping_ref %s', (ref) => {
    const items = symbolOf(`mapping_ref: ${ref}`).mapping!.items;
    expect(items.get('6')).toBe(ref === 'ifType' ? 'ethernetCsmacd' : 'ethernet');
    expect(items.get('161')).toBe(ref === 'ifType' ? 'ieee8023adLag' : 'aggregation');
  });

  it('tag (Kentik) is another name', () => {
    expect(profile('metrics: [{symbol: {OID: 1.3.6.1.0, name: cseSysCPU, tag: CPU}}]').scalars[0]!.symbol.name).toBe(
      'CPU',
    );
  });

  it.each([
    ['an OID', 'OID: abc, name: b', 'an OID of numbers'],
    ['a pattern', `OID: 1.3.6.2.0, name: b, extract_value: '('`, 'a regular expression'],
    ['a format', 'OID: 1.3.6.2.0, name: b, format: rot13', 'one of mac_address'],
    ['a type', 'OID: 1.3.6.2.0, name: b, metric_type: histogram', 'one of gauge'],
    ['a number', 'OID: 1.3.6.2.0, name: b, scale_factor: ten', 'a number'],
    ['a mapping', 'OID: 1.3.6.2.0, name: b, mapping: [1]', 'a mapping of values to names'],
    ['a template', 'OID: 1.3.6.2.0, name: b, transform: "{{ setValue .Metric 0 }}"', 'transformEntitySensorValue'],
    ['a conversion', 'OID: 1.3.6.2.0, name: b, conversion: powerset_status', 'one of mw_to_dbm'],
    ['a factor', 'OID: 1.3.6.2.0, name: b, factors: [{OID: x}]', 'an OID of numbers'],
  ])('%s that cannot be read costs that symbol only', (_name, keys, expected) => {
    const decoded = read(`metrics: [{table: t, symbols: [{OID: 1.3.6.1, name: a}, {${keys}}]}]`);
    expect(decoded.profile.tables[0]!.symbols.map((s) => s.name)).toEqual(['a']);
    expect([decoded.loaded, decoded.total]).toEqual([1, 2]);
    expect(decoded.warnings).toHaveLength(1);
    expect(formatProblem(decoded.warnings[0]!)).toMatch(
      new RegExp(`^dir/x\\.yaml:1:\\d+: metrics\\[0\\]\\.symbols\\[1\\].*expected ${expected}`),
    );
  });
});

describe('tags of rows', () => {
  const cases: [string, string, TagSource][] = [
    ['symbol', `{tag: t, symbol: ${COLUMN}}`, { kind: 'column', symbol: C, parts: [] }],
    [
      'column, of another table',
      `{tag: t, column: ${COLUMN}, table: ifXTable}`,
      { kind: 'column', symbol: C, parts: [] },
    ],
    ['index', '{tag: t, index: 2}', { kind: 'index', position: 2 }],
    [
      'index_transform',
      `{tag: t, column: ${COLUMN}, table: u, index_transform: [{start: 1, end: 7}, {start: 9, end: 9}]}`,
      {
        kind: 'column',
        symbol: C,
        parts: [
          { start: 1, end: 7, dropRight: 0 },
          { start: 9, end: 9, dropRight: 0 },
        ],
      },
    ],
    [
      'drop_right',
      `{tag: t, column: ${COLUMN}, index_transform: [{start: 0, drop_right: 2}]}`,
      { kind: 'column', symbol: C, parts: [{ start: 0, end: undefined, dropRight: 2 }] },
    ],
    [
      'index_transform to the end',
      `{tag: t, column: ${COLUMN}, index_transform: [{start: 3}]}`,
      { kind: 'column', symbol: C, parts: [{ start: 3, end: undefined, dropRight: 0 }] },
    ],
    [
      'a part of the index, read in a format',
      '{tag: t, index_transform: [{start: 1, end: 6}], symbol: {name: mac, format: mac_address}}',
      { kind: 'whole_index', parts: [{ start: 1, end: 6, dropRight: 0 }], format: 'mac_address' },
    ],
    ['whole_index', '{tag: t, whole_index: true}', { kind: 'whole_index', parts: [] }],
    ['value', '{tag: t, value: text}', { kind: 'static', value: 'text' }],
    ['name:text', '"t:te:xt"', { kind: 'static', value: 'te:xt' }],
    [
      'lookup_symbol',
      `{tag: t, table: u, symbol: ${COLUMN}, lookup_symbol: {OID: 1.3.6.5, name: l}, index_transform: [{start: 0, end: 0}]}`,
      {
        kind: 'lookup',
        symbol: C,
        lookup: { oid: '1.3.6.5', name: 'l', type: undefined },
        by: undefined,
        parts: [{ start: 0, end: 0, dropRight: 0 }],
      },
    ],
    [
      'lookup by a value of this row',
      `{tag: t, lookup: {symbol: ${COLUMN}, lookup_symbol: {OID: 1.3.6.5}, by: {OID: 1.3.6.6}}}`,
      {
        kind: 'lookup',
        symbol: C,
        lookup: { oid: '1.3.6.5', name: '1.3.6.5', type: undefined },
        by: { oid: '1.3.6.6', name: '1.3.6.6', type: undefined },
        parts: [],
      },
    ],
    [
      'lookup of the row whose index is a value of this',
      `{tag: t, lookup: {symbol: ${COLUMN}, by: {OID: 1.3.6.6}}}`,
      {
        kind: 'lookup',
        symbol: C,
        lookup: undefined,
        by: { oid: '1.3.6.6', name: '1.3.6.6', type: undefined },
        parts: [],
      },
    ],
  ];
  it.each(cases)('%s', (_name, tag, source) => {
    expect(warnings(`metrics: [{table: t, symbols: [{OID: 1.3.6.1, name: a}], metric_tags: [${tag}]}]`)).toEqual([]);
    expect(sourceOf(tag)).toEqual(source);
    expect(tagOf(tag).tag).toBe('t');
  });

  it('mapping, mapping_ref, match', () => {
    expect(tagOf('{tag: t, index: 1, mapping: {1: ipv4, 2: ipv6}}').mapping).toEqual(exact({ 1: 'ipv4', 2: 'ipv6' }));
    expect(tagOf(`{tag: t, symbol: ${COLUMN}, mapping_ref: ifType}`).mapping!.items.get('6')).toBe('ethernetCsmacd');
    expect(tagOf(String.raw`{symbol: ${COLUMN}, match: '(\w+)-(\d+)', tags: {kind: '\1', n: $2}}`)).toMatchObject({
      tag: 'c',
      match: { pattern: /(\w+)-(\d+)/, tags: { kind: '$1', n: '$2' } },
    });
  });

  it('without a name it is that of the column, with enum and rename (Kentik)', () => {
    expect(tagOf('{column: {OID: 1.3.6.5, name: c, enum: {up: 1}}}')).toMatchObject({
      tag: 'c',
      source: { symbol: { mapping: exact({ 1: 'up' }) } },
    });
    expect(tagOf('{column: {OID: 1.3.6.5, name: c, tag: port}}').tag).toBe('port');
  });

  it.each([
    ['no source', '{tag: t}', 'a symbol, a column, an index or a value'],
    ['an index from 0', '{tag: t, index: 0}', 'a whole number of at least 1'],
    ['a pattern', `{symbol: ${COLUMN}, match: '(', tags: {a: $1}}`, 'a regular expression'],
    ['a pattern without tags', `{symbol: ${COLUMN}, match: '(x)'}`, 'the tags that the pattern makes'],
    ['a name only', '{tag: t, symbol: sysName}', 'a symbol with its OID'],
    [
      'an end before the start',
      `{tag: t, symbol: ${COLUMN}, index_transform: [{start: 3, end: 1}]}`,
      'at least the start',
    ],
    ['an unknown table of names', `{tag: t, index: 1, mapping_ref: vlanType}`, 'one of ifType, ifTypeGroup'],
  ])('with %s it is left out, the row stays', (_name, tag, expected) => {
    const text = `metrics: [{table: t, symbols: [{OID: 1.3.6.1, name: a}], metric_tags: [${tag}, {tag: i, index: 1}]}]`;
    expect(profile(text).tables[0]!.tags.map((t) => t.tag)).toEqual(['i']);
    expect(warnings(text)).toHaveLength(1);
    expect(warnings(text)[0]).toContain(`expected ${expected}`);
  });
});

describe('what is not used', () => {
  it('is reported once with its line, and the rest is read', () => {
    const text = `virtual_metrics: [{name: x, sources: []}]
topology: [{kind: lldp_rem}]
metrics:
  - symbol:
      OID: 1.3.6.1.2.1.1.3.0
      name: up
      condition: x
      allow_duplicate: true
      colour: red
    shape: round
metadata: {interface: {fields: {name: {}}, id_tags: []}}
`;
    expect(profile(text).scalars).toHaveLength(1);
    expect(warnings(text).map((w) => w.replace(/expected.*got /, ''))).toEqual([
      'dir/x.yaml:1:18: virtual_metrics: "virtual_metrics", not used',
      'dir/x.yaml:2:11: topology: "topology", not used',
      'dir/x.yaml:7:18: metrics[0].symbol.condition: "condition", not used',
      'dir/x.yaml:8:24: metrics[0].symbol.allow_duplicate: "allow_duplicate", not used',
      'dir/x.yaml:9:15: metrics[0].symbol.colour: "colour", ignored',
      'dir/x.yaml:10:12: metrics[0].shape: "shape", ignored',
      'dir/x.yaml:11:23: metadata.interface: "interface", not used',
    ]);
  });

  it.each(['virtual_metrics', 'topology', 'licensing', 'bgp', 'traps'])('%s', (section) => {
    expect(warnings(`${section}: [{a: {b: c}}]`)).toEqual([
      `dir/x.yaml:1:${section.length + 3}: ${section}: expected a key that is used, got "${section}", not used`,
    ]);
  });

  it('an entry that cannot be read costs that entry only', () => {
    const decoded = read('metrics: [{symbol: sysUpTime}, {table: t}, nonsense, {symbol: {OID: 1.3.6.1.0, name: a}}]');
    expect(decoded.profile.scalars.map((s) => s.symbol.name)).toEqual(['a']);
    expect([decoded.loaded, decoded.total]).toEqual([1, 3]);
    expect(decoded.warnings).toHaveLength(3);
  });

  it('a filter that cannot be read takes its entry with it: it would let through what was to be kept out', () => {
    const text = 'metrics: [{table: t, symbols: [{OID: 1.3.6.1, name: a}], where: [{index: 1, pattern: "("}]}]';
    expect(profile(text).tables).toEqual([]);
    expect(warnings(text)).toHaveLength(1);
  });

  it.each(['metrics: [', '- 1', 'text'])('a file that is no mapping throws: %s', (text) => {
    expect(() => read(text)).toThrow(/^dir\/x\.yaml:1:/);
  });
});

const EMPTY: Profile = {
  file: 'x.yaml',
  extends: [],
  selectors: [],
  scalars: [],
  fields: new Map(),
  fieldsByObjectId: [],
  deviceTags: [],
  tables: [],
  without: [],
};

function selector(include: readonly string[]): Profile['selectors'][number] {
  return {
    sysObjectId: { include, exclude: [] },
    sysDescr: { include: [], exclude: [] },
    present: [],
    exclusive: true,
  };
}

function exact(items: Readonly<Record<string, string>>): { mode: 'exact'; items: Map<string, string> } {
  return { mode: 'exact', items: new Map(Object.entries(items)) };
}
