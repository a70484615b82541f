import { ownParty, partiesMadeOwners } from '../engagement/agreement/approvals.ts';
import type { School } from '../engagement/school.ts';

/** What of a school's agreements decides who may look in. */
export type Agreed = Pick<School, 'school' | 'parties' | 'base' | 'engagements'>;

/** An engagement that waits for approvals, as far as it matters here. */
export interface Waiting {
  readonly engagement: string;
  /** Those who have their say in it. */
  readonly parties: ReadonlySet<string>;
}

/**
 * How far a school is open to a party. `school`: wholly. `agreements`: only what is to be agreed, since an engagement waits for its approval.
 * `closed`: it is as if the school were not there.
 */
export interface Opening {
  readonly to: 'school' | 'agreements' | 'closed';
  readonly reason: string;
}

/**
 * Pure: access follows responsibility. The school's own party and the owner of the base are always in; another party is while an approved
 * engagement makes it an owner, from its beginning to its end. Suspended, ended and expired ones open nothing.
 */
export function openingFor(school: Agreed, party: string, waiting: readonly Waiting[], now: number): Opening {
  if (!school.parties.has(party)) return closed(`${party} is no party of ${school.school}`);
  if (party === ownParty(school)) return { to: 'school', reason: `${party} is the school's own side` };
  if (party === school.base.owner) return { to: 'school', reason: `${party} owns the base` };
  const own = school.engagements.filter((engagement) => partiesMadeOwners(engagement, school).includes(party));
  const inForce = own.find(({ status, from, until }) => status === 'approved' && from <= now && now < until);
  if (inForce) return { to: 'school', reason: `engagement ${inForce.id} is in force` };
  const asked = waiting.find(({ parties }) => parties.has(party));
  if (asked) return { to: 'agreements', reason: `engagement ${asked.engagement} waits for approval` };
  return closed(`no approved engagement with ${party} is in force`);
}

function closed(reason: string): Opening {
  return { to: 'closed', reason };
}
