import { z } from 'zod';
import { POLL_VERDICTS, type PollingList } from '../../../core/polling-api.ts';
import { count, nullable, time } from './schema-parts.ts';

/** Devices in one answer, at most. */
const MOST = 1_000;

export const POLLING_QUERY = `slowest from 1 to ${MOST} (default 10), site: a site`;
export const pollingQuery = z.strictObject({
  slowest: z.coerce.number().int().min(1).max(MOST).default(10),
  site: z.string().min(1).max(256).optional(),
});

const number = z.number();

export const pollingReply = z.strictObject({
  school: z.string(),
  devices: count,
  verdicts: z.strictObject({
    failing: count,
    late: count,
    lossy: count,
    slow: count,
    silent: count,
    ok: count,
  }),
  slowest: z.array(
    z.strictObject({
      device: z.string(),
      site: z.string(),
      verdict: z.enum(POLL_VERDICTS),
      cause: z.string().describe('why, in words; empty when there is nothing to say'),
      time: nullable(time),
      meanMs: nullable(number),
      maxMs: nullable(number),
      sharePercent: number.describe('of its time that the device was being asked'),
      intervalS: nullable(number).describe('achieved'),
      wantedIntervalS: number,
      polls: number,
      failed: number,
      skipped: number,
      requests: number,
      retries: number,
      timeouts: number,
    }),
  ),
}) satisfies z.ZodType<PollingList>;
