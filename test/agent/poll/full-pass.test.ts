import { describe, expect, it } from 'vitest';
import type { VarBind } from '../../../agent/drivers/snmp-session.ts';
import type { Conversation } from '../../../agent/poll/conversation.ts';
import { walkTables } from '../../../agent/poll/full-pass.ts';
import { BellwetherError } from '../../../core/errors.ts';

/** A device with rows 1 to `rows` in every column, two columns and two rows in an answer; `requests` are answered, then none. */
function device(rows: number, requests: number): Pick<Conversation, 'next'> {
  let left = requests;
  return {
    next: async (select) => {
      if (left-- <= 0) throw new BellwetherError('BW_SNMP_TIMEOUT', 'no answer');
      const columns = select(2).map((from): VarBind[] => {
        const [, column, last = '0'] = /^(1\.2\.\d+\.\d+)(?:\.(\d+))?$/.exec(from)!;
        const after = [1, 2].map((i) => Number(last) + i).filter((i) => i <= rows);
        const found = after.map((i): VarBind => ({ oid: `${column}.${i}`, type: 'Integer', value: i }));
        return after.length === 2 ? found : [...found, { oid: from, type: 'endOfMibView', value: null }];
      });
      return { columns, stamp: { at: 1, uptime: undefined } };
    },
  };
}

const TABLE = ['1.2.7.1', '1.2.7.2', '1.2.7.3'];

async function rowsRead(talk: Pick<Conversation, 'next'>, wanted: readonly string[], maxCells?: number) {
  const into = new Map<string, Map<string, VarBind>>();
  const fault = await walkTables(talk, wanted, into, maxCells);
  return [[...into].map(([oid, cells]) => `${oid}: ${[...cells.keys()]}`), fault?.code];
}

describe('walkTables', () => {
  it('of a table that is cut short gives the rows of which every column was asked for', async () => {
    const all = (rows: string) => TABLE.map((oid) => `${oid}: ${rows}`);
    expect(await rowsRead(device(3, 9), TABLE)).toEqual([all('1,2,3'), undefined]);
    // The first two columns are read to their end, the third is not, or not begun.
    expect(await rowsRead(device(3, 3), TABLE)).toEqual([all('1,2'), 'BW_SNMP_TIMEOUT']);
    expect(await rowsRead(device(3, 2), TABLE)).toEqual([all(''), 'BW_SNMP_TIMEOUT']);
  });

  it('reads no further table once a device gave more than is worked out in a moment', async () => {
    const wanted = ['1.2.7.1', '1.2.8.1', '1.2.9.1'];
    const [read, code] = await rowsRead(device(3, 99), wanted, 5);
    expect([read, code]).toEqual([['1.2.7.1: 1,2,3', '1.2.8.1: 1,2,3'], 'BW_SNMP_BUDGET']);
    expect((await rowsRead(device(3, 99), wanted))[1]).toBeUndefined();
  });
});
