import type { ResponsibilitySpan } from '../calendar/ical-publish.ts';
import { partyName } from '../explain.ts';
import { planSchool } from '../plan.ts';
import type { School } from '../school.ts';
import { coverageOf } from './coverage.ts';

const WHY = { override: 'instead of who would be', calendar: 'by the calendar of shifts', rotation: 'by the rotation' };

/** Who answers for what in `days` days from `from` (ms), as a calendar shows it: one entry for the domains that fare alike, and one for each shift. */
export function responsibilitySpans(school: School, from: number, days: number): ResponsibilitySpan[] {
  const { lanes, onCall } = coverageOf(planSchool(school), from, days);
  const entries = new Map<string, ResponsibilitySpan & { domains: string[] }>();
  for (const { domain, spans } of lanes)
    for (const { start, end, owner, why } of spans) {
      const key = [start, end, owner, why].join(' ');
      const entry = entries.get(key) ?? { start, end, owner, ownerName: partyName(school, owner), why, domains: [] };
      if (!entry.domains.includes(domain)) entry.domains.push(domain);
      entries.set(key, entry);
    }
  const shifts = onCall.flatMap(({ party, spans }) =>
    spans.flatMap(({ start, end, contact, by }): ResponsibilitySpan[] => {
      // Where nobody is named, nobody is told to keep the time free.
      if (contact === undefined || by === 'first') return [];
      const { name } = school.contacts.get(contact) ?? { name: contact };
      const of = { start, end, owner: party, ownerName: partyName(school, party), why: WHY[by], domains: [] };
      return [{ ...of, onCall: { contact, name } }];
    }),
  );
  return [...entries.values(), ...shifts].sort((a, b) => a.start - b.start || a.end - b.end);
}
