import type { Sample } from '../../core/sample.ts';
import { COLLECTOR_SITE } from '../calendar/calendar-sample.ts';

/** Whether the agreements of a school could be evaluated, for the rule that alerts on it. */
export function routingSample(school: string, failed: boolean, time: number): Sample {
  return {
    measurement: 'routing',
    tags: { school, site: COLLECTOR_SITE },
    fields: { failed: failed ? 1n : 0n },
    time,
  };
}
