import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';

/** Where a wrong credential was presented. */
export type AuthDoor = 'api' | 'ingest' | 'login' | 'metrics' | 'link';

const QUIET_MS = 60_000;
const SOURCES_LIMIT = 1_000;

/**
 * Counts every refused credential, and logs each source address at most once a minute: a misconfigured agent is seen, a flood does not fill
 * the disk. With more sources than it remembers, further ones are only counted.
 */
export class AuthFailures {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #total: ReturnType<typeof failureCounter>;
  readonly #loggedAt = new Map<string, number>();

  constructor(log: Logger, clock: Clock, metrics: SelfMetrics) {
    this.#log = log;
    this.#clock = clock;
    this.#total = failureCounter(metrics);
  }

  record(door: AuthDoor, source: string, reason: 'missing' | 'wrong'): void {
    this.#total.inc({ door, reason });
    const now = this.#clock.monotonic();
    const key = `${door} ${source}`;
    const logged = this.#loggedAt.get(key);
    if (logged !== undefined && now - logged < QUIET_MS) return;
    if (logged === undefined && this.#loggedAt.size >= SOURCES_LIMIT) {
      for (const [other, at] of this.#loggedAt) if (now - at >= QUIET_MS) this.#loggedAt.delete(other);
      if (this.#loggedAt.size >= SOURCES_LIMIT) return;
    }
    this.#loggedAt.set(key, now);
    this.#log.warn(
      { door, source, reason },
      'credential refused (further ones of this address stay silent for a minute)',
    );
  }
}

function failureCounter(metrics: SelfMetrics) {
  return metrics.counter('bellwether_collector_auth_failures_total', 'Requests with a missing or wrong credential.', [
    'door',
    'reason',
  ]);
}
