import { otherParty } from '../ladder.ts';
import type { Engagement, School } from '../school.ts';

/** Who speaks for the school: `internal`, else the first party of its file. */
export function ownParty(school: Pick<School, 'parties'>): string {
  return school.parties.has('internal') ? 'internal' : [...school.parties.keys()][0]!;
}

/** Every party that a grant, or a step of its ladder with `transfer`, makes an owner. */
export function partiesMadeOwners({ grants }: Pick<Engagement, 'grants'>, school: Pick<School, 'parties'>): string[] {
  const owners = grants.flatMap(({ owner, ladder = [] }) => [
    owner,
    ...ladder.filter(({ transfer }) => transfer).map(({ to }) => partyOfRung(school, owner, to)),
  ]);
  return [...new Set(owners)].filter((owner) => owner !== undefined);
}

/** The party that a step of a ladder tells; undefined: the safety net, or somebody of it. */
export function partyOfRung(school: Pick<School, 'parties'>, owner: string, to: string): string | undefined {
  if (to === 'owner') return owner;
  if (to === 'other') return otherParty(school, owner);
  return [...school.parties.values()].find(({ id, contacts }) => id === to || contacts.includes(to))?.id;
}

/** The school's own side and every party that is made an owner, two at least. Each entry is an approval that any one of its parties can give. */
export function neededApprovals(owners: readonly string[], school: Pick<School, 'parties'>): string[][] {
  const own = ownParty(school);
  const named = [own, ...owners.filter((owner) => owner !== own)];
  const others = [...school.parties.keys()].filter((party) => party !== own);
  // A school alone has nobody to agree with: what it needs then cannot be given.
  return named.length > 1 ? named.map((party) => [party]) : [[own], others];
}
