import { createHash } from 'node:crypto';
import ICAL from 'ical.js';
import { domainWords } from '../../../core/domain.ts';
import type { Span } from '../school.ts';

/** Who answers for what during a time, ms since the epoch. */
export interface ResponsibilitySpan extends Span {
  /** The party's id, and what people call it (default: the id). */
  readonly owner: string;
  readonly ownerName?: string;
  /** The reason in plain words. */
  readonly why: string;
  /** Domains of core/domain.ts; empty: everything. */
  readonly domains: readonly string[];
  /** A shift instead: who of the owner is on call, whatever for. */
  readonly onCall?: { readonly contact: string; readonly name: string };
}

export interface PublishOptions {
  /** Stands in the UIDs, so that two schools' events never are one to a calendar program. */
  readonly school: string;
  /** What calendar programs show as the calendar's name. */
  readonly name: string;
  /** When the spans were worked out, ms: the DTSTAMP of each. */
  readonly stamp: number;
}

/** How often calendar programs are asked to look again; most take their own time all the same. */
const REFRESH = 'PT1H';

/**
 * Spans as iCalendar text (RFC 5545), so that hand-overs appear in people's own calendars. The UID of a span stays while its start, owner and
 * domains do. Spans without a beginning or an end are left out: cut them to the time that is published.
 */
export function publishCalendar(spans: readonly ResponsibilitySpan[], options: PublishOptions): string {
  const calendar = new ICAL.Component('vcalendar');
  const set = (name: string, value: string): void => void calendar.addPropertyWithValue(name, value);
  set('version', '2.0');
  set('prodid', '-//Bellwether//Responsibility//EN');
  set('calscale', 'GREGORIAN');
  set('method', 'PUBLISH');
  set('name', plain(options.name));
  // What Google and Outlook read instead of NAME and REFRESH-INTERVAL (RFC 7986).
  set('x-wr-calname', plain(options.name));
  set('x-published-ttl', REFRESH);
  calendar.addProperty(new ICAL.Property(['refresh-interval', {}, 'duration', REFRESH]));
  const uids = new Map<string, number>();
  for (const span of spans) {
    if (!Number.isFinite(span.start) || !Number.isFinite(span.end)) continue;
    const key = uidKey(span, options.school);
    const before = uids.get(key) ?? 0;
    uids.set(key, before + 1);
    calendar.addSubcomponent(eventOf(span, uidOf(key, before), options.stamp));
  }
  // ical.js counts a line without the space that a folded one begins with; 75 is the most (RFC 5545 3.1).
  ICAL.foldLength = 74;
  return `${calendar.toString()}\r\n`;
}

function eventOf(span: ResponsibilitySpan, uid: string, stamp: number): InstanceType<typeof ICAL.Component> {
  const event = new ICAL.Component('vevent');
  const subject = span.domains.length === 0 ? 'everything' : span.domains.map(domainWords).join(', ');
  event.addPropertyWithValue('uid', uid);
  event.addPropertyWithValue('dtstamp', timeOf(stamp));
  event.addPropertyWithValue('dtstart', timeOf(span.start));
  event.addPropertyWithValue('dtend', timeOf(span.end));
  const owner = span.ownerName ?? span.owner;
  const summary = span.onCall ? `${span.onCall.name} is on call for ${owner}` : `${owner} answers for ${subject}`;
  event.addPropertyWithValue('summary', plain(summary));
  event.addPropertyWithValue('description', plain(span.why));
  if (span.domains.length > 0)
    event.addProperty(new ICAL.Property(['categories', {}, 'text', ...span.domains.map(plain)]));
  // It says who answers, not that somebody is busy.
  event.addPropertyWithValue('transp', 'TRANSPARENT');
  return event;
}

function uidKey({ start, owner, domains, onCall }: ResponsibilitySpan, school: string): string {
  return JSON.stringify([school, owner, start, [...domains].sort(), ...(onCall ? [onCall.contact] : [])]);
}

function uidOf(key: string, before: number): string {
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return `${hash}${before === 0 ? '' : `-${before}`}@bellwether`;
}

function timeOf(ms: number): InstanceType<typeof ICAL.Time> {
  return ICAL.Time.fromDateTimeString(`${new Date(ms).toISOString().slice(0, 19)}Z`);
}

/** Control characters may not stand in a content line (RFC 5545 3.1); line ends are kept, as `\n`. */
function plain(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0009\u000B-\u001F\u007F]/g, ' ');
}
