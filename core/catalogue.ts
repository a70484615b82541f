import { COLLECTOR_ROWS, type MetricType, type Row } from './catalogue-collector.ts';
import { FACTS_ROWS, FACTS_TAGS } from './catalogue-facts.ts';
import { SNMP_POLL } from './catalogue-polling.ts';
import { SERVICE_ROWS, SERVICE_TAGS } from './catalogue-service.ts';

export type { MetricType } from './catalogue-collector.ts';

/** One field of one measurement, as the agent writes it. */
export interface Metric {
  readonly measurement: string;
  readonly field: string;
  readonly type: MetricType;
  /** `1` for a number without unit, empty for text. */
  readonly unit: string;
  /** Where its symptoms belong (core/domain.ts). */
  readonly domain: string;
  readonly help: string;
}

/** Tags by measurement; empty ones are left out. What is said of a device has `device`, `role` and `domain` (the default of the role). */
export const MEASUREMENT_TAGS: Readonly<Record<string, readonly string[]>> = {
  interface: ['agent_host', 'source', 'device', 'role', 'domain', 'sysName', 'ifIndex', 'ifName', 'ifDescr', 'ifAlias'],
  snmp: ['agent_host', 'source', 'device', 'role', 'domain', 'sysName'],
  snmp_poll: ['agent_host', 'source', 'device', 'role', 'domain'],
  ping: ['agent_host', 'source', 'device', 'role', 'domain', 'url'],
  device: ['agent_host', 'source', 'device', 'role', 'domain'],
  event: ['agent_host', 'source', 'device', 'role', 'domain', 'type', 'severity', 'ifIndex', 'ifName'],
  ...FACTS_TAGS,
  ...SERVICE_TAGS,
  agent: ['host'],
  calendar: ['calendar'],
  routing: [],
  endpoint: ['contact', 'channel', 'type'],
  on_call: ['party'],
  safety_net: [],
  safety_net_channel: ['contact', 'channel'],
  domain: ['area'],
};

/** Measurements that Telegraf writes as well, with more fields than ours have. */
export const TELEGRAF_TOO: ReadonlySet<string> = new Set([
  'cpu',
  'mem',
  'ping',
  'dns_query',
  'net_response',
  'http_response',
  'x509_cert',
  'wireless',
]);

const counters = (domain: string, unit: string, names: readonly string[], help: string): Row[] =>
  names.map((name) => [name, 'counter', unit, domain, help]);

const INTERFACE: readonly Row[] = [
  ['in_bits_per_s', 'float', 'bit/s', 'switching', 'Received, without framing, averaged over the interval.'],
  ['out_bits_per_s', 'float', 'bit/s', 'switching', 'Sent, without framing, averaged over the interval.'],
  [
    'in_util_percent',
    'float',
    '%',
    'switching',
    'in_bits_per_s by the speed; absent where the speed is unknown, or contradicted by more than 110 %.',
  ],
  [
    'out_util_percent',
    'float',
    '%',
    'switching',
    'out_bits_per_s by the speed; absent where the speed is unknown, or contradicted by more than 110 %.',
  ],
  [
    'in_packets_per_s',
    'float',
    '1/s',
    'switching',
    'Unicast, multicast and broadcast packets received, as far as the device counts them.',
  ],
  [
    'out_packets_per_s',
    'float',
    '1/s',
    'switching',
    'Unicast, multicast and broadcast packets sent, as far as the device counts them.',
  ],
  ['in_errors_per_s', 'float', '1/s', 'cabling', 'Packets received with errors (a bad cable, a duplex mismatch).'],
  ['out_errors_per_s', 'float', '1/s', 'cabling', 'Packets that could not be sent for errors.'],
  [
    'in_discards_per_s',
    'float',
    '1/s',
    'switching',
    'Good packets dropped on receipt, for want of buffers for example.',
  ],
  ['out_discards_per_s', 'float', '1/s', 'switching', 'Good packets dropped before sending: the port is congested.'],
  [
    'error_percent',
    'float',
    '%',
    'cabling',
    'Errors by packets and errors, both directions; absent below 1,000 packets in the interval.',
  ],
  [
    'ifOperStatus',
    'integer',
    '1',
    'cabling',
    'State: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 not present, 7 lower layer down.',
  ],
  ['ifAdminStatus', 'integer', '1', 'switching', 'Wanted state: 1 up, 2 down, 3 testing.'],
  ['ifHighSpeed', 'integer', 'Mbit/s', 'switching', 'Speed in millions of bits per second.'],
  ['ifSpeed', 'integer', 'bit/s', 'switching', 'Speed, only where ifHighSpeed is 0 or absent.'],
  ['ifType', 'integer', '1', 'inventory', 'IANA interface type: 6 is Ethernet, 24 loopback, 71 wireless.'],
  ...counters('switching', 'octet', ['ifHCInOctets', 'ifHCOutOctets'], 'Octets, 64 bit.'),
  ...counters(
    'switching',
    'packet',
    [
      'ifHCInUcastPkts',
      'ifHCInMulticastPkts',
      'ifHCInBroadcastPkts',
      'ifHCOutUcastPkts',
      'ifHCOutMulticastPkts',
      'ifHCOutBroadcastPkts',
    ],
    'Packets, 64 bit.',
  ),
  ...counters(
    'switching',
    'octet',
    ['ifInOctets', 'ifOutOctets'],
    'Octets, 32 bit: only where the 64-bit one is missing.',
  ),
  ...counters(
    'switching',
    'packet',
    [
      'ifInUcastPkts',
      'ifInMulticastPkts',
      'ifInBroadcastPkts',
      'ifOutUcastPkts',
      'ifOutMulticastPkts',
      'ifOutBroadcastPkts',
    ],
    'Packets, 32 bit: only where the 64-bit one is missing.',
  ),
  ...counters('cabling', 'packet', ['ifInErrors', 'ifOutErrors'], 'Packets with errors.'),
  ...counters('switching', 'packet', ['ifInDiscards', 'ifOutDiscards'], 'Good packets dropped.'),
];

const SNMP: readonly Row[] = [
  [
    'uptime',
    'float',
    's',
    'infrastructure',
    'Time since the device, or its SNMP agent, started (sysUpTime); begins anew after 497 days.',
  ],
  ['sysDescr', 'string', '', 'inventory', 'What the device says it is.'],
  ['sysObjectID', 'string', '', 'inventory', "The vendor's identifier of the model."],
  ['sysLocation', 'string', '', 'inventory', 'Where it stands, as configured on it.'],
  ['poll_duration_ms', 'float', 'ms', 'agent', 'Time the poll took, repeats included.'],
  ['poll_outcome', 'string', '', 'agent', '`ok`, or the error code of the first fault (docs/errors.md).'],
];

const PING: readonly Row[] = [
  ['packets_transmitted', 'integer', 'packet', 'infrastructure', 'Echo requests sent in the cycle.'],
  ['packets_received', 'integer', 'packet', 'infrastructure', 'Of these, answered in time.'],
  ['percent_packet_loss', 'float', '%', 'infrastructure', 'Share not answered.'],
  [
    'average_response_ms',
    'float',
    'ms',
    'infrastructure',
    'Mean round trip; absent, as the next four, without an answer.',
  ],
  ['minimum_response_ms', 'float', 'ms', 'infrastructure', 'Shortest round trip.'],
  ['maximum_response_ms', 'float', 'ms', 'infrastructure', 'Longest round trip.'],
  ['standard_deviation_ms', 'float', 'ms', 'infrastructure', 'Standard deviation of the round trips.'],
  [
    'jitter_ms',
    'float',
    'ms',
    'infrastructure',
    'Mean absolute difference of consecutive round trips; needs two answers.',
  ],
  ['result_code', 'integer', '1', 'agent', '0 sent, 1 the host name has no address, 2 it could not be sent.'],
];

const DEVICE: readonly Row[] = [
  ['state', 'string', '', 'infrastructure', '`up`, `snmp_problem`, `ping_problem`, `down` or `unknown`.'],
  [
    'down',
    'integer',
    '1',
    'infrastructure',
    '1 when neither ping nor SNMP is answered; absent while the state is unknown.',
  ],
  ['snmp_problem', 'integer', '1', 'agent', '1 when SNMP fails on a device that is not known to be down.'],
  ['ping_problem', 'integer', '1', 'infrastructure', '1 when ping is not answered but SNMP is.'],
];

const EVENT: readonly Row[] = [
  ['message', 'string', '', 'infrastructure', 'What happened, for people; the tag `domain` says where it belongs.'],
  ['raised', 'integer', '1', 'infrastructure', 'Always 1: the number of samples in a time is their sum.'],
  [
    'count',
    'integer',
    '1',
    'infrastructure',
    'Times that it happened: more than 1 when many of one kind are told as one.',
  ],
  ['oid', 'string', '', 'infrastructure', 'The trap (snmpTrapOID); absent for what is no trap.'],
  ['detail', 'string', '', 'infrastructure', 'All that came with it, as `name=value`.'],
  ['clears', 'string', '', 'infrastructure', 'Types of events that are over with this one, separated by commas.'],
];

const AGENT: readonly Row[] = [
  ['uptime_s', 'float', 's', 'agent', 'Time since the agent started; the counters below count from then.'],
  ['targets', 'integer', '1', 'agent', 'Targets configured.'],
  ['polls_ok', 'counter', '1', 'agent', 'SNMP polls that were complete.'],
  ['polls_failed', 'counter', '1', 'agent', 'SNMP polls with a fault, those that brought a part included.'],
  ['spool_records', 'integer', '1', 'agent', 'Records (polls) waiting for delivery.'],
  ['spool_bytes', 'integer', 'B', 'agent', 'Their size on disk.'],
  ['spool_oldest_age_s', 'float', 's', 'agent', 'Age of the oldest of them, 0 when there is none.'],
  [
    'dropped_lines',
    'counter',
    '1',
    'agent',
    'Lines lost before delivery: the spool was full, they were too old, the disk refused them, the file was damaged.',
  ],
  ['dropped_lines_per_min', 'float', '1/min', 'agent', 'dropped_lines since the report before, by the time between.'],
  ['rejected_lines', 'counter', '1', 'agent', 'Lines that the collector refused for good.'],
  ['rss_bytes', 'integer', 'B', 'agent', 'Memory the agent uses (resident set).'],
  ['version', 'string', '', 'agent', 'Of the agent.'],
];

/** The collector's own, with the site `collector`. */
/** Every field that the agent writes, and the collector. docs/metrics.md is made from it, and a law test holds it against what the code emits. */
export const CATALOGUE: readonly Metric[] = Object.entries({
  interface: INTERFACE,
  snmp: SNMP,
  snmp_poll: SNMP_POLL,
  ping: PING,
  device: DEVICE,
  event: EVENT,
  ...FACTS_ROWS,
  ...SERVICE_ROWS,
  agent: AGENT,
  ...COLLECTOR_ROWS,
} satisfies Record<string, readonly Row[]>).flatMap(([measurement, rows]) =>
  rows.map(([field, type, unit, domain, help]) => ({ measurement, field, type, unit, domain, help })),
);

/** Whose own tags come beside. */
function ownTags(tags: readonly string[]): string {
  if (tags.includes('device')) return ', and those of the target';
  return tags.includes('service') ? ', and those of the service' : '';
}

/** The catalogue as Markdown: what docs/metrics.md holds. */
export function catalogueMarkdown(): string {
  const lines = [
    '# Metrics',
    '',
    'What the agent writes, by measurement, and last what the collector writes of itself (from `calendar` on); the collector adds the tags `school` and `site`. Names are those of Telegraf where it has one.',
    'Timestamps are milliseconds. A field that cannot be told for sure is left out, never 0. Generated from core/catalogue.ts by `npm run generate`.',
  ];
  for (const [measurement, tags] of Object.entries(MEASUREMENT_TAGS)) {
    lines.push('', `## ${measurement}`, '', `Tags: ${tags.map((t) => `\`${t}\``).join(', ')}${ownTags(tags)}.`, '');
    lines.push('| field | type | unit | domain | what it is |', '| --- | --- | --- | --- | --- |');
    for (const m of CATALOGUE.filter((c) => c.measurement === measurement))
      lines.push(`| \`${m.field}\` | ${m.type} | ${m.unit} | ${m.domain} | ${m.help} |`);
  }
  return `${lines.join('\n')}\n`;
}
