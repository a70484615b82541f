import { describe, expect, it } from 'vitest';
import type { VarBind } from '../../../agent/drivers/snmp-session.ts';
import { compareOids, joinRows } from '../../../agent/normalise/table.ts';
import { type Cell, toCounter, toInteger, toText } from '../../../agent/normalise/varbind.ts';

const octets = (...bytes: number[]): VarBind => ({ oid: '1', type: 'OctetString', value: Uint8Array.from(bytes) });

describe('toText', () => {
  it.each([
    ['UTF-8', octets(...Buffer.from('Bücherei')), 'Bücherei'],
    ['Latin-1, where it is no UTF-8', octets(0x42, 0xfc, 0x63, 0x68), 'Büch'],
    ['a closing NUL and a line break', octets(0x61, 0x0d, 0x0a, 0x62, 0x00), 'a b'],
    ['an OID', { oid: '1', type: 'ObjectIdentifier', value: '1.3.6' } as const, '1.3.6'],
    ['what a terminal obeys, in one octet or (C1) as UTF-8', octets(0x61, 0x1b, 0xc2, 0x9b, 0x62), 'a b'],
    ['a text longer than any', octets(...Buffer.from('1a'.repeat(32_768))), '1a'.repeat(512)],
    [
      'a long text of pairs, of which none is cut in two',
      octets(...Buffer.from(`a${'😀'.repeat(600)}`)),
      `a${'😀'.repeat(511)}\ufffd`,
    ],
    ['nothing', { oid: '1', type: 'noSuchInstance', value: null } as const, undefined],
  ])('%s', (_name, value, expected) => expect(toText(value)).toBe(expected));
});

describe('numbers', () => {
  it('knows counters by their type on the wire, not by their value', () => {
    expect(toCounter({ oid: '1', type: 'Counter32', value: 7 })).toEqual({ value: 7n, bits: 32 });
    expect(toCounter({ oid: '1', type: 'Counter64', value: 2n ** 64n - 1n })).toEqual({
      value: 2n ** 64n - 1n,
      bits: 64,
    });
    expect(toCounter({ oid: '1', type: 'Gauge32', value: 7 })).toBeUndefined();
    expect(toInteger({ oid: '1', type: 'Gauge32', value: 7 })).toBe(7n);
    expect(toInteger(octets(1))).toBeUndefined();
  });
});

describe('joinRows', () => {
  it('joins by index in numeric order and leaves what is missing missing', () => {
    const cell = (value: number): Cell => ({
      value: { oid: '1', type: 'Integer', value },
      stamp: { at: 0, uptime: 0 },
    });
    const rows = joinRows(
      new Map([
        [
          'a',
          new Map([
            ['10', cell(1)],
            ['9', cell(2)],
          ]),
        ],
        ['b', new Map([['9', cell(3)]])],
      ]),
    );
    expect(rows.map((r) => [r.index, Object.keys(r.cells)])).toEqual([
      ['9', ['a', 'b']],
      ['10', ['a']],
    ]);
  });

  it('orders OIDs as SNMP does', () => {
    const sorted = ['1.10', '1.2', '1', '1.2.1', '0.99'].sort(compareOids);
    expect(sorted).toEqual(['0.99', '1', '1.2', '1.2.1', '1.10']);
  });
});
