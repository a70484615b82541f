import { describe, expect, it } from 'vitest';
import type { VarBind } from '../../../agent/drivers/snmp-session.ts';
import { factsOf } from '../../../agent/facts/facts.ts';
import { decodeProfile } from '../../../agent/profile/decode.ts';

const integer = (value: number): VarBind => ({ oid: '', type: 'Integer', value });
const octets = (value: string): VarBind => ({ oid: '', type: 'OctetString', value: Buffer.from(value) });
const oid = (value: string): VarBind => ({ oid: '', type: 'ObjectIdentifier', value });

type Cells = Readonly<Record<string, VarBind>>;

/** What a profile makes of columns (OID, then index) and scalars. */
function facts(
  yaml: string,
  columns: Readonly<Record<string, Cells>>,
  scalars: Cells = {},
): ReturnType<typeof factsOf> {
  const { profile, warnings } = decodeProfile(yaml, 'test.yaml');
  expect(warnings).toEqual([]);
  const cells = new Map(Object.entries(columns).map(([column, rows]) => [column, new Map(Object.entries(rows))]));
  return factsOf(profile, ['test.yaml'], { scalars: new Map(Object.entries(scalars)), columns: cells });
}

describe('columns of one name', () => {
  const clients = (by: string): string => `
metrics:
  - table: { OID: 1.3.9.1, name: t }
    symbols: [{ OID: 1.3.9.1.1.2, name: wireless.clients }, { OID: 1.3.9.1.1.3, name: wireless.clients }]
    metric_tags:
      - { tag: descr, whole_index: true, index_transform: [{ start: 1 }], format: text }
      - { tag: scope, value: total }
    aggregate: { function: sum, by: [${by}] }
`;
  // The SSIDs "ab" and "c" with their lengths before them; one radio in each column.
  const table = {
    '1.3.9.1.1.2': { '2.97.98': integer(3), '1.99': integer(1) },
    '1.3.9.1.1.3': { '2.97.98': integer(4), '1.99': integer(0) },
  };

  it('are summed together', () => {
    expect(facts(clients('scope'), table).wireless).toMatchObject([{ class: 'clients', value: 8 }]);
  });

  it('also row by row, under the name that the index spells', () => {
    expect(facts(clients('descr'), table).wireless).toMatchObject([
      { descr: 'c', value: 1 },
      { descr: 'ab', value: 7 },
    ]);
  });
});

describe('an index read by a format', () => {
  const named = (format: string): string => `
metrics:
  - table: { OID: 1.3.9.1, name: t }
    symbols: [{ OID: 1.3.9.1.1.2, name: sensor.count }]
    metric_tags: [{ tag: descr, whole_index: true, format: ${format} }]
`;
  it.each([
    ['text', '97.98', 'ab'],
    ['mac_address', '0.0.94.0.83.1', '00005e005301'],
    ['ip_address', '192.0.2.7', '192.0.2.7'],
    // Numbers that are no octets stay numbers.
    ['text', '97.300', '97.300'],
  ])('%s of %s is %s', (format, index, descr) => {
    expect(facts(named(format), { '1.3.9.1.1.2': { [index]: integer(1) } }).sensors).toMatchObject([{ descr }]);
  });
});

it('a size that went over Integer32 is read without its sign', () => {
  const yaml = `
metrics:
  - { symbol: { OID: 1.3.9.1.0, name: memory.total, format: uint32 } }
  - { symbol: { OID: 1.3.9.2.0, name: memory.usage } }
`;
  const read = facts(yaml, {}, { '1.3.9.1.0': integer(-1_294_967_296), '1.3.9.2.0': integer(50) });
  expect(read.memory).toMatchObject([{ total_bytes: 3_000_000_000, used_bytes: 1_500_000_000 }]);
});

describe('what a device is by its number', () => {
  const yaml = `
metadata:
  device:
    fields:
      model_by_number:
        symbol: { OID: 1.3.6.1.2.1.1.2.0, name: sysObjectID, extract_value: '\\.(\\d+)$', mapping: { 7: number seven } }
metrics:
  - table: { OID: 1.3.6.1.2.1.47.1.1.1, name: entPhysicalTable }
    symbols:
      - { OID: 1.3.6.1.2.1.47.1.1.1.1.5, name: inventory.class, mapping: { 3: chassis } }
      - { OID: 1.3.6.1.2.1.47.1.1.1.1.11, name: inventory.serial }
      - { OID: 1.3.6.1.2.1.47.1.1.1.1.13, name: inventory.model }
`;
  const chassis = { '1.3.6.1.2.1.47.1.1.1.1.5': { 1: integer(3) }, '1.3.6.1.2.1.47.1.1.1.1.11': { 1: octets('S1') } };
  const model = { '1.3.6.1.2.1.47.1.1.1.1.13': { 1: octets('M-24') } };
  const number = (n: number): Cells => ({ '1.3.6.1.2.1.1.2.0': oid(`1.3.6.1.4.1.9.1.${n}`) });

  it.each([
    ['stands where the chassis does not say its model', { ...chassis }, 7, 'number seven'],
    ['gives way to what the chassis says', { ...chassis, ...model }, 7, 'M-24'],
    ['says nothing of a number that it does not know', { ...chassis }, 8, undefined],
  ])('%s', (_, columns, n, hardware) => {
    expect(facts(yaml, columns, number(n)).hardware).toBe(hardware);
  });
});

it('memory that is used without caches has none taken off', () => {
  const pool = (n: number, descr: string, kind: string): string => `
  - { symbol: { OID: 1.3.9.${n}.1.0, name: memory.total }, static_tags: ['descr:${descr}', 'kind:${kind}'] }
  - { symbol: { OID: 1.3.9.${n}.2.0, name: memory.used }, static_tags: ['descr:${descr}', 'kind:${kind}'] }`;
  const yaml = `metrics:${pool(1, 'Physical', 'system')}${pool(2, 'Cached', 'cached')}\n`;
  const used = (physical: number, cached: number): number | undefined => {
    const read = { '1.3.9.1.1.0': 1000, '1.3.9.1.2.0': physical, '1.3.9.2.1.0': 1000, '1.3.9.2.2.0': cached };
    const scalars = Object.fromEntries(Object.entries(read).map(([name, n]) => [name, integer(n)]));
    return facts(yaml, {}, scalars).memory.find((m) => m.kind === 'system')?.used_bytes;
  };
  expect([used(600, 200), used(300, 500)]).toEqual([400, 300]);
});
