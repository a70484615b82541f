/** What a field holds. `integer` is exact to the last digit; a `counter` only grows until it wraps or the device restarts. */
export type MetricType = 'float' | 'integer' | 'counter' | 'string';

export type Row = readonly [field: string, type: MetricType, unit: string, domain: string, help: string];

const CALENDAR: readonly Row[] = [
  [
    'age_h',
    'float',
    'h',
    'agent',
    'Time since the copy in force was last found to be current; absent while there is none.',
  ],
  [
    'failed',
    'integer',
    '1',
    'agent',
    '1 when the calendar could not be read at the last try; the last good copy stays in force.',
  ],
  ['pending', 'integer', '1', 'agent', '1 when a newer copy waits for a confirmation.'],
];

const ROUTING: readonly Row[] = [
  [
    'failed',
    'integer',
    '1',
    'agent',
    '1 when the agreements could not be evaluated: the base owner and the safety net stand in.',
  ],
];

const ENDPOINT: readonly Row[] = [
  [
    'down',
    'integer',
    '1',
    'agent',
    '1 when messages over this channel of a contact do not arrive and are not waited for.',
  ],
  ['failures', 'integer', '1', 'agent', 'Attempts to deliver that failed, since the last that did not.'],
];

const ON_CALL: readonly Row[] = [
  [
    'unattended_h',
    'float',
    'h',
    'agent',
    'Of the time looked ahead (`look_ahead`): nobody is named by the calendar, or everybody of the party is absent.',
  ],
  ['unreachable_h', 'float', 'h', 'agent', 'Who is on call then has no channel.'],
  ['calendar_ends_h', 'float', 'h', 'agent', 'The on-call calendar has no shift then, nor any later.'],
  ['absent_h', 'float', 'h', 'agent', 'Who is on call then is absent, and somebody stands in.'],
  ['unknown_shifts', 'integer', '1', 'agent', 'Events of the on-call calendar that name no contact of the party.'],
];

const SAFETY_NET: readonly Row[] = [
  [
    'untested_d',
    'float',
    'd',
    'agent',
    'Time since the last test of the safety net, or since the school was taken up.',
  ],
  ['dead', 'integer', '1', 'agent', '1 when the last test reached nobody.'],
];

const SAFETY_NET_CHANNEL: readonly Row[] = [
  ['failed', 'integer', '1', 'agent', '1 when the last test message could not be delivered there.'],
];

const DOMAIN: readonly Row[] = [
  [
    'open',
    'integer',
    '1',
    'infrastructure',
    'Open alerts in the area; those that are suppressed, and those of rules on this measurement, do not count.',
  ],
  ['critical', 'integer', '1', 'infrastructure', 'How many of them are critical.'],
  [
    'health',
    'float',
    '1',
    'infrastructure',
    '100, less 20 for each critical alert, 5 for each warning, 1 for each other, and 50 times the share of the devices that are down; never less than 0.',
  ],
];

/** What the collector writes of itself, by measurement; part of the catalogue, apart for its length. */
export const COLLECTOR_ROWS = {
  calendar: CALENDAR,
  routing: ROUTING,
  endpoint: ENDPOINT,
  on_call: ON_CALL,
  safety_net: SAFETY_NET,
  safety_net_channel: SAFETY_NET_CHANNEL,
  domain: DOMAIN,
} satisfies Record<string, readonly Row[]>;
