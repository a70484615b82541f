import { inDomain, isLeafDomain } from '../../core/domain.ts';
import { matchesGlob } from '../../core/matcher.ts';
import type { RouteAlert } from './decision.ts';
import type { GrantScope, ScopeKey } from './school.ts';

/** True when every key of the scope fits the alert. What the alert does not say (a zone, grades) fits no scope that asks for it. */
export function scopeMatches(scope: GrantScope, alert: RouteAlert): boolean {
  return (
    fits(scope.domain, alert.domain, (wanted, domain) => inDomain(domain, wanted)) &&
    fits(scope.severity, alert.severity, equals) &&
    fits(scope.site, alert.site, equals) &&
    fits(scope.zone, alert.zone, matchesGlob) &&
    fits(scope.vendor, alert.vendor, matchesGlob) &&
    fits(scope.model, alert.model, matchesGlob) &&
    fits(scope.device, alert.device, equals) &&
    fits(scope.rule, alert.rule, equals) &&
    gradesFit(scope.grades, alert.grades) &&
    (scope.not === undefined || !scopeMatches(scope.not, alert))
  );
}

function equals(wanted: string, value: string): boolean {
  return wanted === value;
}

function fits(
  wanted: readonly string[] | undefined,
  value: string | undefined,
  test: (wanted: string, value: string) => boolean,
): boolean {
  return wanted === undefined || (value !== undefined && wanted.some((w) => test(w, value)));
}

function gradesFit(wanted: GrantScope['grades'], grades: RouteAlert['grades']): boolean {
  if (!wanted) return true;
  if (!grades || grades.length === 0) return false;
  const listed = (grade: string | number) => wanted.list.includes(String(grade));
  return wanted.match === 'only' ? grades.every(listed) : grades.some(listed);
}

const WEIGHTS = {
  device: 64,
  rule: 64,
  model: 32,
  vendor: 16,
  zone: 16,
  grades: 16,
  // A leaf; a group of domains counts DOMAIN_GROUP.
  domain: 12,
  site: 4,
  severity: 2,
} as const satisfies Record<ScopeKey, number>;
const DOMAIN_GROUP = 8;

/** How narrow a scope is: the sum of the weights of its keys. The more specific grant wins among equals in priority. */
export function specificity(scope: GrantScope): number {
  let sum = 0;
  for (const key of Object.keys(WEIGHTS) as ScopeKey[]) {
    if (scope[key] === undefined) continue;
    sum += key === 'domain' && !scope.domain!.every(isLeafDomain) ? DOMAIN_GROUP : WEIGHTS[key];
  }
  return sum;
}
