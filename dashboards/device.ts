import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, queryVariable } from './boards.ts';
import { meanOverTime } from './influxql.ts';
import { seriesPanel, statPanel } from './panels.ts';

const DEVICE = `"school" = '$school' AND "device" = '$device' AND `;
const INTERFACE = `${DEVICE}"ifName" =~ /^$interface$/ AND `;

/** One device: is it there, how far away, and what its interfaces carry. */
export function deviceBoard(): Dashboard {
  return board({
    uid: 'bellwether-device',
    title: 'Bellwether: device',
    description: 'One device: state, latency, uptime, and traffic, errors and discards of its interfaces.',
    variables: [
      queryVariable('school', 'School', 'SHOW TAG VALUES FROM "device" WITH KEY = "school"'),
      queryVariable('device', 'Device', `SHOW TAG VALUES FROM "device" WITH KEY = "device" WHERE "school" = '$school'`),
      queryVariable(
        'interface',
        'Interface',
        `SHOW TAG VALUES FROM "interface" WITH KEY = "ifName" WHERE "school" = '$school' AND "device" = '$device'`,
      )
        .multi(true)
        .includeAll(true),
    ],
    panels: [...now(), ...traffic()],
  });
}

function now() {
  const size = { span: 6, height: 4 } as const;
  return [
    statPanel({
      ...size,
      title: 'Down',
      description: '1: it answers neither ping nor SNMP. Check its power, then the port it hangs on.',
      unit: 'short',
      bad: 1,
      query: `SELECT last("down") AS "down" FROM "device" WHERE ${DEVICE}$timeFilter`,
    }),
    statPanel({
      ...size,
      title: 'Uptime',
      description: 'Since its SNMP agent started. Short after a fault: it rebooted; look for power or a crash.',
      unit: 's',
      query: `SELECT last("uptime") AS "uptime" FROM "snmp" WHERE ${DEVICE}$timeFilter`,
    }),
    statPanel({
      ...size,
      title: 'Latency',
      description: 'Last round trip from the agent.',
      unit: 'ms',
      decimals: 1,
      query: `SELECT last("average_response_ms") AS "ms" FROM "ping" WHERE ${DEVICE}$timeFilter`,
    }),
    statPanel({
      ...size,
      title: 'Packet loss',
      description: 'Of the last ping cycle.',
      unit: 'percent',
      warn: 1,
      bad: 50,
      query: `SELECT last("percent_packet_loss") AS "loss" FROM "ping" WHERE ${DEVICE}$timeFilter`,
    }),
  ];
}

/** In and out of one quantity of the chosen interfaces. */
function both(field: string): { query: string; alias: string }[] {
  return (['in', 'out'] as const).map((direction) => ({
    query: meanOverTime('interface', `${direction}_${field}`, INTERFACE, ['ifName']),
    alias: `$tag_ifName ${direction}`,
  }));
}

function traffic() {
  const size = { span: 12, height: 8 } as const;
  return [
    seriesPanel({
      ...size,
      title: 'Traffic',
      description: 'Bits a second in and out, exact across counter wraps and reboots.',
      unit: 'bps',
      queries: both('bits_per_s'),
    }),
    seriesPanel({
      ...size,
      title: 'Utilisation',
      description:
        "Share of the interface's speed. Above 80 % for long: users notice; find the cause or widen the link.",
      unit: 'percent',
      queries: both('util_percent'),
    }),
    seriesPanel({
      ...size,
      title: 'Errors',
      description:
        'Frames a second that were damaged. They should be 0: change the cable, then the port, then the optic.',
      unit: 'short',
      queries: both('errors_per_s'),
    }),
    seriesPanel({
      ...size,
      title: 'Discards',
      description: 'Good frames thrown away, mostly because a queue was full: the link is too slow for its bursts.',
      unit: 'short',
      queries: both('discards_per_s'),
    }),
    seriesPanel({
      ...size,
      title: 'Packets',
      description: 'Packets a second. High with little traffic: small packets, perhaps a loop or a broadcast storm.',
      unit: 'pps',
      queries: both('packets_per_s'),
    }),
    seriesPanel({
      ...size,
      title: 'Latency and loss',
      description: 'Round trip in ms; loss in percent has the same scale.',
      unit: 'short',
      queries: [
        { query: meanOverTime('ping', 'average_response_ms', DEVICE, ['device']), alias: 'round trip, ms' },
        { query: meanOverTime('ping', 'percent_packet_loss', DEVICE, ['device']), alias: 'loss, %' },
      ],
    }),
  ];
}
