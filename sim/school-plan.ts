import type { DeviceSpec } from './device.ts';
import { IF_TYPE, type InterfaceSpec } from './interface.ts';
import { type LoadShape, STEADY } from './load-shape.ts';

/** A cable between two ports; `a` is the side nearer to the pupils. */
export interface Link {
  readonly a: { readonly device: string; readonly port: string };
  readonly b: { readonly device: string; readonly port: string };
}

export interface SchoolPlan {
  readonly devices: readonly DeviceSpec[];
  readonly links: readonly Link[];
}

const DAY = 86_400_000;
// The net-snmp project's playpen: no vendor, so pollers fall back to their generic profile.
const OBJECT_ID = '1.3.6.1.4.1.8072.9999.9999';

type Shapes = readonly [LoadShape, ...LoadShape[]];

interface PortPlan {
  readonly name: string;
  readonly alias: string;
  readonly speedMbps: number;
  readonly peakIn: number;
  readonly peakOut: number;
  readonly type?: number;
}

function ports(plans: readonly PortPlan[], shapes: Shapes): InterfaceSpec[] {
  return plans.map((plan, i) => ({
    index: i + 1,
    type: IF_TYPE.ethernetCsmacd,
    descr: longName(plan.name),
    shape: shapes[i % shapes.length] ?? shapes[0],
    ...plan,
  }));
}

function longName(name: string): string {
  return name.replace(/^Gi/, 'GigabitEthernet').replace(/^Te/, 'TenGigabitEthernet');
}

function router(name: string, address: string, plans: readonly PortPlan[], shapes: Shapes): DeviceSpec {
  return {
    name,
    address,
    role: 'router',
    descr: 'Simulated branch router, software 17.9',
    objectId: `${OBJECT_ID}.1`,
    location: 'Main building, MDF',
    services: 78,
    uptimeMs: 143 * DAY,
    rttMs: 0.4,
    interfaces: ports(plans, shapes),
  };
}

function networkSwitch(
  name: string,
  address: string,
  location: string,
  plans: readonly PortPlan[],
  shapes: Shapes,
): DeviceSpec {
  return {
    name,
    address,
    role: 'switch',
    descr: 'Simulated PoE switch, software 12.4',
    objectId: `${OBJECT_ID}.2`,
    location,
    services: 2,
    uptimeMs: 61 * DAY,
    rttMs: 0.6,
    interfaces: ports(plans, shapes),
  };
}

/** A wing's 24 ports: its access points first, then rooms. */
function wingPorts(wing: string, aps: readonly string[]): PortPlan[] {
  return Array.from({ length: 24 }, (_, i): PortPlan => {
    const ap = aps[i];
    return {
      name: `Gi1/0/${i + 1}`,
      alias: ap ?? `${wing} room ${101 + i}`,
      speedMbps: 1000,
      peakIn: ap ? 4 : 0.5 + (i % 5) * 0.4,
      peakOut: ap ? 18 : 2 + (i % 7) * 0.9,
    };
  });
}

function accessPoint(name: string, address: string, shapes: Shapes): DeviceSpec {
  const radio = (index: number, band: string): PortPlan => ({
    name: `wlan${index}`,
    alias: band,
    speedMbps: 1200,
    peakIn: 3,
    peakOut: 14,
    type: IF_TYPE.ieee80211,
  });
  const wired: PortPlan = { name: 'eth0', alias: 'wired', speedMbps: 1000, peakIn: 18, peakOut: 4 };
  return {
    name,
    address,
    role: 'ap',
    descr: 'Simulated access point, 802.11ax',
    objectId: `${OBJECT_ID}.3`,
    location: `${name.split('-')[1]} wing`,
    services: 2,
    uptimeMs: 12 * DAY,
    rttMs: 1.1,
    interfaces: ports([wired, radio(0, '2.4 GHz'), radio(1, '5 GHz')], shapes),
  };
}

const WINGS: readonly { wing: string; aps: readonly string[]; uplink: PortPlan }[] = [
  {
    wing: 'east',
    aps: ['ap-east-1', 'ap-east-2', 'ap-east-3'],
    uplink: { name: 'Gi1/0/25', alias: 'uplink to core', speedMbps: 1000, peakIn: 35, peakOut: 12 },
  },
  {
    wing: 'west',
    aps: ['ap-west-1', 'ap-west-2'],
    uplink: { name: 'Te1/1/1', alias: 'uplink to core', speedMbps: 10_000, peakIn: 6, peakOut: 2 },
  },
  {
    wing: 'gym',
    aps: ['ap-gym-1', 'ap-gym-2', 'ap-gym-3'],
    uplink: { name: 'Te1/1/1', alias: 'uplink to core', speedMbps: 10_000, peakIn: 4, peakOut: 1.5 },
  },
];

/** The school: 2 routers, 4 switches, 8 access points, 1 UPS on 127.20.0.x. */
export function planSchool(shapes: Shapes): SchoolPlan {
  const down = WINGS.map(
    ({ wing, uplink }, i): PortPlan => ({
      name: `Te1/0/${i + 3}`,
      alias: `sw-${wing}`,
      speedMbps: uplink.speedMbps,
      peakIn: uplink.peakOut,
      peakOut: uplink.peakIn,
    }),
  );
  const core = networkSwitch(
    'sw-core',
    '127.20.0.11',
    'Main building, MDF',
    [
      { name: 'Te1/0/1', alias: 'uplink to rtr-edge', speedMbps: 10_000, peakIn: 8, peakOut: 3 },
      { name: 'Te1/0/2', alias: 'uplink to rtr-backup', speedMbps: 1000, peakIn: 0.1, peakOut: 0.1 },
      ...down,
      { name: 'Te1/0/6', alias: 'server: test cache', speedMbps: 10_000, peakIn: 2, peakOut: 1 },
      { name: 'Te1/0/7', alias: 'ups-mdf', speedMbps: 100, peakIn: 0.01, peakOut: 0.01 },
    ],
    shapes,
  );
  const routers = [
    router(
      'rtr-edge',
      '127.20.0.1',
      [
        { name: 'Gi0/0/0', alias: 'WAN 1: fiber', speedMbps: 1000, peakIn: 62, peakOut: 24 },
        { name: 'Te0/1/0', alias: 'to sw-core', speedMbps: 10_000, peakIn: 3, peakOut: 8 },
      ],
      shapes,
    ),
    router(
      'rtr-backup',
      '127.20.0.2',
      [
        { name: 'Gi0/0/0', alias: 'WAN 2: cable, standby', speedMbps: 300, peakIn: 0.2, peakOut: 0.2 },
        { name: 'Gi0/0/1', alias: 'to sw-core', speedMbps: 1000, peakIn: 0.1, peakOut: 0.1 },
      ],
      shapes,
    ),
  ];
  const switches = WINGS.map(({ wing, aps, uplink }, i) =>
    networkSwitch(`sw-${wing}`, `127.20.0.${12 + i}`, `${wing} wing, IDF`, [...wingPorts(wing, aps), uplink], shapes),
  );
  const accessPoints = WINGS.flatMap((w) => w.aps).map((ap, i) => accessPoint(ap, `127.20.0.${21 + i}`, shapes));
  return { devices: [...routers, core, ...switches, ...accessPoints, ups()], links: links() };
}

function links(): Link[] {
  const up = [
    { a: { device: 'sw-core', port: 'Te1/0/1' }, b: { device: 'rtr-edge', port: 'Te0/1/0' } },
    { a: { device: 'sw-core', port: 'Te1/0/2' }, b: { device: 'rtr-backup', port: 'Gi0/0/1' } },
  ];
  const down = WINGS.flatMap(({ wing, aps, uplink }, i) => [
    { a: { device: `sw-${wing}`, port: uplink.name }, b: { device: 'sw-core', port: `Te1/0/${i + 3}` } },
    ...aps.map((ap, n) => ({ a: { device: ap, port: 'eth0' }, b: { device: `sw-${wing}`, port: `Gi1/0/${n + 1}` } })),
  ]);
  return [...up, ...down];
}

function ups(): DeviceSpec {
  return {
    name: 'ups-mdf',
    address: '127.20.0.31',
    role: 'ups',
    descr: 'Simulated UPS network card',
    objectId: `${OBJECT_ID}.4`,
    location: 'Main building, MDF',
    services: 72,
    uptimeMs: 402 * DAY,
    rttMs: 1.8,
    interfaces: ports([{ name: 'eth0', alias: '', speedMbps: 100, peakIn: 0.01, peakOut: 0.01 }], [STEADY]),
    ups: { model: 'Line-interactive 1500', chargePercent: 100, minutesRemaining: 42, ratedWatts: 1500, load: () => 38 },
  };
}
