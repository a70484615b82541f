import type { ResponsibilitySpan } from '../calendar/ical-publish.ts';
import { partyName } from '../explain.ts';
import { planSchool } from '../plan.ts';
import type { School } from '../school.ts';
import { coverageOf } from './coverage.ts';

/** Who answers for what in `days` days from `from` (ms), as a calendar shows it: one entry for the domains that fare alike. */
export function responsibilitySpans(school: School, from: number, days: number): ResponsibilitySpan[] {
  const { lanes } = coverageOf(planSchool(school), from, days);
  const entries = new Map<string, ResponsibilitySpan & { domains: string[] }>();
  for (const { domain, spans } of lanes)
    for (const { start, end, owner, why } of spans) {
      const key = [start, end, owner, why].join(' ');
      const entry = entries.get(key) ?? { start, end, owner, ownerName: partyName(school, owner), why, domains: [] };
      if (!entry.domains.includes(domain)) entry.domains.push(domain);
      entries.set(key, entry);
    }
  return [...entries.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}
