import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VarBind } from '../../../agent/drivers/snmp-session.ts';
import { type AskNext, walkColumns } from '../../../agent/poll/walk.ts';
import { BellwetherError } from '../../../core/errors.ts';

const STAMP = { at: 1, uptime: 2 };
const cell = (oid: string): VarBind => ({ oid, type: 'Counter32', value: 1 });
const END: VarBind = { oid: '1.9', type: 'endOfMibView', value: null };

/** A device with rows by column, answering `rows` at once; what follows the last column is another table. */
function device(tables: Record<string, number[]>, rows = 3, width = 2): { ask: AskNext; requests: () => number } {
  const all = Object.entries(tables)
    .flatMap(([column, indexes]) => indexes.map((i) => `${column}.${i}`))
    .concat('1.4.7.1')
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  let requests = 0;
  return {
    requests: () => requests,
    ask: async (select) => {
      requests++;
      const columns = select(width).map((from) => {
        const after = all.filter((oid) => oid.localeCompare(from, 'en', { numeric: true }) > 0).slice(0, rows);
        return [...after.map(cell), ...(after.length < rows ? [END] : [])];
      });
      return { columns, stamp: STAMP };
    },
  };
}

describe('walkColumns', () => {
  it('reads every column to its end and no further, whatever is missing where', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (a, b, rows, width) => {
          const tables = { '1.2.1': a.toSorted((x, y) => x - y), '1.2.2': b.toSorted((x, y) => x - y), '1.2.3': [] };
          const { columns, fault } = await walkColumns(device(tables, rows, width).ask, Object.keys(tables), 100);
          expect(fault).toBeUndefined();
          for (const [column, indexes] of Object.entries(tables))
            expect([...columns.get(column)!.keys()]).toEqual(indexes.map(String));
        },
      ),
    );
  });

  it('keeps what it has when a request fails', async () => {
    const { ask } = device({ '1.2.1': [1, 2, 3, 4, 5] });
    let left = 1;
    const failing: AskNext = async (select) => {
      if (left-- > 0) return ask(select);
      throw new BellwetherError('BW_SNMP_TIMEOUT', 'no answer');
    };
    const { columns, fault } = await walkColumns(failing, ['1.2.1'], 100);
    expect([[...columns.get('1.2.1')!.keys()], fault?.code]).toEqual([['1', '2', '3'], 'BW_SNMP_TIMEOUT']);
  });

  it.each([
    ['the same OID for ever', ['1.2.1.5', '1.2.1.5']],
    ['an OID that goes back', ['1.2.1.5', '1.2.1.4']],
    ['an OID that only looks larger as text', ['1.2.1.10', '1.2.1.9']],
    ['the start of the MIB again', ['1.2.1.10', '1.1.1']],
  ])('stops at %s, and goes on with the next column', async (_name, oids) => {
    const good = device({ '1.2.2': [1, 2] });
    let requests = 0;
    const { columns, fault } = await walkColumns(
      async (select) => {
        if (++requests > 10) throw new Error('still asking');
        let asked: readonly string[] = [];
        const reply = await good.ask((width) => {
          asked = select(width);
          return asked;
        });
        return {
          ...reply,
          columns: asked.map((from, i) => (from.startsWith('1.2.1') ? oids.map(cell) : reply.columns[i]!)),
        };
      },
      ['1.2.1', '1.2.2'],
      100,
    );
    expect(fault?.code).toBe('BW_SNMP_LOOP');
    expect(columns.get('1.2.1')!.size).toBe(1);
    expect([...columns.get('1.2.2')!.keys()]).toEqual(['1', '2']);
  });

  it('stops at the most rows it may keep', async () => {
    const endless: AskNext = async (select) => ({
      columns: select(1).map((from) => {
        const n = from === '1.2.1' ? 0 : Number(from.slice(6));
        return [1, 2, 3, 4].map((i) => cell(`1.2.1.${n + i}`));
      }),
      stamp: STAMP,
    });
    const { columns, fault } = await walkColumns(endless, ['1.2.1'], 10);
    expect([columns.get('1.2.1')!.size, fault?.code]).toEqual([10, 'BW_SNMP_BUDGET']);
  });

  it('does not ask for ever when the answers are empty', async () => {
    const { fault } = await walkColumns(
      async (select) => ({ columns: select(2).map(() => []), stamp: STAMP }),
      ['1.2.1'],
      10,
    );
    expect(fault?.code).toBe('BW_SNMP_MALFORMED');
  });

  it('takes a column that is a prefix in text only for what it is', async () => {
    const { columns } = await walkColumns(device({ '1.2.1': [1], '1.2.10': [1] }).ask, ['1.2.1'], 10);
    expect([...columns.get('1.2.1')!.keys()]).toEqual(['1']);
  });
});
