import type { FieldValue, Sample } from '../../core/sample.ts';
import type { PingTimes } from '../drivers/ping.ts';
import type { Tags } from './device-tags.ts';

/** Telegraf's `result_code`: 0 sent, 1 the name has no address, 2 could not be sent. */
export type PingResult = { readonly code: 0; readonly times: PingTimes } | { readonly code: 1 | 2 };

/** One sample of measurement `ping`; times in ms. Without an answer there are no times. */
export function normalisePing(result: PingResult, host: string, tags: Tags, time: number): Sample {
  const fields: Record<string, FieldValue> = { result_code: BigInt(result.code) };
  if (result.code === 0) {
    const answered = result.times.filter((t) => t !== undefined);
    fields['packets_transmitted'] = BigInt(result.times.length);
    fields['packets_received'] = BigInt(answered.length);
    const sent = result.times.length;
    fields['percent_packet_loss'] = ((sent - answered.length) / sent) * 100;
    Object.assign(fields, spread(answered));
  }
  return { measurement: 'ping', tags: { ...tags, url: host }, fields, time };
}

/**
 * Jitter is the mean absolute difference of consecutive round-trip times: the |D| of RFC 3550 section 6.4.1 averaged over the cycle
 * instead of smoothed, with round trips in place of transit times. It needs two answers.
 */
function spread(times: readonly number[]): Record<string, number> {
  if (times.length === 0) return {};
  const mean = times.reduce((sum, t) => sum + t, 0) / times.length;
  const variance = times.reduce((sum, t) => sum + (t - mean) ** 2, 0) / times.length;
  const steps = times.slice(1).map((t, i) => Math.abs(t - times[i]!));
  return {
    average_response_ms: mean,
    minimum_response_ms: Math.min(...times),
    maximum_response_ms: Math.max(...times),
    standard_deviation_ms: Math.sqrt(variance),
    ...(steps.length > 0 ? { jitter_ms: steps.reduce((sum, s) => sum + s, 0) / steps.length } : {}),
  };
}
