import type { SelfMetrics } from '../../runtime/self-metrics.ts';

const name = (rest: string): string => `bellwether_agent_${rest}`;

/** The trap receiver's own metrics. */
export function trapMetrics(metrics: SelfMetrics) {
  return {
    received: metrics.counter(
      name('trap_datagrams_total'),
      'Datagrams at the trap port by outcome: accepted, discovery (v3 informs), malformed, not_a_trap, unsupported, bad_community, unknown_user, bad_level, bad_digest, not_in_time, undecryptable, rate_limited, queue_full, failed.',
      ['outcome'],
    ),
    events: metrics.counter(
      name('traps_total'),
      'Accepted traps by what became of them: event, unknown_trap (an event without a description), duplicate, ignored, unknown_source.',
      ['outcome'],
    ),
    restarts: metrics.counter(
      name('trap_receiver_restarts_total'),
      'Ends of the receiver thread that nobody asked for.',
    ),
  };
}
