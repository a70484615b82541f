import type { Alert, AlertChange } from '../../../collector/alert/alert.ts';
import type { Decision, LadderStep, Responsibility } from '../../../collector/engagement/decision.ts';
import type { Channel, Delivery, DeliveryResult, Endpoint } from '../../../collector/notify/channels/channel.ts';
import type { Directory, SchoolDirectory } from '../../../collector/notify/directory.ts';
import { openState, type StateDb } from '../../../collector/state/database.ts';
import { migrateState } from '../../../collector/state/migrate.ts';
import type { Clock } from '../../../core/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { freshState } from '../../support/state-backend.ts';

export const silent = createLogger('test', 'silent');

/** On what this run keeps state in; with `file` on SQLite. */
export async function testState(clock: Clock, file?: string): Promise<StateDb> {
  if (file === undefined) return freshState(clock);
  const db = openState(file);
  await migrateState(db, clock);
  return db;
}

/** 5 October 2026, 10:00 in New York. */
export const T0 = Date.UTC(2026, 9, 5, 14, 0, 0);

export function alert(overrides: Partial<Alert> = {}): Alert {
  return {
    id: '3f0c5a52-0000-4000-8000-000000000001',
    key: 'lincoln ap-down-share main',
    school: 'lincoln',
    site: 'main',
    rule: 'ap-down-share',
    domain: 'wireless',
    severity: 'critical',
    state: 'open',
    labels: { zone: 'gym' },
    summary: '5 of 8 access points do not answer',
    condition: 'share of access points down above 30% for 4s',
    value: 62.5,
    pendingAt: T0 - 4_000,
    openedAt: T0,
    resolvedAt: null,
    ...overrides,
  };
}

export function change(type: AlertChange['type'], of: Alert = alert()): AlertChange {
  const state = type === 'pending' ? 'pending' : type === 'opened' ? 'open' : 'resolved';
  const resolvedAt = state === 'resolved' ? (of.resolvedAt ?? (of.openedAt ?? of.pendingAt) + 60_000) : null;
  return { type, alert: { ...of, state, resolvedAt }, reason: `${type} in a test` };
}

export function step(party: string, contact: string, after_s: number, more: Partial<LadderStep> = {}): LadderStep {
  return { party, contact, transfer: false, after_s, ...more };
}

export const LADDER: readonly LadderStep[] = [
  step('provider', 'cts.oncall', 0),
  step('provider', 'cts.oncall', 600),
  step('internal', 'it.kim', 1200, { transfer: true }),
  step('safety_net', 'principal.ng,cts.noc', 3600, { repeat_s: 1800 }),
];

export function decision(overrides: Partial<Decision> = {}): Decision {
  return {
    owner: 'provider',
    acting: 'provider',
    why: 'infra#0',
    held: null,
    candidates: ['infra#0', 'base'],
    steps: LADDER,
    text: 'provider answers for wireless as agreed in infra. x is told now.',
    ...overrides,
  };
}

export function responsibility(of: Decision = decision()): (school: string) => Responsibility {
  return (school) => ({ school, route: () => of, owner: () => of.owner });
}

const NAMES: Readonly<Record<string, string>> = {
  provider: 'Coastal Tech',
  internal: 'Lincoln IT',
  'it.kim': 'Kim',
  'cts.oncall': 'Coastal on call',
  'principal.ng': 'Principal Ng',
  'cts.noc': 'Coastal NOC',
};

/** A school whose contacts each have one endpoint of type `test` named `phone`, but for those in `without`. */
export function schoolDirectory(
  endpoints: (contact: string) => readonly Endpoint[] = (contact) => [endpoint(contact)],
): SchoolDirectory {
  return {
    name: 'Lincoln Charter',
    timezone: 'America/New_York',
    nameOf: (id) => NAMES[id] ?? id,
    director: { party: 'internal', contact: 'it.kim' },
    endpoints,
  };
}

export function directory(school: SchoolDirectory = schoolDirectory()): Directory {
  return (name) => (name === 'lincoln' ? school : undefined);
}

export function endpoint(contact: string): Endpoint {
  return { type: 'test', id: 'phone', address: `test:${contact}`, secrets: [] };
}

export function deps(clock: Clock) {
  return { clock, log: silent, metrics: new SelfMetrics() };
}

/** A channel that keeps what it was given and answers as `reply` says. */
export class RecordingChannel implements Channel {
  readonly type = 'test';
  readonly got: { id: string; to: string; kind: string; at: number; text: string }[] = [];
  readonly #clock: Clock;
  reply: (delivery: Delivery, signal: AbortSignal) => DeliveryResult | Promise<DeliveryResult>;

  constructor(clock: Clock, reply: RecordingChannel['reply'] = () => ({ ok: true })) {
    this.#clock = clock;
    this.reply = reply;
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const { type, data } = JSON.parse(delivery.body) as {
      type: string;
      data: { text: string; alerts?: { responsibility: { contact: string } }[] } & Partial<
        Record<'responsibility' | 'handover' | 'agreement' | 'test' | 'safety_net', { contact: string }>
      >;
    };
    const to = (data.alerts?.[0]?.responsibility ??
      data.responsibility ??
      data.handover ??
      data.agreement ??
      data.test ??
      data.safety_net)!.contact;
    this.got.push({ id: delivery.id, to, kind: type, at: this.#clock.now(), text: data.text });
    return this.reply(delivery, signal);
  }
}
