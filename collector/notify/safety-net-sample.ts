import type { Sample } from '../../core/sample.ts';
import { COLLECTOR_SITE } from '../calendar/calendar-sample.ts';
import type { TestResult } from '../state/safety-net.ts';

const DAY_MS = 86_400_000;

/** Results that say that somebody would not have been told on this channel. */
const BAD: readonly TestResult['result'][] = ['failing', 'failed', 'no_channel'];

/** How the last test of a channel of somebody in the safety net went; `bad` false for one that is no longer part of it. */
export function channelTestSample(
  school: string,
  { contact, channel, result }: Pick<TestResult, 'contact' | 'channel' | 'result'>,
  time: number,
): Sample {
  return {
    measurement: 'safety_net_channel',
    tags: { school, site: COLLECTOR_SITE, contact, channel: channel === '' ? 'none' : channel },
    fields: { failed: BAD.includes(result) ? 1n : 0n },
    time,
  };
}

/** How the safety net as a whole stands after its last test; `since`: when that began, or the school was taken up. */
export function safetyNetSample(school: string, results: readonly TestResult[], since: number, time: number): Sample {
  const contacts = new Set(results.map(({ contact }) => contact));
  const told = new Set(results.filter(({ result }) => !BAD.includes(result)).map(({ contact }) => contact));
  return {
    measurement: 'safety_net',
    tags: { school, site: COLLECTOR_SITE },
    fields: {
      untested_d: Math.max(0, (time - since) / DAY_MS),
      // Before there was a test, nothing is known against anybody.
      dead: contacts.size > 0 && told.size === 0 ? 1n : 0n,
    },
    time,
  };
}
