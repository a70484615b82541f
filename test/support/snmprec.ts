import { type SnmpCredentials, snmp } from '../../agent/config.ts';
import { createResolver } from '../../agent/drivers/resolve.ts';
import { type ProbeAnswer, probeDevice } from '../../agent/probe/probe.ts';
import type { ProfileLibrary } from '../../agent/profile/library.ts';
import { systemClock } from '../../runtime/clock.ts';
import { OidTable, type SimValue } from '../../sim/oid-table.ts';
import { SnmpResponder } from '../../sim/responder.ts';
import { openSnmpSession } from './net-snmp-session.ts';
import { SNMPREC_TYPES } from './snmprec-types.ts';

/** A device from lines `OID|TAG|VALUE` as snmpsim records them (`4x`: hexadecimal). Empty lines and lines with `#` say nothing. */
export function readSnmprec(text: string): OidTable {
  const table = new OidTable();
  for (const line of text.split('\n').map((l) => l.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const [oid = '', tag = '', ...rest] = line.split('|');
    const dot = oid.lastIndexOf('.');
    const value = toValue(tag, rest.join('|'));
    if (!value || dot < 0) throw new Error(`expected OID|TAG|VALUE with a known tag, got ${line}`);
    table.set(oid.slice(0, dot), oid.slice(dot + 1), value);
  }
  return table;
}

function toValue(tag: string, text: string): SimValue | undefined {
  const type = SNMPREC_TYPES[tag.replace(/x$/, '')];
  if (!type) return undefined;
  if (tag.endsWith('x')) return { type, value: Buffer.from(text, 'hex') };
  if (type === 'octets' || type === 'oid' || type === 'ip') return { type, value: text };
  return { type, value: type === 'counter64' ? BigInt(text) : Number(text) };
}

/** What a probe of such a device finds, over a real socket on 127.0.0.1. */
export async function probeSnmprec(library: ProfileLibrary, text: string): Promise<ProbeAnswer> {
  const responder = new SnmpResponder({
    address: '127.0.0.1',
    port: 0,
    community: 'public',
    device: readSnmprec(text),
    clock: systemClock,
  });
  const { address, port } = await responder.start();
  const credentials: SnmpCredentials = snmp.parse({ version: '2c', community: 'public', port });
  const target = { target: 'fixture', host: address, credentials };
  try {
    const deps = { library, clock: systemClock, resolve: createResolver(systemClock), open: openSnmpSession };
    return await probeDevice(deps, target, AbortSignal.timeout(20_000));
  } finally {
    await responder.stop();
  }
}
