import type { StoredAlert } from '../alert/life.ts';
import type { School } from '../engagement/school.ts';

type Concerned = Pick<StoredAlert, 'owner' | 'claimedBy' | 'ackedBy' | 'decision'>;

/**
 * Pure: whether a party may read what an alert says. A grant may keep what it covers from the others (`informed`); they then see only that something
 * exists. Whoever owns it, took it, acknowledged it or was told of it has it before them anyhow.
 * @param party null: of no party (the operator, an auditor), who read everything
 * @param told the parties that got a message about it
 */
export function maySee(
  alert: Concerned,
  told: readonly string[],
  party: string | null,
  school: Pick<School, 'engagements'> | undefined,
): boolean {
  if (party === null || [alert.owner, alert.claimedBy, alert.ackedBy, ...told].includes(party)) return true;
  const id = decidedBy(alert);
  const grant = school?.engagements.flatMap(({ grants }) => grants).find((g) => g.id === id);
  return grant?.informed === undefined || grant.owner === party || grant.informed.includes(party);
}

/** The grant that gave it to whom it belongs; also where it was claimed since. */
function decidedBy({ decision }: Concerned): string | undefined {
  if (!decision) return undefined;
  const { why, candidates } = decision;
  return why.startsWith('linger:') ? why.slice('linger:'.length) : candidates[0];
}
