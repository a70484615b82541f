import { processOutput } from '../runtime/command-line.ts';
import { COVERED_DOMAINS, type Coverage, coverageOf } from './engagement/coverage/coverage.ts';
import { coverageText } from './engagement/coverage/coverage-text.ts';
import { planSchool } from './engagement/plan.ts';
import { parseInstant } from './engagement/zoned-time.ts';
import { schoolOfArgument } from './school-argument.ts';

const MOST_DAYS = 1000;

export interface CoverageOptions {
  readonly school?: string;
  /** A date, or an instant, in the school's zone. */
  readonly from: string;
  readonly days: string;
  readonly domain?: string;
  readonly json: boolean;
}

/** `coverage`: who owns each domain when, as far as dates tell. Prints words, or with `json` one JSON document. */
export function printCoverage(config: string, { school: name, from, days, domain, json }: CoverageOptions): number {
  const school = schoolOfArgument(config, name === undefined ? {} : { school: name });
  const start = parseInstant(from, school.tz);
  const length = /^\d+$/.test(days) ? Number(days) : 0;
  if (start === undefined) return refuse('--from', 'a date such as 2026-10-01, or 2026-10-01T08:00', from);
  if (length < 1 || length > MOST_DAYS) return refuse('--days', `a whole number from 1 to ${MOST_DAYS}`, days);
  if (domain !== undefined && !COVERED_DOMAINS.includes(domain))
    return refuse('--domain', `one of ${COVERED_DOMAINS.join(', ')}`, domain);
  const plan = planSchool(school);
  const coverage = coverageOf(plan, start, length, domain === undefined ? undefined : [domain]);
  processOutput.out(
    json ? JSON.stringify(coverageJson(school.school, school.tz, coverage), null, 2) : coverageText(plan, coverage),
  );
  return 0;
}

function refuse(option: string, expected: string, got: string): number {
  processOutput.err(`coverage: ${option}: expected ${expected}, got "${got}"`);
  return 1;
}

/** Instants as ISO 8601 (UTC), grants by id. */
export function coverageJson(school: string, zone: string, coverage: Coverage) {
  const iso = (at: number): string => new Date(at).toISOString();
  const span = <T extends { readonly start: number; readonly end: number }>(s: T) => ({
    ...s,
    start: iso(s.start),
    end: iso(s.end),
  });
  return {
    school,
    zone,
    start: iso(coverage.start),
    end: iso(coverage.end),
    domains: coverage.lanes.map((lane) => ({ ...lane, spans: lane.spans.map(span), gaps: lane.gaps.map(span) })),
    handovers: coverage.handovers.map((handover) => ({ ...handover, at: iso(handover.at) })),
    ...(coverage.onCall.length > 0 && {
      on_call: coverage.onCall.map(({ party, spans }) => ({
        party,
        spans: spans.map(({ contact = null, named = null, by, ...times }) => ({ ...span(times), contact, named, by })),
      })),
    }),
    not_foreseeable: coverage.unforeseeable.map(({ grant }) => grant.id),
    not_shown: coverage.partial.map(({ grant }) => grant.id),
  };
}
