import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SnmpType, VarBind } from '../../../../agent/drivers/snmp-session.ts';
import { counterDelta, NO_RATES, wordsDelta } from '../../../../agent/normalise/counter.ts';
import { type InterfaceMemory, normaliseInterfaces } from '../../../../agent/normalise/interface.ts';
import { columnsFrom, memoryFrom, tableFrom } from '../../../../agent/normalise/ports/convert.ts';
import { portHeads } from '../../../../agent/normalise/ports/heads.ts';
import { learnLayout, type PortLayout } from '../../../../agent/normalise/ports/layout.ts';
import { writePortLines } from '../../../../agent/normalise/ports/lines.ts';
import { TextBuffer } from '../../../../agent/normalise/ports/text-buffer.ts';
import { STEPS } from '../../../../agent/normalise/rounding.ts';
import { joinRows } from '../../../../agent/normalise/table.ts';
import type { Cell, Stamp } from '../../../../agent/normalise/varbind.ts';
import { encodeLines } from '../../../../core/line-protocol-encode.ts';

/** name, OID, type, is slow. Not in the order in which any agent reads them. */
const COLUMNS: readonly (readonly [string, string, SnmpType, boolean])[] = [
  ['ifOperStatus', '1.3.6.1.2.1.2.2.1.8', 'Integer', false],
  ['ifInOctets', '1.3.6.1.2.1.2.2.1.10', 'Counter32', false],
  ['ifInErrors', '1.3.6.1.2.1.2.2.1.14', 'Counter32', false],
  ['ifOutErrors', '1.3.6.1.2.1.2.2.1.20', 'Counter32', false],
  ['ifOutDiscards', '1.3.6.1.2.1.2.2.1.19', 'Gauge32', false],
  ['ifHCInOctets', '1.3.6.1.2.1.31.1.1.1.6', 'Counter64', false],
  ['ifHCOutOctets', '1.3.6.1.2.1.31.1.1.1.10', 'Counter64', false],
  ['ifHCInUcastPkts', '1.3.6.1.2.1.31.1.1.1.7', 'Counter64', false],
  ['ifHCOutUcastPkts', '1.3.6.1.2.1.31.1.1.1.11', 'Counter64', false],
  ['ifInMulticastPkts', '1.3.6.1.2.1.31.1.1.1.2', 'Counter32', false],
  ['ifSpeed', '1.3.6.1.2.1.2.2.1.5', 'Gauge32', true],
  ['ifHighSpeed', '1.3.6.1.2.1.31.1.1.1.15', 'Gauge32', true],
  ['ifName', '1.3.6.1.2.1.31.1.1.1.1', 'OctetString', true],
  ['ifAlias', '1.3.6.1.2.1.31.1.1.1.18', 'OctetString', true],
];

type Columns = Map<string, Map<string, Cell>>;

const stamp = fc.record({
  at: fc.double({ min: 0, max: 1e7, noNaN: true }),
  uptime: fc.option(fc.nat({ max: 2 ** 32 - 1 }), { nil: undefined }),
});
const number32 = fc.oneof(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 3000 }), fc.constant(2 ** 32 - 1));
const number64 = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 10n ** 12n));
const name = fc.oneof(fc.constantFrom('', 'Gi1/0/1', 'Gi1/0/2', 'a b,c=d\\', 'käse'), fc.string({ maxLength: 8 }));

function someValue(type: SnmpType): fc.Arbitrary<VarBind['value']> {
  if (type === 'OctetString') return name.map((text) => new Uint8Array(Buffer.from(text)));
  return type === 'Counter64' ? number64 : type === 'Integer' ? fc.nat(2 ** 31 - 1) : number32;
}

/** Two readings of one table, which may have holes. */
const readings = fc
  .record({
    rows: fc.uniqueArray(fc.nat(3000), { minLength: 1, maxLength: 5 }),
    there: fc.array(fc.nat(9), { minLength: COLUMNS.length * 5, maxLength: COLUMNS.length * 5 }),
  })
  .chain(({ rows, there }) => {
    const reading = fc.tuple(
      fc.array(stamp, { minLength: 3, maxLength: 3 }),
      fc.tuple(...COLUMNS.map(([, , type]) => fc.array(someValue(type), { minLength: 5, maxLength: 5 }))),
    );
    const build = ([stamps, values]: [Stamp[], VarBind['value'][][]]): Columns =>
      new Map(
        COLUMNS.map(([column, oid, type], c) => [
          column,
          new Map(
            rows.flatMap((row, r): [string, Cell][] =>
              there[c * 5 + r] === 0
                ? []
                : [
                    [
                      String(row),
                      { value: { oid: `${oid}.${row}`, type, value: values[c]![r]! }, stamp: stamps[(c + r) % 3]! },
                    ],
                  ],
            ),
          ),
        ]),
      );
    return fc.tuple(reading.map(build as never), reading.map(build as never)) as fc.Arbitrary<[Columns, Columns]>;
  });

const symbols = (slow: boolean) =>
  COLUMNS.filter((c) => c[3] === slow).map(([column, oid]) => ({ name: column, oid }) as never);

function layoutFor(columns: Columns): PortLayout | string {
  return learnLayout(columns, { fast: symbols(false), slow: symbols(true) }, { bytes: 200, repetitions: 3 });
}

/** Lines with their fields in order, as nobody cares for that. */
function sorted(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, head, fields, time] = /^((?:[^ \\]|\\.|\\)+) (.*) (\d+)$/.exec(line)!;
      return `${head} ${fields!.split(',').sort().join()} ${time}`;
    })
    .sort();
}

describe('lines written straight from numbers', () => {
  it('are those of the plain way, to the last digit', () =>
    fc.assert(
      fc.property(readings, fc.boolean(), ([first, second], fineClock) => {
        const layout = layoutFor(first);
        if (typeof layout === 'string') return;
        const tags = { device: 'sw 1', role: 'switch', sysName: 'a,b' };
        const context = { tags, time: 1_800_000_000_000, fineClock, complete: true };
        const nothing: ReadonlyMap<string, InterfaceMemory> = new Map();
        const plainFirst = normaliseInterfaces(joinRows(first), nothing, context);
        const before = tableFrom(layout, first);
        // A row keeps its name here; that it may not is shown with the poll.
        for (const [index, cell] of second.get('ifName')!) {
          const was = first.get('ifName')!.get(index);
          if (was) second.get('ifName')!.set(index, { ...cell, value: was.value });
        }
        const plain = normaliseInterfaces(joinRows(second), plainFirst.memory, context);
        const now = tableFrom(layout, second);
        const out = new TextBuffer();
        const heads = portHeads(tags, layout, now.names);
        const result = writePortLines(out, heads, before.table, now.table, { ...context, renamed: new Set() });
        expect(sorted(out.written.toString())).toEqual(sorted(encodeLines(plain.samples, 'ms')));
        expect(result.lines).toBe(plain.samples.length);
        expect(result.withoutRate).toEqual(plain.withoutRate);
      }),
      { numRuns: 1000 },
    ));

  it('a table goes back to what the plain way has and remembers', () =>
    fc.assert(
      fc.property(readings, ([first]) => {
        const layout = layoutFor(first);
        if (typeof layout === 'string') return;
        const { table, names } = tableFrom(layout, first);
        const back = columnsFrom(table, names, () => true);
        const values = (columns: Columns) =>
          [...columns].flatMap(([column, cells]) => [...cells].map(([index, c]) => [column, index, c.value])).sort();
        expect(values(back)).toEqual(values(new Map([...first].filter(([, cells]) => cells.size > 0))));
        const context = { tags: {}, time: 0, fineClock: true, complete: true };
        const memory = normaliseInterfaces(joinRows(first), new Map(), context).memory;
        expect([...memoryFrom(table, names).keys()].sort()).toEqual([...memory.keys()].sort());
      }),
    ));
});

describe('TextBuffer', () => {
  it('writes every unsigned number of 64 bits', () =>
    fc.assert(
      fc.property(number64, (n) => {
        const out = new TextBuffer();
        out.reserve(40);
        out.unsigned64(Uint32Array.of(Number(n >> 32n)), Uint32Array.of(Number(n & 0xffff_ffffn)), 0);
        expect(out.written.toString()).toBe(String(n));
      }),
    ));

  it('writes a rounded number as String does', () =>
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        fc.constantFrom(...Object.values(STEPS)),
        (value, steps) => {
          const out = new TextBuffer();
          out.reserve(40);
          out.decimal(Float64Array.of(value), 0, steps);
          expect(out.written.toString()).toBe(String(Math.round(value * steps) / steps));
        },
      ),
      { numRuns: 2000 },
    ));
});

it('differences of words are those of counters', () =>
  fc.assert(
    fc.property(
      fc.tuple(number64, number64),
      fc.constantFrom<32 | 64>(32, 64),
      fc.double({ min: 0.01, max: 1e5, noNaN: true }),
      fc.option(fc.double({ min: 1, max: 1e11, noNaN: true }), { nil: undefined }),
      ([a, b], bits, seconds, perSecond) => {
        const [from, to] = [BigInt.asUintN(bits, a), BigInt.asUintN(bits, b)];
        const exact = counterDelta({ value: from, bits }, { value: to, bits }, seconds, perSecond);
        const words = wordsDelta(
          Number(from >> 32n),
          Number(from & 0xffff_ffffn),
          Number(to >> 32n),
          Number(to & 0xffff_ffffn),
          bits === 64,
          seconds,
          perSecond ?? Number.NaN,
        );
        expect(words < 0 ? NO_RATES[-1 - words] : words).toBe('reason' in exact ? exact.reason : Number(exact.delta));
      },
    ),
    { numRuns: 2000 },
  ));
