import type { PollingRow } from '../../core/polling-api.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';
import type { Tags } from '../normalise/device-tags.ts';

/** How the polling of a device went over some minutes, for the collector: the agent's own metrics cannot be read from outside a school. */
export function pollingSample(row: PollingRow, tags: Tags, time: number): Sample {
  const fields: Record<string, FieldValue> = {
    verdict: row.verdict,
    // Told also when there is none: the one of before would stand otherwise.
    cause: row.cause,
    share_percent: row.sharePercent,
    wanted_interval_s: row.wantedIntervalS,
    polls: BigInt(row.polls),
    failed: BigInt(row.failed),
    skipped: BigInt(row.skipped),
    requests: BigInt(row.requests),
    retries: BigInt(row.retries),
    timeouts: BigInt(row.timeouts),
  };
  if (row.intervalS !== null) fields['interval_s'] = row.intervalS;
  if (row.meanMs !== null) fields['mean_ms'] = row.meanMs;
  if (row.maxMs !== null) fields['max_ms'] = row.maxMs;
  return { measurement: 'snmp_poll', tags, fields, time };
}
