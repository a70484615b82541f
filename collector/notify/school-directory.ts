import type { School } from '../engagement/school.ts';
import type { Endpoint } from './channels/channel.ts';
import type { SchoolDirectory } from './directory.ts';

/** What notifications need to know of a school, from its file. */
export function schoolDirectory(school: School): SchoolDirectory {
  return {
    name: school.school,
    timezone: school.tz,
    nameOf: (id) => school.contacts.get(id)?.name ?? id,
    endpoints: (contact) =>
      (school.contacts.get(contact)?.channels ?? []).map(
        (channel, i): Endpoint => ({
          type: channel.type,
          id: i === 0 ? channel.type : `${channel.type}-${i + 1}`,
          address: channel.url,
          secrets: [channel.secret],
        }),
      ),
  };
}
