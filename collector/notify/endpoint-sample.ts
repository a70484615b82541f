import type { Sample } from '../../core/sample.ts';
import { COLLECTOR_SITE } from '../calendar/calendar-sample.ts';
import { type EndpointRecord, isDown } from './endpoint-health.ts';

/** How one channel of a contact does, for rules. `gone`: it is no longer configured, or has other settings now, so nothing is wrong with it. */
export function endpointSample(record: EndpointRecord, time: number, gone = false): Sample {
  const { school, contact, channel, type } = record;
  return {
    measurement: 'endpoint',
    tags: { school, site: COLLECTOR_SITE, contact, channel, type },
    fields: {
      down: !gone && isDown(record) ? 1n : 0n,
      failures: gone ? 0n : BigInt(record.failures),
    },
    time,
  };
}
