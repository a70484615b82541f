import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SnmpCredentials } from '../../../agent/config.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { type Snmpd, startSnmpd } from '../../support/snmpd.ts';
import { community, target, user } from './fixture.ts';
import { Recorder } from './recorder.ts';

let snmpd: Snmpd;
beforeAll(async () => {
  snmpd = await startSnmpd();
});
afterAll(() => snmpd.stop());

/** Field -> file under /sys/class/net/X/statistics. */
const STATISTICS: Readonly<Record<string, string>> = {
  ifHCInOctets: 'rx_bytes',
  ifHCOutOctets: 'tx_bytes',
  ifInErrors: 'rx_errors',
  ifOutErrors: 'tx_errors',
};

function readKernel(): Map<string, bigint> {
  const counters = new Map<string, bigint>();
  for (const name of readdirSync('/sys/class/net'))
    for (const file of Object.values(STATISTICS))
      counters.set(`${name} ${file}`, BigInt(readFileSync(`/sys/class/net/${name}/statistics/${file}`, 'utf8').trim()));
  return counters;
}

const versions: [string, () => SnmpCredentials][] = [
  ['v2c', () => community(snmpd.port, { timeout: 2000 })],
  ['v3 authPriv', () => ({ ...user(snmpd.port, snmpd.user), timeout: 2000 })],
];

it.each(versions)('this machine over %s agrees with its kernel', { timeout: 60_000 }, async (_name, credentials) => {
  const recorder = new Recorder([target('self', { snmp: credentials(), role: 'server', tags: { zone: 'lab' } })]);
  // snmpd keeps its interface table for 3 s: what it tells was true at some time since then.
  const CACHE_MS = 3000;
  const readings: { at: number; counters: Map<string, bigint> }[] = [];
  const deadline = systemClock.monotonic() + 40_000;
  recorder.poller.start();
  try {
    while (new Set(recorder.of('interface', 'self').map((s) => s.time)).size < 8) {
      expect(systemClock.monotonic()).toBeLessThan(deadline);
      readings.push({ at: systemClock.now(), counters: readKernel() });
      await systemClock.sleep(100);
    }
  } finally {
    await recorder.poller.stop();
  }
  readings.push({ at: systemClock.now(), counters: readKernel() });

  let compared = 0;
  for (const sample of recorder.of('interface', 'self')) {
    const before = readings.filter((r) => r.at <= sample.time - CACHE_MS - 100).at(-1);
    // A poll takes less than its budget.
    const after = readings.find((r) => r.at >= sample.time + 800);
    if (!before || !after) continue;
    for (const [field, file] of Object.entries(STATISTICS)) {
      const key = `${sample.tags['ifName']} ${file}`;
      const value = sample.fields[field] as bigint;
      expect(value >= before.counters.get(key)! && value <= after.counters.get(key)!, `${key}: ${value}`).toBe(true);
      compared++;
    }
  }
  const names = readdirSync('/sys/class/net');
  expect(compared).toBeGreaterThanOrEqual(names.length * 4 * 2);
  expect([...new Set(recorder.of('interface', 'self').map((s) => s.tags['ifName']))].sort()).toEqual(names.sort());
  expect(recorder.of('interface', 'self')[0]!.tags).toMatchObject({
    agent_host: '127.0.0.1',
    source: '127.0.0.1',
    role: 'server',
    domain: 'services',
    sysName: 'snmpd-under-test',
    zone: 'lab',
  });
  expect(recorder.last('snmp', 'self')).toMatchObject({
    uptime: expect.any(Number),
    sysObjectID: '1.3.6.1.4.1.8072.3.2.10',
    sysLocation: 'Room 12, rack A',
    poll_outcome: 'ok',
  });
});

it('v1 is read with 32-bit counters, and a wrong key is named', { timeout: 30_000 }, async () => {
  const recorder = new Recorder([
    target('old', { snmp: community(snmpd.port, { version: '1', timeout: 2000 }) }),
    target('wrong', { snmp: user(snmpd.port, { ...snmpd.user, authKey: 'not-the-auth-key' }) }),
  ]);
  recorder.poller.start();
  await expect
    .poll(() => recorder.of('interface', 'old', { ifName: 'lo' }).length, { timeout: 10_000 })
    .toBeGreaterThan(1);
  await expect.poll(() => recorder.of('device', 'wrong').length, { timeout: 10_000 }).toBeGreaterThan(0);
  await recorder.poller.stop();
  const fields = recorder.of('interface', 'old', { ifName: 'lo' }).at(-1)!.fields;
  expect(fields).toMatchObject({ ifInOctets: expect.any(BigInt), in_bits_per_s: expect.any(Number) });
  expect(fields).not.toHaveProperty('ifHCInOctets');
  expect(recorder.last('snmp', 'wrong')).toMatchObject({ poll_outcome: 'BW_SNMP_AUTH' });
  expect(recorder.last('device', 'wrong')).toEqual({ state: 'snmp_problem', down: 0n, snmp_problem: 1n });
});
