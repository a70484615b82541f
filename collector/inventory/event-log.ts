import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { DOMAINS } from '../../core/domain.ts';
import { type FieldValue, type Sample, seriesKey } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import { SEVERITIES, type Severity } from '../engagement/decision.ts';
import type { StateDb } from '../state/database.ts';
import { addEvents, type NewEvent } from '../state/events.ts';

export interface EventLogParts {
  readonly db: StateDb;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
}

/** Of one school in an hour: a port that flaps all day must not push everything else out of the log. All of them are in the metrics store. */
const HOURLY_LIMIT = 5_000;
const HOUR_MS = 3_600_000;
const TEXT_LIMIT = 1_000;
const DETAILS: readonly string[] = ['oid', 'detail', 'clears'];

/** Puts what agents tell as measurement `event` into the log of events. */
export class EventLog {
  readonly #parts: EventLogParts;
  readonly #dropped;
  /** School -> how many in the hour that began then (monotonic). */
  readonly #hours = new Map<string, { since: number; count: number }>();

  constructor(parts: EventLogParts) {
    this.#parts = parts;
    this.#dropped = parts.metrics.counter(
      'bellwether_collector_events_dropped_total',
      'Events of agents that are not in the log of events: more than 5,000 in an hour at one school.',
    );
  }

  /** What is there already is not there twice. @throws what the state database throws: the agent delivers them again */
  async take(samples: readonly Sample[]): Promise<void> {
    const events = samples.flatMap((sample) => loggedEvent(sample) ?? []).filter(({ school }) => this.#allows(school));
    if (events.length > 0) await addEvents(this.#parts.db, events);
  }

  #allows(school: string): boolean {
    const { clock, log } = this.#parts;
    const now = clock.monotonic();
    let hour = this.#hours.get(school);
    if (!hour || now - hour.since >= HOUR_MS) {
      hour = { since: now, count: 0 };
      this.#hours.set(school, hour);
    }
    hour.count++;
    if (hour.count <= HOURLY_LIMIT) return true;
    if (hour.count === HOURLY_LIMIT + 1)
      log.warn({ school, limit: HOURLY_LIMIT }, 'too many events in an hour: the rest is counted only');
    this.#dropped.inc();
    return false;
  }
}

/** Pure: the event that a sample tells of; undefined for any other sample. */
export function loggedEvent(sample: Sample): NewEvent | undefined {
  const { measurement, tags, fields, time } = sample;
  const { school, site, type, severity, domain } = tags;
  if (measurement !== 'event' || school === undefined || site === undefined || type === undefined) return undefined;
  return {
    id: createHash('sha256')
      .update(`${time}\0${seriesKey(measurement, tags)}`)
      .digest('base64url'),
    school,
    site,
    device: tags['device'] ?? null,
    ifName: tags['ifName'] ?? null,
    at: time,
    type,
    severity: isSeverity(severity) ? severity : 'info',
    domain: domain !== undefined && DOMAINS.includes(domain) ? domain : 'infrastructure',
    message: textOf(fields['message']) ?? type.replaceAll('_', ' '),
    detail: Object.fromEntries(
      DETAILS.flatMap((name) => {
        const text = textOf(fields[name]);
        return text === undefined ? [] : [[name, text]];
      }),
    ),
  };
}

function isSeverity(text: string | undefined): text is Severity {
  return (SEVERITIES as readonly (string | undefined)[]).includes(text);
}

function textOf(value: FieldValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, TEXT_LIMIT) : undefined;
}
