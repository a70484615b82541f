import { UNKNOWN_AFTER_MS } from '../../collector/http/console-devices.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';

export interface DeviceData {
  readonly device: string;
  readonly role: string;
  readonly state?: 'up' | 'down' | 'snmp_problem' | 'unknown';
  readonly interfaces?: readonly {
    readonly name: string;
    readonly alias: string;
    readonly util: number;
    readonly errors?: number;
  }[];
}

const STEP_MS = 15_000;
const SPEED = 1e9;

/** The last quarter of an hour of a school, one point every 15 s: what an agent would have sent. */
export function schoolSamples(school: string, devices: readonly DeviceData[], now: number): Sample[] {
  const samples: Sample[] = [];
  for (let age = 900_000; age > 0; age -= STEP_MS)
    for (const device of devices) samples.push(...poll(school, device, now - age, age));
  return samples;
}

function poll(school: string, data: DeviceData, time: number, age: number): Sample[] {
  const { device, role, state = 'up', interfaces = [] } = data;
  if (state === 'unknown' && age <= UNKNOWN_AFTER_MS + 60_000) return [];
  const tags = { school, site: 'main', device, role };
  const sample = (
    measurement: string,
    fields: Record<string, FieldValue>,
    more: Record<string, string> = {},
  ): Sample => ({
    measurement,
    tags: { ...tags, ...more },
    fields,
    time,
  });
  const wave = Math.sin(time / 120_000) * 0.25 + Math.sin(time / 37_000) * 0.1 + 1;
  const ill = age < 300_000;
  const down = state === 'down' && ill;
  const quiet = ill && (state === 'down' || state === 'snmp_problem');
  return [
    sample('device', {
      down: down ? 1 : 0,
      snmp_problem: state === 'snmp_problem' && ill ? 1 : 0,
      state: quiet ? state : 'up',
    }),
    sample('ping', { percent_packet_loss: down ? 100 : 0, ...(down ? {} : { average_response_ms: 1.3 * wave }) }),
    ...(quiet
      ? []
      : [
          sample('snmp', {
            uptime: 1_234_567 + ((time / 1000) % 1e6),
            sysDescr: `${role} ${device}, firmware 7.4.2`,
          }),
        ]),
    ...(quiet
      ? []
      : interfaces.map(({ name, alias, util, errors = 0 }, i) =>
          sample(
            'interface',
            {
              in_bits_per_s: (SPEED * util * wave) / 300,
              out_bits_per_s: (SPEED * util * wave) / 100,
              in_util_percent: (util * wave) / 3,
              out_util_percent: Math.min(100, util * wave),
              in_errors_per_s: errors,
            },
            { ifIndex: String(i + 1), ifName: name, ifAlias: alias, ifDescr: name },
          ),
        )),
  ];
}

/** Two routers, four switches, eight access points, a UPS; two access points down, one switch without SNMP. */
export const SCHOOL: readonly DeviceData[] = [
  {
    device: 'rt-core-1',
    role: 'router',
    interfaces: [
      { name: 'ge-0/0/0', alias: 'WAN Spectrum 1G', util: 61 },
      { name: 'ge-0/0/1', alias: 'uplink sw-core', util: 44 },
    ],
  },
  { device: 'rt-core-2', role: 'router', interfaces: [{ name: 'ge-0/0/0', alias: 'WAN backup LTE', util: 0.4 }] },
  {
    device: 'sw-core',
    role: 'switch',
    interfaces: Array.from({ length: 26 }, (_, i) => ({
      name: `Gi1/0/${i + 1}`,
      alias: i < 2 ? `uplink rt-core-${i + 1}` : `room ${100 + i}`,
      util: i === 0 ? 93 : (i * 7) % 31,
      ...(i === 7 ? { errors: 4.2 } : {}),
    })),
  },
  {
    device: 'sw-lib',
    role: 'switch',
    state: 'snmp_problem',
    interfaces: [{ name: 'Gi1/0/1', alias: 'uplink sw-core', util: 12 }],
  },
  { device: 'sw-gym', role: 'switch', interfaces: [{ name: 'Gi1/0/1', alias: 'uplink sw-core', util: 74 }] },
  { device: 'sw-lab', role: 'switch', interfaces: [{ name: 'Gi1/0/1', alias: 'uplink sw-core', util: 22 }] },
  ...Array.from({ length: 8 }, (_, i) => ({
    device: `ap-${101 + i}`,
    role: 'ap',
    ...(i > 5 ? { state: 'down' as const } : {}),
    interfaces: [{ name: 'eth0', alias: '', util: 4 + i }],
  })),
  { device: 'ups-1', role: 'ups' },
];
