import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../runtime/clock.ts';
import { OidTable } from '../../../sim/oid-table.ts';
import { type Behaviour, SnmpResponder } from '../../../sim/responder.ts';
import { community, target } from './fixture.ts';
import { Recorder } from './recorder.ts';

const responders: SnmpResponder[] = [];
afterEach(async () => {
  await Promise.all(responders.splice(0).map((r) => r.stop()));
});

/** A switch whose counters grow by 12,500,000 octets a second: 100 Mbit/s on a gigabit port. */
function switchOf(rows: number): OidTable {
  const table = new OidTable()
    .set('1.3.6.1.2.1.1.1', '0', { type: 'octets', value: 'switch' })
    .set('1.3.6.1.2.1.1.3', '0', (at) => ({ type: 'timeticks', value: Math.floor(at / 10) }))
    .set('1.3.6.1.2.1.1.5', '0', { type: 'octets', value: 'sw' });
  for (let i = 1; i <= rows; i++)
    table
      .set('1.3.6.1.2.1.2.2.1.2', `${i}`, { type: 'octets', value: `GigabitEthernet0/${i}` })
      .set('1.3.6.1.2.1.2.2.1.8', `${i}`, { type: 'integer', value: 1 })
      .set('1.3.6.1.2.1.31.1.1.1.1', `${i}`, { type: 'octets', value: `Gi0/${i}` })
      .set('1.3.6.1.2.1.31.1.1.1.6', `${i}`, (at) => ({ type: 'counter64', value: BigInt(at) * 12_500n }))
      .set('1.3.6.1.2.1.31.1.1.1.15', `${i}`, { type: 'gauge32', value: 1000 });
  return table;
}

async function start(behaviour: Behaviour, rows = 5): Promise<{ port: number; responder: SnmpResponder }> {
  const responder = new SnmpResponder({
    address: '127.0.0.1',
    port: 0,
    community: 'tests-only',
    device: switchOf(rows),
    clock: systemClock,
    behaviour,
  });
  responders.push(responder);
  return { port: (await responder.start()).port, responder };
}

/** What each kind of bad device is called; `undefined` rows: nothing of its table can be read. */
const BAD: Record<string, { behaviour: Behaviour; code: string; said: RegExp; count: [string, string] }> = {
  silent: {
    behaviour: { silent: true },
    code: 'BW_SNMP_TIMEOUT',
    said: /^silent: (?:no answer within 250 ms|silent at the polls before)/,
    count: ['snmp_timeouts_total', ''],
  },
  garbage: {
    behaviour: { garbage: true },
    code: 'BW_SNMP_MALFORMED',
    said: /^failing: the answer could not be read/,
    count: ['snmp_faults_total', ',fault="malformed"'],
  },
  truncated: {
    behaviour: { truncateTo: 30 },
    code: 'BW_SNMP_MALFORMED',
    said: /^failing: the answer could not be read/,
    count: ['snmp_faults_total', ',fault="malformed"'],
  },
  repeats: {
    behaviour: { repeatOid: true },
    code: 'BW_SNMP_LOOP',
    said: /^failing: ./,
    count: ['polls_total', ',outcome="BW_SNMP_LOOP"'],
  },
  'other-port': {
    behaviour: { answerFrom: 'other-port' },
    code: 'BW_SNMP_SOURCE',
    said: /^failing: reply from another address: asked 127.0.0.1 port \d+, the answer came from 127.0.0.1 port /,
    count: ['snmp_faults_total', ',fault="wrong_source"'],
  },
  'other-address': {
    behaviour: { answerFrom: { address: '127.0.0.2' } },
    code: 'BW_SNMP_SOURCE',
    said: /^failing: reply from another address: asked 127.0.0.1 port \d+, the answer came from 127.0.0.2 port /,
    count: ['snmp_faults_total', ',fault="wrong_source"'],
  },
  stale: {
    behaviour: { requestIdOffset: 1 },
    code: 'BW_SNMP_TIMEOUT',
    said: /^silent: .*after the timeout/,
    count: ['snmp_faults_total', ',fault="late"'],
  },
  late: {
    behaviour: { delayMs: 400 },
    code: 'BW_SNMP_TIMEOUT',
    said: /^silent: .*after the timeout/,
    count: ['snmp_faults_total', ',fault="late"'],
  },
};

it('bad devices are counted and named, and the good one next to them keeps its interval', {
  timeout: 60_000,
}, async () => {
  const good = await start({});
  const huge = await start({ delayMs: 20 }, 3000);
  const targets = [
    target('good', { snmp: community(good.port, { timeout: 1000 }) }),
    target('huge', { snmp: community(huge.port, { timeout: 500 }) }),
  ];
  for (const [name, { behaviour }] of Object.entries(BAD))
    targets.push(target(name, { snmp: community((await start(behaviour)).port) }));
  const recorder = new Recorder(targets);
  recorder.poller.start();
  await expect.poll(() => recorder.of('snmp', 'good').length, { timeout: 30_000 }).toBeGreaterThanOrEqual(10);
  await recorder.poller.stop();

  for (const [name, { code, count, said }] of Object.entries(BAD)) {
    expect([name, recorder.last('snmp', name)['poll_outcome']]).toEqual([name, code]);
    expect(await recorder.count(count[0], `device="${name}"${count[1]}`), name).toBeGreaterThan(0);
    expect([name, recorder.verdict(name).join(': ')]).toEqual([name, expect.stringMatching(said)]);
    // Its name may be known, its counters are not: nothing is made up.
    expect(recorder.of('interface', name).filter((s) => 'in_bits_per_s' in s.fields)).toEqual([]);
    expect(recorder.of('device', name).every((s) => s.fields['down'] !== 1n)).toBe(true);
  }
  expect(recorder.last('device', 'silent')).toMatchObject({ state: 'snmp_problem', snmp_problem: 1n });

  expect(recorder.verdict('good')[0]).not.toMatch(/failing|silent/);
  const polls = recorder.of('snmp', 'good');
  expect(polls.map((s) => s.fields['poll_outcome'])).toEqual(polls.map(() => 'ok'));
  for (const [i, sample] of polls.entries()) {
    expect(Math.abs(sample.time - polls[0]!.time - i * 1000), `poll ${i}`).toBeLessThan(150);
    const rows = recorder.of('interface', 'good').filter((s) => s.time === sample.time);
    expect(rows).toHaveLength(5);
    if (i > 0)
      for (const row of rows) {
        // 1/100 s of the device's clock in a second is 1 %.
        expect(row.fields['in_bits_per_s']).toBeCloseTo(100e6, -6.5);
        expect(row.fields['in_util_percent']).toBeCloseTo(10, 0);
      }
  }
});

it('a table too large for the budget gives what was read, at every poll', { timeout: 60_000 }, async () => {
  const { port } = await start({ delayMs: 20 }, 3000);
  const recorder = new Recorder([target('huge', { snmp: community(port, { timeout: 500 }) })]);
  recorder.poller.start();
  await expect.poll(() => recorder.of('snmp', 'huge').length, { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
  await recorder.poller.stop();
  for (const poll of recorder.of('snmp', 'huge')) {
    expect(poll.fields['poll_outcome']).toBe('BW_SNMP_BUDGET');
    expect(poll.fields['poll_duration_ms']).toBeLessThan(900);
  }
  const states = recorder.of('device', 'huge').map((s) => s.fields['state']);
  expect(new Set(states)).toEqual(new Set(['up']));
  const rows = recorder.of('interface', 'huge');
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows)
    expect(row.fields).not.toHaveProperty(
      'in_bits_per_s',
      expect.toSatisfy((v) => Math.abs((v as number) / 100e6 - 1) > 0.05),
    );
});

it('a device that cannot send large replies is asked for less, once and for all', { timeout: 30_000 }, async () => {
  const { port, responder } = await start({ dropBulkAbove: 5 }, 40);
  const recorder = new Recorder([
    target('small', { intervalMs: 2000, snmp: community(port, { timeout: 100, retries: 3 }) }),
  ]);
  recorder.poller.start();
  await expect.poll(() => recorder.of('snmp', 'small').length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
  await recorder.poller.stop();
  expect(recorder.of('snmp', 'small').map((s) => s.fields['poll_outcome'])).toEqual(['ok', 'ok', 'ok']);
  expect(await recorder.count('snmp_timeouts_total', 'device="small"')).toBe(2);
  expect(recorder.verdict('small')[1]).toContain('max-repetitions reduced to 5');
  expect(responder.stats.dropped).toBe(2);
});

it('SNMPv1: a device that fails a whole request for one missing name still gives the rest', {
  timeout: 30_000,
}, async () => {
  // It has no sysDescr, sysObjectID or sysLocation, and ends with the very column that is asked for last.
  const device = new OidTable()
    .set('1.3.6.1.2.1.1.3', '0', (at) => ({ type: 'timeticks', value: Math.floor(at / 10) }))
    .set('1.3.6.1.2.1.1.5', '0', { type: 'octets', value: 'old' });
  for (const i of ['1', '2'])
    device
      .set('1.3.6.1.2.1.2.2.1.2', i, { type: 'octets', value: `port ${i}` })
      .set('1.3.6.1.2.1.2.2.1.5', i, { type: 'gauge32', value: 100_000_000 })
      .set('1.3.6.1.2.1.2.2.1.10', i, (at) => ({ type: 'counter32', value: Math.floor(at * 1250) % 2 ** 32 }));
  const responder = new SnmpResponder({
    address: '127.0.0.1',
    port: 0,
    community: 'tests-only',
    device,
    clock: systemClock,
  });
  responders.push(responder);
  const { port } = await responder.start();
  const recorder = new Recorder([target('old', { snmp: community(port, { version: '1', timeout: 1000 }) })]);
  recorder.poller.start();
  await expect.poll(() => recorder.of('snmp', 'old').length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  await recorder.poller.stop();
  expect(recorder.last('snmp', 'old')).toMatchObject({ poll_outcome: 'ok', uptime: expect.any(Number) });
  const rows = recorder.of('interface', 'old', { ifDescr: 'port 2' });
  expect(rows.length).toBeGreaterThanOrEqual(3);
  expect(rows.at(-1)!.fields['in_util_percent']).toBeCloseTo(10, 0);
});

it('is down only once ping is silent too, and comes back; without fping its ping is unknown', {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-down-'));
  const fping = join(folder, 'fping');
  const silence = join(folder, 'silence');
  // Takes the addresses after its ten other arguments, as the real one does.
  writeFileSync(
    fping,
    `#!/bin/sh\nshift 10\nfor a; do if [ -e ${silence} ]; then echo "$a : - -" >&2; else echo "$a : 1 2" >&2; fi; done\n`,
    { mode: 0o755 },
  );
  const { port, responder } = await start({});
  const ping = { interval: 500, count: 2, timeout: 100 };
  const both = target('both', { snmp: community(port, { timeout: 200 }), ping, intervalMs: 500 });
  const recorder = new Recorder([both, target('ping-only', { ping })], fping);
  const blind = new Recorder([both], join(folder, 'none'));
  const until = (device: string, state: string) =>
    expect.poll(() => recorder.last('device', device)['state'], { timeout: 10_000 }).toBe(state);
  vi.stubEnv('PATH', folder);
  try {
    recorder.poller.start();
    blind.poller.start();
    await until('both', 'up');
    await until('ping-only', 'up');
    responder.behaviour = { silent: true };
    await until('both', 'snmp_problem');
    writeFileSync(silence, '');
    await until('both', 'down');
    await until('ping-only', 'down');
    responder.behaviour = {};
    await until('both', 'ping_problem');
    rmSync(silence);
    await until('both', 'up');
    expect(recorder.last('ping', 'both')).toMatchObject({
      percent_packet_loss: 0,
      average_response_ms: 1.5,
      jitter_ms: 1,
    });
    expect(blind.last('ping', 'both')).toEqual({ result_code: 2n });
    const seen = new Set(blind.of('device', 'both').map((s) => s.fields['state']));
    expect([...seen].filter((s) => s === 'down' || s === 'ping_problem')).toEqual([]);
  } finally {
    await Promise.all([recorder.poller.stop(), blind.poller.stop()]);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  }
});
