import type { Row } from './catalogue-collector.ts';

const row = (field: string, type: Row[1], unit: string, help: string): Row => [field, type, unit, 'agent', help];

/** How the polling of each device goes, told every 5 minutes (or interval, where that is longer) over that time. */
export const SNMP_POLL: readonly Row[] = [
  row(
    'verdict',
    'string',
    '',
    '`ok`, `failing` (answers, but is not read completely), `late` (misses its interval), `lossy` (2 % of requests without an answer), `slow` (25 % of its interval) or `silent`.',
  ),
  row('cause', 'string', '', 'Why, in words; empty when there is nothing to say.'),
  row(
    'mean_ms',
    'float',
    'ms',
    'Mean time a poll took, of those that sent anything; absent, as the next one, when none did.',
  ),
  row('max_ms', 'float', 'ms', 'The longest of them.'),
  row('share_percent', 'float', '%', 'Share of its time that the device was being asked, facts included.'),
  row('interval_s', 'float', 's', 'Mean time between the beginnings of two polls; absent before the second.'),
  row('wanted_interval_s', 'float', 's', 'The interval that is configured.'),
  row('polls', 'integer', '1', 'Polls begun.'),
  row('failed', 'integer', '1', 'Of these, not complete.'),
  row('skipped', 'integer', '1', 'Polls left out because the one before was still going.'),
  row('requests', 'integer', '1', 'Requests sent, a datagram each, repeats among them.'),
  row('retries', 'integer', '1', 'Of these, repeats.'),
  row('timeouts', 'integer', '1', 'Of these, without an answer in time.'),
];
