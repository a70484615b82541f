import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from '../../sim/free-port.ts';
import { TestProcess, until } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';

/** The source of the simulated devices stands beside the project, not in it. */
export const FARM_SOURCE = resolve(ROOT, '../shared/bench/snmpfarm.c');
export const farmIsHere = existsSync(FARM_SOURCE);

const PORTS = 52;

/** Interfaces of a simulated switch. */
export const IF_INDEXES: readonly number[] = Array.from({ length: PORTS }, (_, k) => k + 1);

const isDown = (i: number): boolean => i % 10 === 9;

/** Bytes per second that device `d` counts on interface `i` (the formulas are at the top of snmpfarm.c). */
export const inRate = (d: number, i: number): number => (isDown(i) ? 0 : (((31 * d + 17 * i) % 1000) + 1) * 12_500);
export const outRate = (d: number, i: number): number => (isDown(i) ? 0 : (((37 * d + 13 * i) % 1000) + 1) * 12_500);
const base = (d: number, i: number): number => 2 ** 34 * (i % 4) + 1e6 * d + 1000 * i;

/** Value of ifHCInOctets `t` ms after the farm started. */
export const inOctets = (d: number, i: number, t: number): number =>
  base(d, i) + Math.floor((inRate(d, i) * Math.floor(t)) / 1000);
export const outOctets = (d: number, i: number, t: number): number =>
  base(d, i) + Math.floor((outRate(d, i) * Math.floor(t)) / 1000);

export interface Farm {
  readonly port: number;
  readonly devices: number;
  /** Wall-clock ms at which the farm's own time was 0, known to within `startedWithin` ms. */
  readonly startedAt: number;
  readonly startedWithin: number;
  address(d: number): string;
  stop(): Promise<void>;
}

/** Address of device `d`, counted from 0. */
export const farmAddress = (d: number): string => `127.1.${Math.floor((d + 1) / 256)}.${(d + 1) % 256}`;

/** Compiles and starts the farm on loopback: `devices` switches with 52 interfaces, 127.1.0.1 upwards. */
export async function startFarm(dir: string, devices: number): Promise<Farm> {
  const binary = join(dir, 'snmpfarm');
  execFileSync('cc', ['-O2', '-o', binary, FARM_SOURCE], { stdio: ['ignore', 'ignore', 'inherit'] });
  const port = await freePort();
  const farm = new TestProcess(binary, ['--devices', String(devices), '--vlans', '0', '--port', String(port)]);
  const { startedAt, startedWithin } = await until('the farm to answer', 5_000, () => readStart(farmAddress(0), port));
  return {
    port,
    devices,
    startedAt,
    startedWithin,
    address: farmAddress,
    stop: async () => {
      await farm.end();
    },
  };
}

/** GET ifHCInOctets.1 of device 0, SNMPv2c, community public, request-id 1: its value tells the farm's time to the millisecond. */
const OID_BYTES = '2b060102011f0101010601';
const REQUEST = Buffer.from(`302902010104067075626c6963a01c0201010201000201003011300f060b${OID_BYTES}0500`, 'hex');

/** When the farm on `port` started; undefined when it does not answer. */
export async function readStart(
  address: string,
  port: number,
): Promise<{ startedAt: number; startedWithin: number } | undefined> {
  let best: { startedAt: number; startedWithin: number } | undefined;
  for (let round = 0; round < 20; round++) {
    const from = performance.timeOrigin + performance.now();
    const octets = await ask(address, port);
    if (octets === undefined) return best;
    const to = performance.timeOrigin + performance.now();
    const t = ((octets - base(0, 1)) / inRate(0, 1)) * 1000;
    const within = (to - from) / 2 + 1;
    if (!best || within < best.startedWithin) best = { startedAt: (from + to) / 2 - t - 0.5, startedWithin: within };
  }
  return best;
}

function ask(address: string, port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => finish(undefined), 200);
    const finish = (value: number | undefined): void => {
      clearTimeout(timer);
      socket.close();
      done(value);
    };
    socket.on('error', () => finish(undefined));
    socket.on('message', (reply) => {
      const value = reply.indexOf(OID_BYTES, 0, 'hex') + OID_BYTES.length / 2;
      if (reply[value] !== 0x46) return finish(undefined);
      finish(Number(BigInt(`0x${reply.subarray(value + 2, value + 2 + reply[value + 1]!).toString('hex')}`)));
    });
    socket.send(REQUEST, port, address);
  });
}
