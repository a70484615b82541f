import { type Agreed, type Opening, openingFor, type Waiting } from './engaged.ts';
import type { Permission } from './permission.ts';
import { type Principal, principalMay } from './principal.ts';

declare const granted: unique symbol;

/**
 * A school that somebody may touch. Only the checks of this file make one, and what reads or writes a school's data for a request takes nothing
 * else: a query for a school that was not checked does not compile.
 */
export type TenantId = string & { readonly [granted]: true };

/** What a request may do, and for whom; made once, at its beginning. */
export interface SchoolAccess {
  readonly tenant: TenantId;
  readonly principal: Principal;
  readonly opening: Opening['to'];
}

export type AccessDecision =
  | { readonly access: SchoolAccess }
  /** 404 where it must look as if the school were not there; `reason` is then for the log only. */
  | { readonly status: 403 | 404; readonly reason: string };

export interface SchoolFacts {
  readonly agreed: Agreed;
  readonly waiting: readonly Waiting[];
}

/** Permissions that a party needs to come to an agreement in the first place. */
const TO_AGREE: readonly Permission[] = ['engagement.propose', 'engagement.approve'];

/**
 * Pure: whether somebody may do something at a school at `now`.
 * @param facts of the school as it works now; undefined: it is not configured
 * @param agreements the route is about engagements, which a party sees earlier than the rest
 */
export function decideAccess(
  principal: Principal,
  permission: Permission,
  school: string,
  facts: SchoolFacts | undefined,
  now: number,
  agreements = false,
): AccessDecision {
  // Whether the school exists is said by the route: the operator may hear that it does not.
  if (principal.kind === 'operator') return { access: grant(school, principal, 'school') };
  if (!principal.schools.includes(school)) return { status: 404, reason: `${principal.id} was not given ${school}` };
  if (!facts) return { status: 404, reason: `${school} is not configured` };
  const { to, reason } = openingOf(principal, facts, now);
  if (to === 'closed') return { status: 404, reason };
  const may = principalMay(principal, permission);
  if (!may.ok) return { status: 403, reason: `not allowed: ${may.reason}` };
  if (to === 'agreements' && !agreements && !TO_AGREE.includes(permission))
    return { status: 403, reason: `not yet: ${reason}` };
  return { access: grant(school, principal, to) };
}

/** Who acts for no party was given the school by the operator, as an auditor. */
function openingOf({ party }: Principal, { agreed, waiting }: SchoolFacts, now: number): Opening {
  return party === null ? { to: 'school', reason: 'given by the operator' } : openingFor(agreed, party, waiting, now);
}

/** Pure: the schools of a list that somebody may read wholly. */
export function readable<S extends { readonly school: string }>(
  principal: Principal,
  schools: readonly S[],
  factsOf: (school: string) => SchoolFacts | undefined,
  now: number,
): { readonly of: S; readonly access: SchoolAccess }[] {
  return schools.flatMap((of) => {
    const decision = decideAccess(principal, 'read', of.school, factsOf(of.school), now);
    return 'access' in decision && decision.access.opening === 'school' ? [{ of, access: decision.access }] : [];
  });
}

/** For whoever holds a secret link that was made for one school: the link, found by its hash, is the grant. */
export function grantedByLink(link: { readonly school: string }): TenantId {
  return link.school as TenantId;
}

function grant(school: string, principal: Principal, opening: Opening['to']): SchoolAccess {
  return { tenant: school as TenantId, principal, opening };
}
