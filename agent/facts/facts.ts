import type { DeviceFacts } from '../../core/device-facts.ts';
import { toInteger, toText } from '../normalise/varbind.ts';
import type { Profile } from '../profile/profile.ts';
import { cpuFacts } from './cpu.ts';
import { identityOf } from './identity.ts';
import { interfaceFacts } from './interfaces.ts';
import { known } from './known.ts';
import { memoryFacts } from './memory.ts';
import { toMac } from './octets.ts';
import { inventoryFacts, neighborFacts, poeFacts } from './parts.ts';
import type { Reading } from './reading.ts';
import { allRows, sectionRows } from './section.ts';
import { sensorFacts, wirelessFacts } from './sensors.ts';

/** SNMPv2-MIB system group (RFC 3418). */
export const SYSTEM = {
  sysDescr: '1.3.6.1.2.1.1.1.0',
  sysObjectID: '1.3.6.1.2.1.1.2.0',
  sysUpTime: '1.3.6.1.2.1.1.3.0',
  sysName: '1.3.6.1.2.1.1.5.0',
  sysLocation: '1.3.6.1.2.1.1.6.0',
} as const;

/** lldpLocChassisId (LLDP-MIB) and dot1dBaseBridgeAddress (BRIDGE-MIB, RFC 4188): how neighbours name this device. */
export const OWN_ADDRESSES = ['1.0.8802.1.1.2.1.3.2.0', '1.3.6.1.2.1.17.1.1.0'] as const;

/** Everything that a reading says of a device by a profile. Pure: the same reading gives the same facts. */
export function factsOf(profile: Profile, profiles: readonly string[], reading: Reading): DeviceFacts {
  const rows = sectionRows(allRows(profile, reading));
  const inventory = inventoryFacts(rows.get('inventory')!);
  const system = systemOf(reading);
  return {
    ...system,
    ...identityOf(profile, reading, system.sysObjectID, inventory),
    profiles,
    interfaces: interfaceFacts(reading),
    cpu: cpuFacts(rows.get('cpu')!),
    memory: memoryFacts(rows.get('memory')!),
    sensors: sensorFacts(rows.get('sensor')!),
    wireless: wirelessFacts(rows.get('wireless')!),
    poe: poeFacts(rows.get('poe')!, rows.get('poe_port')!),
    inventory,
    neighbors: neighborFacts(rows.get('neighbor')!),
    chassisIds: chassisIds(reading),
  };
}

function systemOf({ scalars }: Reading): Partial<DeviceFacts> {
  const text = (oid: string): string | undefined => {
    const value = scalars.get(oid);
    return value && (toText(value) || undefined);
  };
  const ticks = scalars.get(SYSTEM.sysUpTime);
  const uptime = ticks && toInteger(ticks);
  const found = {
    sysObjectID: text(SYSTEM.sysObjectID),
    sysDescr: text(SYSTEM.sysDescr),
    sysName: text(SYSTEM.sysName),
    sysLocation: text(SYSTEM.sysLocation),
    sysUpTime_ticks: uptime === undefined ? undefined : Number(uptime),
  };
  return known(found);
}

function chassisIds({ scalars }: Reading): string[] {
  const found = OWN_ADDRESSES.flatMap((oid) => {
    const value = scalars.get(oid);
    const mac = value && toMac(value);
    return mac !== undefined && mac !== '000000000000' ? [mac] : [];
  });
  return [...new Set(found)];
}
