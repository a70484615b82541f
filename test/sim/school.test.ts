import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { accessPointsDown, crcErrors, saturatedUplink } from '../../sim/fault.ts';
import { SimulatedSchool } from '../../sim/school.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { NUMERIC, runTool } from './snmp-tools.ts';

const IF_IN_OCTETS = '1.3.6.1.2.1.2.2.1.10';
const IF_HC_IN = '1.3.6.1.2.1.31.1.1.1.6';
const IF_HC_OUT = '1.3.6.1.2.1.31.1.1.1.10';
const IF_OPER_STATUS = '1.3.6.1.2.1.2.2.1.8';
const SYS_UPTIME = '1.3.6.1.2.1.1.3.0';

const started: SimulatedSchool[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((s) => s.stop()));
});

function quiet(): { school: SimulatedSchool; clock: FakeClock; read: (device: string, oid: string) => number } {
  const clock = new FakeClock();
  const school = new SimulatedSchool({ clock, timeOfDayMs: 10 * 3_600_000 });
  const read = (device: string, oid: string): number =>
    Number(school.device(device).table.get(oid, school.at())?.value);
  return { school, clock, read };
}

describe('SimulatedSchool', () => {
  it('has 2 routers, 4 switches, 8 access points and a UPS, each on an address and name of its own', () => {
    const { school } = quiet();
    const count = (role: string): number => school.devices.filter((d) => d.spec.role === role).length;
    expect({ router: count('router'), switch: count('switch'), ap: count('ap'), ups: count('ups') }).toEqual({
      router: 2,
      switch: 4,
      ap: 8,
      ups: 1,
    });
    expect(new Set(school.devices.map((d) => d.spec.name)).size).toBe(15);
    expect(new Set(school.devices.map((d) => d.spec.address)).size).toBe(15);
    for (const { spec } of school.devices) expect(spec.address).toMatch(/^127\.20\.0\.\d+$/);
  });

  it('has both ends of every link', () => {
    const { school } = quiet();
    for (const { a, b } of school.links)
      for (const end of [a, b]) expect(school.device(end.device).interface(end.port).up).toBe(true);
  });

  it('keeps the 32-bit columns equal to the low half of the 64-bit ones, always', async () => {
    const { school, clock, read } = quiet();
    for (let i = 0; i < 5; i++) {
      await clock.advance(47_123);
      for (const device of school.devices)
        for (const { spec } of device.interfaces)
          expect(read(device.spec.name, `${IF_IN_OCTETS}.${spec.index}`)).toBe(
            read(device.spec.name, `${IF_HC_IN}.${spec.index}`) % 2 ** 32,
          );
    }
  });

  it('carries plausible traffic at ten in the morning: nothing over 80 %, uplinks not idle', async () => {
    const { school, clock, read } = quiet();
    const outOf = (): number[] =>
      school.devices.flatMap((d) => d.interfaces.map((i) => read(d.spec.name, `${IF_HC_OUT}.${i.spec.index}`)));
    const before = outOf();
    await clock.advance(60_000);
    const speeds = school.devices.flatMap((d) => d.interfaces.map((i) => i.spec.speedMbps));
    const percent = outOf().map((v, i) => ((v - before[i]!) * 8) / 60 / (speeds[i]! * 1e4));
    expect(Math.max(...percent)).toBeLessThan(80);
    expect(percent.filter((p) => p > 1).length).toBeGreaterThan(50);
  });

  it('answers UPS-MIB on the UPS', () => {
    const { read } = quiet();
    const at = (oid: string): number => read('ups-mdf', `1.3.6.1.2.1.33.1.${oid}`);
    expect([at('2.1.0'), at('2.3.0'), at('2.4.0'), at('4.4.1.5.1')]).toEqual([2, 42, 100, 38]);
  });

  it('serves all of it over UDP, on one free port, starting and stopping twice', async () => {
    const school = new SimulatedSchool({ clock: systemClock, port: 0 });
    started.push(school);
    await school.start();
    await school.start();
    const v2 = [...NUMERIC, '-v2c', '-c', school.community];
    for (const { spec, table } of school.devices) {
      const { out, code } = await runTool('snmpbulkwalk', [...v2, `${spec.address}:${school.port}`, '.1']);
      expect(code).toBe(0);
      expect(out.split('\n').filter((line) => line.startsWith('.1.'))).toHaveLength(
        table.size + (out.includes('No more variables') ? 1 : 0),
      );
    }
    const { out } = await runTool('snmpget', [...v2, `127.20.0.12:${school.port}`, '1.3.6.1.2.1.31.1.1.1.18.25']);
    expect(out).toContain('"uplink to core"');
    await school.stop();
    await school.stop();
    await school.start();
  });
});

describe('faults', () => {
  it('an uplink saturates at 98 %, seen from both ends, without a jump, and calms down', async () => {
    const { school, clock, read } = quiet();
    const fault = saturatedUplink('sw-east', 'Gi1/0/25');
    await clock.advance(5_000);
    const out = (): number => read('sw-east', `${IF_HC_OUT}.25`);
    const farIn = (): number => read('sw-core', `${IF_HC_IN}.3`);
    const [o0, i0] = [out(), farIn()];
    fault.inject(school);
    fault.inject(school);
    expect([out(), farIn()]).toEqual([o0, i0]);
    await clock.advance(10_000);
    expect(out() - o0).toBe((0.98 * 1e9 * 10) / 8);
    expect(farIn() - i0).toBe(out() - o0);
    expect(school.ping('127.20.0.12')).toBeGreaterThan(20);
    const calm = out();
    fault.clear(school);
    expect(out()).toBe(calm);
    await clock.advance(10_000);
    expect(out() - calm).toBeLessThan((0.3 * 1e9 * 10) / 8);
    expect(school.ping('127.20.0.12')).toBeLessThan(2);
  });

  it('access points die: no ping, the switch port down, SNMP silent; they come back rebooted', async () => {
    const { school, clock, read } = quiet();
    const fault = accessPointsDown(['ap-gym-1']);
    const { address } = school.device('ap-gym-1').spec;
    expect(school.ping(address)).toBeGreaterThan(0);
    await clock.advance(3_000);
    fault.inject(school);
    expect(school.ping(address)).toBeUndefined();
    expect(read('sw-gym', `${IF_OPER_STATUS}.1`)).toBe(2);
    await clock.advance(7_000);
    fault.clear(school);
    fault.clear(school);
    expect(school.ping(address)).toBeGreaterThan(0);
    expect(read('sw-gym', `${IF_OPER_STATUS}.1`)).toBe(1);
    expect(read('ap-gym-1', SYS_UPTIME)).toBe(0);
    expect(read('ap-gym-1', `${IF_HC_IN}.1`)).toBe(0);
    await clock.advance(2_000);
    expect(read('ap-gym-1', SYS_UPTIME)).toBe(200);
    expect(read('ap-gym-1', `${IF_HC_IN}.1`)).toBeGreaterThan(0);
  });

  it('the SNMP silence of a dead device is real, also when it died before the start', async () => {
    const school = new SimulatedSchool({ clock: systemClock, port: 0 });
    started.push(school);
    school.kill('ap-gym-2');
    await school.start();
    const get = (name: string): Promise<{ code: number }> =>
      runTool('snmpget', [
        ...NUMERIC,
        '-v2c',
        '-c',
        school.community,
        `${school.device(name).spec.address}:${school.port}`,
        SYS_UPTIME,
      ]);
    expect((await get('ap-gym-2')).code).not.toBe(0);
    expect((await get('ap-gym-1')).code).toBe(0);
    school.revive('ap-gym-2');
    expect((await get('ap-gym-2')).code).toBe(0);
  });

  it('a cable takes CRC errors at 20 a second, and none before or after', async () => {
    const { school, clock, read } = quiet();
    const fault = crcErrors('sw-west', 'Gi1/0/7');
    const errors = (): number => read('sw-west', '1.3.6.1.2.1.2.2.1.14.7');
    await clock.advance(5_000);
    expect(errors()).toBe(0);
    fault.inject(school);
    await clock.advance(10_000);
    expect(errors()).toBe(200);
    expect(read('sw-west', '1.3.6.1.2.1.10.7.2.1.3.7')).toBe(200);
    fault.clear(school);
    await clock.advance(10_000);
    expect(errors()).toBe(200);
  });
});
