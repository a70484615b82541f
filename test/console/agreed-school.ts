import { join } from 'node:path';
import type { Alert } from '../../collector/alert/alert.ts';
import { blankCopy } from '../../collector/calendar/calendar-copy.ts';
import { decideFor } from '../../collector/notify/router.ts';
import { saveCalendar } from '../../collector/state/calendars.ts';
import type { PageServer } from './page-server.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A wall clock instant as the school's file writes it; the school is in UTC, so that this is easy. */
const at = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

/**
 * What a school's file says besides: Wi-Fi is Coastal Tech's from three hours ago on for four days, to be accepted at both ends, with
 * clocks; a calendar comes from the district.
 */
export function agreements(now: number): Readonly<Record<string, unknown>> {
  const begin = Math.floor(now / HOUR) * HOUR - 3 * HOUR;
  return {
    tz: 'UTC',
    parties: {
      internal: { contacts: ['kim'], coverage: 'always' },
      provider: { name: 'Coastal Tech', contacts: ['noc'], coverage: 'always' },
    },
    calendars: { district: { file: 'district.ics', map: [{ summary: '(?i)test', category: 'TESTING' }] } },
    engagements: [
      {
        id: 'wifi',
        kind: 'domain',
        status: 'approved',
        approvals: ['internal', 'provider'],
        approved_at: '2026-01-01',
        sla: { ack: '15m', resolve: '4h' },
        handover: { accept: 'required' },
        grants: [
          { owner: 'provider', scope: { domain: 'wireless' }, when: { from: at(begin), to: at(begin + 4 * DAY) } },
        ],
      },
    ],
  };
}

/** A piece of work that the provider proposes: it needs the school's approval. */
export async function propose(server: PageServer, school: string): Promise<void> {
  const day = (ms: number): string => at(ms).slice(0, 10);
  const now = server.clock.now();
  const engagement = {
    id: 'wing-b',
    kind: 'adhoc',
    from: day(now + DAY),
    until: day(now + 20 * DAY),
    grants: [{ owner: 'provider', scope: { zone: 'wing-b/*' } }],
  };
  const payload = { party: 'provider', by: 'Lee Park', reason: 'the new wing', engagement };
  const reply = await server.ask('POST', `/api/schools/${school}/engagements`, payload);
  if (reply.statusCode !== 201) throw new Error(reply.body);
}

/** Call it before the school is configured: the collector takes it up as from before a restart. */
export async function changeCalendar(server: PageServer, school: string): Promise<void> {
  const now = server.clock.now();
  const test = (from: number) => ics([{ summary: 'State test', start: now + from, end: now + from + 3 * HOUR }]);
  await saveCalendar(server.db, {
    ...blankCopy(school, 'district', join(server.folder, 'district.ics')),
    text: test(40 * HOUR),
    fetchedAt: now - HOUR,
    checkedAt: now - HOUR,
    pending: {
      text: test(20 * HOUR),
      etag: null,
      lastModified: null,
      since: now - HOUR,
      reasons: ['"State test" begins 20 hours earlier, within 72 hours'],
    },
  });
}

function ics(events: readonly { readonly summary: string; readonly start: number; readonly end: number }[]): string {
  const instant = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const lines = events.flatMap(({ summary, start, end }, i) => [
    'BEGIN:VEVENT',
    `UID:${i}@example.org`,
    `DTSTAMP:${instant(start)}`,
    `DTSTART:${instant(start)}`,
    `DTEND:${instant(end)}`,
    `SUMMARY:${summary}`,
    'END:VEVENT',
  ]);
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//example//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
}

/** Opens an alert for whoever answers for it by what is agreed. */
export async function openAgreed(
  server: PageServer,
  alert: Partial<Alert> & { school: string; summary: string },
): Promise<string> {
  const about = { site: 'main', rule: 'ap-down-share', domain: 'wireless', severity: 'warning', labels: {}, ...alert };
  const decision = decideFor(server.desk.router.responsibility, about as Alert, server.clock.now());
  return server.open(about as typeof alert, decision!);
}
