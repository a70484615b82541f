import { mapOids } from './oids.ts';
import type { Profile } from './profile.ts';

/**
 * Arcs of the device's own sysObjectID within an OID, for vendors that give each product a copy of the same objects below its own number:
 * `<sysObjectID>` is all of it, `<sysObjectID:10>` its tenth arc, `<sysObjectID:1-10>` its first ten (counted from 1).
 */
export const OWN_ARCS = /<sysObjectID(?::(\d+)(?:-(\d+))?)?>/g;

/** The OID for a device; undefined when its sysObjectID has too few arcs, or it has none. */
export function ownOid(oid: string, sysObjectId: string | undefined): string | undefined {
  const own = sysObjectId?.replace(/^\./, '').split('.') ?? [];
  let short = own.length === 0;
  const made = oid.replace(OWN_ARCS, (_, from?: string, to?: string) => {
    const first = Number(from ?? 1);
    const last = Number(to ?? from ?? own.length);
    short ||= first < 1 || last > own.length || last < first;
    return own.slice(first - 1, last).join('.');
  });
  return made === oid ? oid : short ? undefined : made;
}

/** Whether anything in a profile stands below the device's own sysObjectID. */
export function isRelative(profile: Profile): boolean {
  let relative = false;
  mapOids(profile, (oid) => {
    relative ||= oid.includes('<');
    return oid;
  });
  return relative;
}

/** The profile with the OIDs of one device. What its sysObjectID is too short for is left out. */
export function forDevice(profile: Profile, sysObjectId: string | undefined): Profile {
  return mapOids(profile, (oid) => ownOid(oid, sysObjectId));
}
