import { DOMAINS, isLeafDomain } from '../../../core/domain.ts';
import { type RouteAlert, SEVERITIES, type Severity } from '../decision.ts';
import { changePoints } from '../horizon.ts';
import { reach } from '../ladder.ts';
import { type OnCallSpan, onCallSpans } from '../on-call/on-call-now.ts';
import type { Plan, PlannedGrant } from '../plan.ts';
import { judge, whyOf } from '../route.ts';
import type { GrantScope, Span } from '../school.ts';
import { scopeMatches } from '../scope.ts';
import { addWallTime } from '../zoned-time.ts';

/** Who owns, half-open. */
export interface OwnedSpan extends Span {
  readonly owner: string;
  readonly why: string;
}

/** Nobody of the owner on duty: what is urgent goes to `acting` (`safety_net`: nobody else is on duty either), the rest is held. */
export interface Gap extends Span {
  readonly owner: string;
  readonly acting: string;
}

/** One domain, for the severities that fare alike. */
export interface Lane {
  readonly domain: string;
  readonly severities: readonly Severity[];
  readonly spans: readonly OwnedSpan[];
  readonly gaps: readonly Gap[];
}

/** The owner of some domains changes. */
export interface OwnerHandover {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  /** Why it is `to` from then on. */
  readonly why: string;
  readonly lanes: readonly Pick<Lane, 'domain' | 'severities'>[];
}

export interface Coverage extends Span {
  /** By domain, in the order of the tree. */
  readonly lanes: readonly Lane[];
  readonly handovers: readonly OwnerHandover[];
  /** Grants that a load threshold switches: when is not foreseeable, they are left out. */
  readonly unforeseeable: readonly PlannedGrant[];
  /** Whose shifts these are, of each party whose people take turns. */
  readonly onCall: readonly { readonly party: string; readonly spans: readonly OnCallSpan[] }[];
  /** Grants for a part of a domain only (a zone, a device, ...): they are left out. */
  readonly partial: readonly PlannedGrant[];
}

/** What coverage is told of: the leaves of the tree. */
export const COVERED_DOMAINS = DOMAINS.filter(isLeafDomain);
/** What an alert in general has; a scope that asks for more covers a part. */
const GENERAL_KEYS: readonly (keyof GrantScope)[] = ['domain', 'severity'];

/** Who owns each domain when, for `days` of the school's calendar from `from` (ms), as far as dates tell. */
export function coverageOf(
  plan: Plan,
  from: number,
  days: number,
  domains: readonly string[] = COVERED_DOMAINS,
): Coverage {
  const span = { start: from, end: addWallTime(plan.school.tz, from, days * 86_400_000) };
  const gapsOf = memo((owner) => offDuty(plan, owner, span));
  const lanesOf = new Map<string, Pick<Lane, 'spans' | 'gaps'>>();
  /** The grants cannot tell alerts of the same key apart: they are worked out once. */
  const fareOf = (alert: RouteAlert): Pick<Lane, 'spans' | 'gaps'> => {
    const key = plan.grants.map(({ grant }) => (scopeMatches(grant.scope, alert) ? 1 : 0)).join('');
    let fare = lanesOf.get(key);
    if (!fare) {
      const spans = ownedSpans(plan, alert, span);
      fare = { spans, gaps: spans.flatMap((owned) => within(gapsOf(owned.owner), owned)).reduce(joined, []) };
      lanesOf.set(key, fare);
    }
    return fare;
  };
  const lanes = domains.flatMap((domain) => lanesOfDomain(domain, fareOf));
  const inSpan = ({ engagement, windows }: PlannedGrant) =>
    engagement.from < span.end &&
    engagement.until > span.start &&
    (windows.at(span.start) !== undefined || windows.edges(span.start, span.end).length > 0);
  const grants = plan.grants.filter(inSpan);
  return {
    ...span,
    lanes,
    handovers: handoversOf(lanes),
    onCall: [...plan.duties].flatMap(([party, duty]) =>
      duty.onCall ? [{ party, spans: onCallSpans(duty, span.start, span.end) }] : [],
    ),
    unforeseeable: grants.filter(({ grant }) => grant.condition?.load !== undefined),
    partial: grants.filter(({ grant }) => isPartial(grant.scope) || (grant.scope.not && isPartial(grant.scope.not))),
  };
}

function isPartial(scope: GrantScope): boolean {
  return (Object.keys(scope) as (keyof GrantScope)[]).some((key) => key !== 'not' && !GENERAL_KEYS.includes(key));
}

function memo<T>(work: (key: string) => T): (key: string) => T {
  const done = new Map<string, T>();
  return (key) => {
    if (!done.has(key)) done.set(key, work(key));
    return done.get(key)!;
  };
}

/** Severities that fare alike are one lane. */
function lanesOfDomain(domain: string, fareOf: (alert: RouteAlert) => Pick<Lane, 'spans' | 'gaps'>): Lane[] {
  const lanes: (Lane & { severities: Severity[] })[] = [];
  for (const severity of SEVERITIES) {
    const fare = fareOf({ id: 'coverage', domain, severity });
    const alike = lanes.find(({ spans }) => sameSpans(spans, fare.spans));
    if (alike) alike.severities.push(severity);
    else lanes.push({ domain, severities: [severity], ...fare });
  }
  return lanes;
}

export function sameSpans(a: readonly OwnedSpan[], b: readonly OwnedSpan[]): boolean {
  return (
    a === b ||
    (a.length === b.length &&
      a.every(({ start, owner, why }, i) => start === b[i]!.start && owner === b[i]!.owner && why === b[i]!.why))
  );
}

function ownedSpans(plan: Plan, alert: RouteAlert, { start, end }: Span): OwnedSpan[] {
  const spans: OwnedSpan[] = [];
  const points = [start, ...changePoints(plan, alert, start, end - 1)];
  for (const [i, at] of points.entries()) {
    const verdict = judge(plan, alert, at, {});
    const next = { start: at, end: points[i + 1] ?? end, owner: verdict.owner, why: whyOf(verdict) };
    const last = spans.at(-1);
    if (last?.owner === next.owner && last.why === next.why) spans[spans.length - 1] = { ...last, end: next.end };
    else spans.push(next);
  }
  return spans;
}

/** When nobody of a party is on duty, cut where another stands in. */
function offDuty(plan: Plan, owner: string, { start, end }: Span): Gap[] {
  const duties = [...plan.duties.values()];
  return (plan.duties.get(owner)?.offDuty(start, end) ?? [{ start, end }]).flatMap((off) => {
    const edges = new Set([off.start, ...duties.flatMap((duty) => duty.edges(off.start, off.end))]);
    const points = [...edges].sort((a, b) => a - b);
    return points
      .map((at, i) => ({
        start: at,
        end: points[i + 1] ?? off.end,
        owner,
        acting: reach(plan, owner, 'critical', at).acting,
      }))
      .reduce(joined, []);
  });
}

function within(gaps: readonly Gap[], { start, end }: Span): Gap[] {
  return gaps
    .filter((gap) => gap.start < end && gap.end > start)
    .map((gap) => ({ ...gap, start: Math.max(gap.start, start), end: Math.min(gap.end, end) }));
}

function joined(gaps: Gap[], next: Gap): Gap[] {
  const last = gaps.at(-1);
  if (last?.end === next.start && last.owner === next.owner && last.acting === next.acting)
    gaps[gaps.length - 1] = { ...last, end: next.end };
  else gaps.push(next);
  return gaps;
}

function handoversOf(lanes: readonly Lane[]): OwnerHandover[] {
  const found = new Map<string, OwnerHandover & { lanes: Pick<Lane, 'domain' | 'severities'>[] }>();
  for (const { domain, severities, spans } of lanes)
    for (const [i, { start, owner, why }] of spans.entries()) {
      const before = spans[i - 1]?.owner;
      if (before === undefined || before === owner) continue;
      const key = [start, before, owner, why].join(' ');
      const handover = found.get(key) ?? { at: start, from: before, to: owner, why, lanes: [] };
      handover.lanes.push({ domain, severities });
      found.set(key, handover);
    }
  return [...found.values()].sort((a, b) => a.at - b.at);
}
