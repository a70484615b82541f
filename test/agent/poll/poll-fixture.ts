import type { DeviceStats } from '../../../agent/poll/device-stats.ts';
import type { FactsPass } from '../../../agent/poll/facts-poll.ts';
import { PollBook } from '../../../agent/poll/poll-book.ts';
import type { SnmpPoll } from '../../../agent/poll/snmp-device.ts';

/** When the first poll of a story begins; wall clock and monotonic are one here. */
export const START = 1_000_000;

/** What a poll of 20 ms with 12 requests says, unless told otherwise. */
export function poll(time: number, more: Partial<SnmpPoll> = {}): SnmpPoll {
  return {
    samples: [],
    outcome: 'ok',
    detail: undefined,
    evidence: 'ok',
    uptime: 1,
    time,
    durationMs: 20,
    stats: { sent: 12, answers: 12, retries: 0, timeouts: 0 },
    withoutRate: {},
    write: undefined,
    ...more,
  };
}

/** A reading of facts. */
export function pass(kind: FactsPass['kind'], outcome: FactsPass['outcome'] = 'ok', dropped = 0): FactsPass {
  return { kind, outcome, dropped, samples: [], facts: undefined, detail: outcome === 'ok' ? undefined : 'why' };
}

export function silence(time: number): SnmpPoll {
  const detail = 'no answer within 2000 ms';
  const stats = { sent: 2, answers: 0, retries: 1, timeouts: 2 };
  return poll(time, { outcome: 'BW_SNMP_TIMEOUT', detail, evidence: 'silent', durationMs: 4000, stats });
}

/** The record of a device that was polled so often, every `intervalMs`. */
export function polled(polls: readonly Partial<SnmpPoll>[], intervalMs = 60_000): DeviceStats {
  const stats = statsOf('sw', intervalMs);
  for (const [i, more] of polls.entries()) {
    const one = poll(START + i * intervalMs, more);
    stats.polled(one, one.time + one.durationMs);
  }
  return stats;
}

export function statsOf(name: string, intervalMs = 60_000): DeviceStats {
  const book = new PollBook();
  book.begin([{ name, intervalMs, snmp: {} }]);
  return book.of(name);
}
