import { describe, expect, it } from 'vitest';
import type { SnmpCredentials } from '../../../../agent/config.ts';
import { createFastDriver } from '../../../../agent/drivers/fast/session.ts';
import type { OpenSnmpSession, VarBind } from '../../../../agent/drivers/snmp-session.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { SnmpResponder } from '../../../../sim/responder.ts';
import { corpusIsHere, eachRecording } from '../../../support/corpus.ts';
import { openSnmpSession } from '../../../support/net-snmp-session.ts';

/** Of each recording, read by both drivers; BW_VALUES=1000000 reads all of all. */
const VALUES = Number(process.env['BW_VALUES'] ?? 400);
const STEP = 40;
const ADDRESS = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 } as const;

/** What a walk from the top finds, until the end or enough of it. */
async function walk(open: OpenSnmpSession, port: number): Promise<VarBind[]> {
  const credentials: SnmpCredentials = {
    version: '2c',
    community: 'public',
    port,
    timeout: 5000,
    retries: 0,
    max_repetitions: STEP,
  };
  const session = open({ address: ADDRESS, credentials, clock: systemClock, onFault: () => {} });
  const signal = new AbortController().signal;
  const found: VarBind[] = [];
  try {
    for (let last = '1.3'; found.length < VALUES; ) {
      const { columns } = await session.getBulk({ nonRepeaters: [], repeaters: [last], maxRepetitions: STEP }, signal);
      const values = columns[0]!;
      found.push(...values);
      if (values.length === 0 || values.at(-1)!.type === 'endOfMibView') break;
      last = values.at(-1)!.oid;
    }
    return found;
  } finally {
    session.close();
  }
}

const plain = (values: readonly VarBind[]): unknown[] =>
  values.map(({ oid, type, value }) => [
    oid,
    type,
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  ]);

describe.skipIf(!corpusIsHere)('recordings of real devices (skipped: ../shared/corpus is not here)', () => {
  it('both drivers read the same, to the last digit', { timeout: 1_800_000 }, async () => {
    const fast = createFastDriver(systemClock);
    let recordings = 0;
    let values = 0;
    await eachRecording(async (name, device) => {
      const responder = new SnmpResponder({
        address: '127.0.0.1',
        port: 0,
        community: 'public',
        device,
        clock: systemClock,
        maxBytes: 60_000,
      });
      const { port } = await responder.start();
      try {
        const theirs = await walk(openSnmpSession, port);
        const ours = await walk(fast, port);
        expect(plain(ours), name).toEqual(plain(theirs));
        recordings++;
        values += ours.length;
      } finally {
        await responder.stop();
      }
    });
    expect(recordings).toBeGreaterThan(100);
    expect(values).toBeGreaterThan(10_000);
  });
});
