import { formatDuration } from '../../core/duration.ts';
import type { Alert } from '../alert/alert.ts';
import type { Decision } from '../engagement/decision.ts';
import { capital } from '../engagement/explain.ts';
import { SAFETY_NET } from '../engagement/ladder.ts';
import type { SchoolDirectory } from './directory.ts';
import type { SafetyNetMessage } from './safety-net-message.ts';

/** The webhook's body (shape of Standard Webhooks: type, timestamp, data). All times ISO 8601, UTC. */
export interface AlertMessage {
  readonly type: 'alert.open' | 'alert.resolved' | 'alert.handed_over' | 'alert.unwanted' | 'alert.pinned';
  /** When this was decided. */
  readonly timestamp: string;
  readonly data: {
    readonly alert: {
      readonly id: string;
      readonly school: string;
      readonly site: string;
      readonly domain: string;
      readonly severity: string;
      /** As what it was told before, where that was another severity too. */
      readonly told_as?: readonly string[];
      readonly rule: string;
      readonly summary: string;
      readonly condition: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly value: number;
      readonly opened_at: string | null;
      readonly resolved_at: string | null;
    };
    readonly responsibility: {
      readonly owner: string;
      readonly acting: string;
      readonly why: string;
      /** The reason in plain words. */
      readonly text: string;
      /** Who this message is for. */
      readonly contact: string;
    };
    /** What a phone shows; times in the school's zone. */
    readonly text: string;
    /** Where the reader answers without a login; added when it is sent (alert-links.ts), never stored. */
    readonly ack_url?: string;
  };
}

/** What is told of a hand-over between parties, before and after it. */
export interface HandoverMessage {
  readonly type: 'handover.brief' | 'handover.report';
  readonly timestamp: string;
  readonly data: {
    readonly handover: Readonly<Record<string, unknown>>;
    readonly text: string;
  };
}

/** What is told of an agreement that ends. */
export interface AgreementMessage {
  readonly type: 'agreement.reminded' | 'agreement.expired' | 'agreement.revoked';
  readonly timestamp: string;
  readonly data: {
    readonly agreement: Readonly<Record<string, unknown>>;
    readonly text: string;
  };
}

export type Message = AlertMessage | HandoverMessage | AgreementMessage | SafetyNetMessage;

/** Whom a message is for, and where on the ladder that stands. */
export interface Addressee {
  readonly party: string;
  readonly contact: string;
  /** Index in `Decision.steps`. */
  readonly step: number;
  /** Ownership moves to `party` with this step. */
  readonly transfer: boolean;
  /** How often this step was told before. */
  readonly repeat: number;
  readonly repeatMs: number | null;
  /** Who is told next, and when (ms); undefined: nobody else. */
  readonly next: { readonly contacts: readonly string[]; readonly at: number } | undefined;
}

/** What a contact gets when an alert opens or a later rung is reached. `decidedAt`: when the ladder began, ms. */
export function openMessage(
  alert: Alert,
  decision: Decision,
  to: Addressee,
  decidedAt: number,
  directory: SchoolDirectory,
): AlertMessage {
  const time = clockFace(directory.timezone, decidedAt);
  const lines = [
    `${alert.severity.toUpperCase()} at ${place(alert, directory)}: ${alert.summary}`,
    whyYou(decision, to, time(decidedAt), directory),
    `Since ${time(alert.openedAt ?? decidedAt)}: ${alert.condition}, last value ${round(alert.value)}.`,
    `Rule ${alert.rule} (${alert.domain}); responsibility ${decision.why}.`,
    whatNext(to, time, directory),
  ];
  return alertMessage('alert.open', decidedAt, alert, decision, to.contact, lines);
}

/** What everybody who was told gets when it is over. `at`: when that was decided, ms. */
export function resolvedMessage(
  alert: Alert,
  decision: Decision,
  contact: string,
  at: number,
  directory: SchoolDirectory,
): AlertMessage {
  const end = alert.resolvedAt ?? at;
  const start = alert.openedAt ?? end;
  const time = clockFace(directory.timezone, end);
  const lines = [
    `RESOLVED at ${place(alert, directory)}: ${alert.summary}`,
    `Over since ${time(end)}, after ${formatDuration(end - start)} (it began ${time(start)}). Nothing more to do.`,
    `Rule ${alert.rule} (${alert.domain}); ${directory.nameOf(decision.owner)} answered for it.`,
  ];
  return alertMessage('alert.resolved', at, alert, decision, contact, lines);
}

export function alertMessage(
  type: AlertMessage['type'],
  at: number,
  alert: Alert,
  decision: Decision,
  contact: string,
  lines: readonly string[],
): AlertMessage {
  const { id, school, site, domain, severity, rule, summary, condition, labels, value } = alert;
  const { owner, acting, why, text } = decision;
  const times = { opened_at: iso(alert.openedAt), resolved_at: iso(alert.resolvedAt) };
  return {
    type,
    timestamp: new Date(at).toISOString(),
    data: {
      alert: { id, school, site, domain, severity, rule, summary, condition, labels, value, ...times },
      responsibility: { owner, acting, why, text, contact },
      text: lines.join('\n'),
    },
  };
}

/** One sentence or two: what the reader's part is, and why it is theirs. */
function whyYou(decision: Decision, to: Addressee, since: string, directory: SchoolDirectory): string {
  const reason = firstSentence(decision.text);
  if (to.step > 0) return unanswered(decision, to, since, reason, directory);
  const owner = directory.nameOf(decision.owner);
  const held = decision.held === null ? '' : ` It waited until now because nobody of ${owner} was on duty.`;
  if (to.party === decision.owner) return `You answer for this: ${reason}${held}`;
  if (to.party === decision.acting) return `You stand in for ${owner}, of whom nobody is on duty: ${reason}${held}`;
  return `${capital(owner)} answers for this; you are told as well: ${reason}${held}`;
}

/** To the later rungs: those before did not answer, and the alert may have moved on the way. */
function unanswered(
  decision: Decision,
  to: Addressee,
  since: string,
  reason: string,
  directory: SchoolDirectory,
): string {
  const before = ownerBefore(decision, to.step);
  const owner = directory.nameOf(before);
  const nobody = `Nobody has acknowledged this since ${since}`;
  if (to.party === SAFETY_NET)
    return `${nobody}. ${capital(owner)} should answer; you are the safety net, the last to be asked: please see that somebody acts.`;
  if (to.transfer) return `${nobody}, so it is yours from now on (before: ${owner}).`;
  if (to.party !== before) return `${nobody}; ${owner} answers for it: ${reason}`;
  return before === decision.owner ? `${nobody}; you answer for it: ${reason}` : `${nobody}; it is yours.`;
}

/** Who owns the alert when a step is reached: earlier ones may have moved it. */
function ownerBefore({ owner, steps }: Decision, step: number): string {
  return steps.slice(0, step).findLast(({ transfer }) => transfer)?.party ?? owner;
}

function whatNext(to: Addressee, time: (ms: number) => string, directory: SchoolDirectory): string {
  if (to.next !== undefined) {
    const names = to.next.contacts.map((contact) => (contact === to.contact ? 'you' : directory.nameOf(contact)));
    const verb = names.length > 1 || names[0] === 'you' ? 'are' : 'is';
    const again = names.length === 1 && names[0] === 'you' ? ' again' : '';
    return `If nobody acknowledges, ${names.join(' and ')} ${verb} told${again} at ${time(to.next.at)}.`;
  }
  if (to.repeatMs !== null)
    return `You are told again every ${formatDuration(to.repeatMs)} until somebody does or it clears.`;
  return 'Nobody is told after you.';
}

export function place(alert: Alert, directory: SchoolDirectory): string {
  return `${directory.name} (${alert.site})`;
}

/** `14:20` on the day of `reference`, `Mon 5 Oct, 07:00` on another. */
export function clockFace(timeZone: string, reference: number): (ms: number) => string {
  const { hour, day } = formats(timeZone);
  const today = day.format(reference);
  return (ms) => (day.format(ms) === today ? hour.format(ms) : `${day.format(ms)}, ${hour.format(ms)}`);
}

interface ZoneFormats {
  readonly hour: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
}

/** Making a format costs more than all the rest of a message; there are as many as the schools have zones. */
const formatsByZone = new Map<string, ZoneFormats>();

function formats(timeZone: string): ZoneFormats {
  const known = formatsByZone.get(timeZone);
  if (known) return known;
  const made = {
    hour: new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }),
    day: new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', day: 'numeric', month: 'short' }),
  };
  formatsByZone.set(timeZone, made);
  return made;
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/**
 * Who answers and by what agreement, to follow a colon; what a decision says after that is about times, which a message tells by the clock.
 */
function firstSentence(text: string): string {
  const first = text
    .trim()
    .split(/[.!?]\s/, 1)[0]!
    .replace(/[.!?]$/, '');
  // "The provider", but "Coastal Tech".
  const inner = /^The /.test(first) ? `t${first.slice(1)}` : first;
  return inner === '' ? '' : `${inner}.`;
}
