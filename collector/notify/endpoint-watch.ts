import type { Clock } from '../../core/clock.ts';
import type { EndpointTest, EndpointView } from '../../core/endpoint-api.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { School } from '../engagement/school.ts';
import { appendAudit } from '../state/audit.ts';
import type { StateDb } from '../state/database.ts';
import { forgetEndpoint, listEndpoints, waitingByEndpoint } from '../state/endpoints.ts';
import { enqueue, findMessage } from '../state/outbox.ts';
import { inSchool } from '../state/school-transaction.ts';
import type { Endpoint } from './channels/channel.ts';
import type { Directory } from './directory.ts';
import { type EndpointRecord, fingerprintOf, stateOf } from './endpoint-health.ts';
import { endpointSample } from './endpoint-sample.ts';
import type { HealthChange } from './settlement.ts';
import { type TestOf, testMessage } from './test-message.ts';

const EVERY_MS = 60_000;
/** How long somebody who tests a channel waits for the answer, and how often it is looked for. */
const TEST_WAIT_MS = 20_000;
const TEST_LOOK_MS = 100;

export interface EndpointWatchParts {
  readonly db: StateDb;
  readonly schools: () => ReadonlyMap<string, School>;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  readonly outbox: { notify(): void };
  readonly newId: () => string;
  /** Stores samples and puts them to the rules. */
  readonly observe: (samples: readonly Sample[]) => Promise<void>;
}

/** What is known of the ways to reach people: for the page, for the rules, and by trying them. */
export class EndpointWatch {
  readonly #parts: EndpointWatchParts;
  readonly #states;

  constructor(parts: EndpointWatchParts) {
    this.#parts = parts;
    this.#states = parts.metrics.gauge(
      'bellwether_collector_endpoints',
      'Channels of contacts that were used, by channel type and state (ok, failing, dead, disabled).',
      ['channel', 'state'],
    );
  }

  /** Of a configured school: every channel of every contact, used or not. */
  async list(school: string): Promise<EndpointView[]> {
    const { db, clock } = this.#parts;
    const records = new Map((await listEndpoints(db, school)).map((record) => [keyOf(record), record]));
    const waiting = new Map((await waitingByEndpoint(db, school, clock.now())).map((row) => [keyOf(row), row.waiting]));
    return this.#configured(school).map(({ contact, name, endpoint }) => {
      const key = keyOf({ contact, channel: endpoint.id });
      const record = records.get(key);
      const known = record?.fingerprint === fingerprintOf(endpoint) ? record : undefined;
      return { contact, name, ...viewOf(endpoint, known), waiting: waiting.get(key) ?? 0 };
    });
  }

  /**
   * Sends a message over the very path of every other: the outbox, the channel, its secret. Waits a while for what comes of it. Undefined:
   * there is no such channel.
   */
  async test(of: TestOf, signal?: AbortSignal): Promise<EndpointTest | undefined> {
    const { db, directory, clock, outbox, newId } = this.#parts;
    const school = directory(of.school);
    if (!school?.endpoints(of.contact).some(({ id }) => id === of.channel)) return undefined;
    const message = testMessage(of, newId(), school, clock.now());
    await inSchool(db, of.school, async (tx) => {
      await enqueue(tx, [message]);
      const { contact, channel, by } = of;
      const detail = { contact, channel, by, reference: message.id };
      await appendAudit(tx, { school: of.school, action: 'endpoint.tested', detail, at: clock.now() });
    });
    outbox.notify();
    for (let waited = 0; waited < TEST_WAIT_MS && !signal?.aborted; waited += TEST_LOOK_MS) {
      const row = await findMessage(db, message.id);
      if (row?.status === 'sent' || row?.status === 'failed')
        return { reference: message.id, result: row.status, error: row.lastError };
      await clock.sleep(TEST_LOOK_MS, signal);
    }
    return { reference: message.id, result: 'waiting', error: null };
  }

  /** An endpoint died or is well again: the rules hear of it now. */
  readonly changed = ({ after }: HealthChange): void => {
    const { school, contact, channel, error, failures } = after;
    const state = stateOf(after);
    const detail = { school, contact, channel, state, failures, ...(error !== null && { reason: error }) };
    if (state === 'ok') this.#parts.log.info(detail, 'endpoint answers again');
    else this.#parts.log.error(detail, 'endpoint is down');
    void this.#observe([endpointSample(after, this.#parts.clock.now())]);
  };

  /** Tells the rules how all of them do, every minute, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    await repeat(
      { clock, log, failure: 'endpoints not looked at, tried again', every: EVERY_MS },
      () => this.step(),
      signal,
    );
  }

  /** Those that were used. One that is no longer configured, or has other settings now, is told as well one last time and forgotten. */
  async step(): Promise<void> {
    const { db, clock } = this.#parts;
    const samples: Sample[] = [];
    this.#states.reset();
    for (const record of await listEndpoints(db)) {
      const current = this.#configured(record.school).find(
        ({ contact, endpoint }) => contact === record.contact && endpoint.id === record.channel,
      );
      const gone = current === undefined || fingerprintOf(current.endpoint) !== record.fingerprint;
      samples.push(endpointSample(record, clock.now(), gone));
      if (gone) await forgetEndpoint(db, record);
      else this.#states.inc({ channel: record.type, state: stateOf(record) });
    }
    await this.#observe(samples);
  }

  #configured(school: string): { readonly contact: string; readonly name: string; readonly endpoint: Endpoint }[] {
    const { schools, directory } = this.#parts;
    const people = directory(school);
    const contacts = [...(schools().get(school)?.contacts.keys() ?? [])];
    return contacts.flatMap((contact) =>
      (people?.endpoints(contact) ?? []).map((endpoint) => ({ contact, name: people!.nameOf(contact), endpoint })),
    );
  }

  async #observe(samples: readonly Sample[]): Promise<void> {
    if (samples.length === 0) return;
    const { observe, log } = this.#parts;
    await observe(samples).catch((error: unknown) =>
      log.warn({ err: errorMessage(error) }, 'samples of endpoints not stored'),
    );
  }
}

function keyOf({ contact, channel }: { readonly contact: string; readonly channel: string }): string {
  return JSON.stringify([contact, channel]);
}

function viewOf(
  endpoint: Endpoint,
  record: EndpointRecord | undefined,
): Omit<EndpointView, 'contact' | 'name' | 'waiting'> {
  return {
    channel: endpoint.id,
    type: endpoint.type,
    host: hostOf(endpoint),
    state: stateOf(record),
    lastSuccess: record?.succeededAt ?? null,
    lastFailure: record?.failedAt ?? null,
    error: record?.error ?? null,
    failures: record?.failures ?? 0,
    failingSince: record?.failingSince ?? null,
    disabledAt: record?.disabledAt ?? null,
  };
}

/** Of a URL its host, of a mail address its domain; of anything else nothing, since that may be the secret itself. */
export function hostOf({ type, address, settings }: Endpoint): string | null {
  if (type === 'email') return address.split('@').at(-1) ?? null;
  const url = settings?.['url'] ?? address;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return null;
  return new URL(url).host;
}
