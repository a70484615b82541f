import type { SimulatedInterface } from './interface.ts';
import type { SimulatedSchool } from './school.ts';

/** Something that goes wrong in the school; inject and clear at any time, each as often as one likes. */
export interface Fault {
  readonly name: string;
  /** What happens when it is injected, and when it is cleared, in words. */
  readonly happens: string;
  readonly ends: string;
  inject(school: SimulatedSchool): void;
  clear(school: SimulatedSchool): void;
}

/** A switch's uplink sends (and its far end receives) at `percent` of its speed; pings of the switch and what hangs on it slow down. */
export function saturatedUplink(device: string, port: string, percent = 98): Fault {
  const set = (school: SimulatedSchool, forced: number | undefined): void => {
    const at = school.at();
    const link = school.links.find((l) => l.a.device === device && l.a.port === port);
    school
      .device(device)
      .interface(port)
      .forceLoad(at, forced === undefined ? {} : { out: forced });
    if (link)
      school
        .device(link.b.device)
        .interface(link.b.port)
        .forceLoad(at, forced === undefined ? {} : { in: forced });
    const behind = school.links.filter((l) => l.b.device === device).map((l) => l.a.device);
    for (const name of [device, ...behind]) school.device(name).delayPings(forced === undefined ? 0 : 28);
  };
  return {
    name: 'uplink-saturated',
    happens: `${device} ${port} saturates: sends at ${percent} % of its speed`,
    ends: `${device} ${port} carries its ordinary load again`,
    inject: (school) => set(school, percent),
    clear: (school) => set(school, undefined),
  };
}

/** Access points lose power: SNMP and ping fall silent, their switch ports go down; cleared, they boot anew. */
export function accessPointsDown(names: readonly string[]): Fault {
  return {
    name: 'access-points-down',
    happens: `${names.length} access points lose power: ${names.join(', ')}`,
    ends: `${names.join(', ')} have power again`,
    inject: (school) => {
      for (const name of names) school.kill(name);
    },
    clear: (school) => {
      for (const name of names) school.revive(name);
    },
  };
}

/** A damaged cable: frames arrive with bad checksums. */
export function crcErrors(device: string, port: string, perSecond = 20): Fault {
  const on = (school: SimulatedSchool): SimulatedInterface => school.device(device).interface(port);
  return {
    name: 'crc-errors',
    happens: `${device} ${port} takes ${perSecond} CRC errors a second from a damaged cable`,
    ends: `${device} ${port} has a new cable`,
    inject: (school) => on(school).setInErrors(school.at(), perSecond),
    clear: (school) => on(school).setInErrors(school.at(), 0),
  };
}
