import type { School } from '../engagement/school.ts';

/**
 * As which party somebody acts who was told of an alert: the one they were told for, else (the safety net is no party) the one that lists
 * them, else the school's own people, else who answers by default. Undefined for a contact the school does not have (any more).
 */
export function partyOfContact(school: School, contact: string, toldFor?: string): string | undefined {
  const listing = [...school.parties.values()].find(({ contacts }) => contacts.includes(contact));
  if (!listing && !school.contacts.has(contact) && !school.safetyNet.includes(contact)) return undefined;
  if (toldFor !== undefined && school.parties.has(toldFor)) return toldFor;
  if (listing) return listing.id;
  return school.parties.has('internal') ? 'internal' : school.base.owner;
}
