import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, queryVariable } from './boards.ts';
import { countDevices, countOpen, devicesOverTime, meanOverTime, openAlerts, topInterfaces } from './influxql.ts';
import { barPanel, seriesPanel, statPanel, tablePanel } from './panels.ts';

const SCHOOL = `"school" = '$school' AND `;
/** A gateway that is checked as a service is pinged too, and no device. */
const DEVICES = `${SCHOOL}"device" != '' AND `;
const APS = `${SCHOOL}"role" = 'ap' AND `;
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in, from the row that is clicked.
const DEVICE_BOARD = '/d/bellwether-device?var-school=${school}&var-device=${__data.fields.device}';

/** One school: what is open and who answers, its devices, its busiest and its worst interfaces. */
export function schoolBoard(): Dashboard {
  return board({
    uid: 'bellwether-school',
    title: 'Bellwether: school',
    description: "One school: open alerts with their owner, devices by state, the network's load and faults.",
    variables: [queryVariable('school', 'School', 'SHOW TAG VALUES FROM "device" WITH KEY = "school"')],
    panels: [...now(), ...tables(), ...services(), ...interfaces(), ...history()],
  });
}

function now() {
  const size = { unit: 'short', span: 6, height: 4 } as const;
  return [
    statPanel({
      ...size,
      title: 'Open alerts',
      description: 'Open now at this school; the table below says who answers.',
      bad: 1,
      query: countOpen(SCHOOL),
    }),
    statPanel({
      ...size,
      title: 'Devices down',
      description: 'They answer neither ping nor SNMP: check power and the switch port they hang on.',
      bad: 1,
      query: countDevices('down', SCHOOL),
    }),
    statPanel({
      ...size,
      title: 'Access points down',
      description: 'More than one on the same switch: check that switch and its PoE budget first.',
      bad: 1,
      query: countDevices('down', APS),
    }),
    statPanel({
      ...size,
      title: 'SNMP problems',
      description: 'They answer ping but not SNMP: check community or user, and the access list of the device.',
      warn: 1,
      query: countDevices('snmp_problem', SCHOOL),
    }),
  ];
}

function tables() {
  return [
    tablePanel({
      title: 'Open alerts and who answers',
      description: 'The owner is the party that the engagement decided on for the domain of the symptom.',
      unit: 'short',
      span: 12,
      height: 8,
      query: `SELECT "age_s", "open" FROM ${openAlerts(SCHOOL)} WHERE "open" = 1 GROUP BY "severity", "domain", "owner", "rule", "device", "ifName", "site"`,
      hide: ['Time', 'open'],
      columns: { age_s: { title: 'Open for', unit: 's' }, device: { title: 'Device', link: DEVICE_BOARD } },
      sortBy: 'Open for',
    }),
    tablePanel({
      title: 'Devices by state',
      description: 'The last state of each device: up, snmp_problem, ping_problem, down or unknown.',
      unit: 'short',
      span: 12,
      height: 8,
      query: `SELECT last("state") AS "state" FROM "device" WHERE ${SCHOOL}$timeFilter GROUP BY "device", "role", "site"`,
      columns: {
        Time: { title: 'Last seen', unit: 'dateTimeFromNow' },
        device: { title: 'Device', link: DEVICE_BOARD },
      },
    }),
  ];
}

function services() {
  const size = { span: 12, height: 8 } as const;
  return [
    tablePanel({
      ...size,
      title: 'Services',
      description: 'The last check of each service (names, pages, certificates, test platforms), and why it is not ok.',
      unit: 'short',
      query: `SELECT last("state") AS "state", "response_ms", "reason" FROM "service" WHERE ${SCHOOL}$timeFilter GROUP BY "service", "type", "site"`,
      columns: {
        Time: { title: 'Last checked', unit: 'dateTimeFromNow' },
        response_ms: { title: 'Answer after', unit: 'ms' },
      },
    }),
    seriesPanel({
      ...size,
      title: 'Services, time to the answer',
      description: 'All up together: the way to the internet. One alone: that service.',
      unit: 'ms',
      queries: [{ query: meanOverTime('service', 'response_ms', SCHOOL, ['service']), alias: '$tag_service' }],
    }),
  ];
}

function interfaces() {
  const size = { span: 12, height: 8 } as const;
  const columns = { device: { title: 'Device', link: DEVICE_BOARD } };
  return [
    tablePanel({
      ...size,
      title: 'Busiest interfaces, out',
      description:
        'Mean utilisation over the time shown. An uplink above 80 % in school hours needs a faster link or a look at who uses it.',
      unit: 'percent',
      decimals: 1,
      query: topInterfaces('out_util_percent', SCHOOL),
      hide: ['Time'],
      columns,
      sortBy: 'out_util_percent',
    }),
    tablePanel({
      ...size,
      title: 'Busiest interfaces, in',
      description: 'The same for the direction into the device.',
      unit: 'percent',
      decimals: 1,
      query: topInterfaces('in_util_percent', SCHOOL),
      hide: ['Time'],
      columns,
      sortBy: 'in_util_percent',
    }),
    tablePanel({
      ...size,
      title: 'Interfaces with errors',
      description:
        'Errors received a second, the most first. Errors on a copper port: change the cable, then the port; on fibre: clean, then the optic.',
      unit: 'short',
      decimals: 2,
      query: topInterfaces('in_errors_per_s', SCHOOL),
      hide: ['Time'],
      columns,
      sortBy: 'in_errors_per_s',
    }),
    barPanel({
      ...size,
      title: 'Open by domain',
      description: 'Where the trouble is: the domain of the symptom, not of the box.',
      unit: 'short',
      warn: 1,
      query: countOpen(SCHOOL, 'domain'),
      alias: '$tag_domain',
    }),
  ];
}

function history() {
  const size = { span: 8, height: 8 } as const;
  return [
    seriesPanel({
      ...size,
      title: 'Latency',
      description: "Round trip from the agent. All devices up together: the agent's own link. One device: its path.",
      unit: 'ms',
      queries: [{ query: meanOverTime('ping', 'average_response_ms', DEVICES, ['device']), alias: '$tag_device' }],
    }),
    seriesPanel({
      ...size,
      title: 'Packet loss',
      description: 'Loss below 100 % on a wired path is a bad cable, a duplex mismatch or a full link.',
      unit: 'percent',
      max: 100,
      queries: [{ query: meanOverTime('ping', 'percent_packet_loss', DEVICES, ['device']), alias: '$tag_device' }],
    }),
    seriesPanel({
      ...size,
      title: 'Devices down over time',
      description: 'By role. Several access points at the same minute: look at their switch.',
      unit: 'short',
      interval: '2m',
      queries: [{ query: devicesOverTime('down', SCHOOL, 'role'), alias: '$tag_role' }],
    }),
  ];
}
