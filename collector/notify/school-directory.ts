import { partyName } from '../engagement/explain.ts';
import { directorOf } from '../engagement/item-rules.ts';
import type { School } from '../engagement/school.ts';
import type { Endpoint } from './channels/channel.ts';
import type { Directory } from './directory.ts';

/** The directory of the configured schools. `schools` is asked at each look-up, so it may return a newly loaded configuration. */
export function schoolDirectory(schools: () => ReadonlyMap<string, School>): Directory {
  return (id) => {
    const school = schools().get(id);
    if (!school) return undefined;
    return {
      name: school.school,
      timezone: school.tz,
      nameOf: (name) => school.contacts.get(name)?.name ?? partyName(school, name),
      director: directorOf(school),
      endpoints: (contact) => endpointsOf(school, contact),
    };
  };
}

/** Named by type, then counted, so that the name of a contact's only webhook does not depend on what else it has. */
function endpointsOf(school: School, contact: string): Endpoint[] {
  const seen = new Map<string, number>();
  return (school.contacts.get(contact)?.channels ?? []).map(({ type, address, secrets, settings }) => {
    const count = (seen.get(type) ?? 0) + 1;
    seen.set(type, count);
    const id = count === 1 ? type : `${type}-${count}`;
    return { type, id, address, secrets, settings };
  });
}
