import type { DeviceFacts, InventoryItem } from '../../core/device-facts.ts';
import { toText } from '../normalise/varbind.ts';
import type { FieldSource, Profile } from '../profile/profile.ts';
import { oidFit } from '../profile/select.ts';
import { type Chassis, chassisOf, meaningful } from './chassis.ts';
import { type Reading, scalarOf } from './reading.ts';
import { evaluate } from './value.ts';

/** sysDescr (SNMPv2-MIB). */
const SYS_DESCR = '1.3.6.1.2.1.1.1.0';

/** Names under which profiles of the three dialects give a fact, the best first, and the name of what is only likely. */
const FIELDS = {
  vendor: { told: ['vendor'], likely: 'likely_vendor' },
  // What a device is by its number alone is for those whose chassis does not say its model.
  hardware: { told: ['model', 'product_name'], number: ['model_by_number'], likely: 'likely_model' },
  version: { told: ['version', 'os_version'], likely: 'likely_version' },
  serial: { told: ['serial_number'], likely: 'likely_serial' },
  role: { told: ['type'], likely: 'likely_type' },
} as const;

export type Identity = Pick<DeviceFacts, keyof typeof FIELDS>;

/** Who the device is: what the profile says, else what its chassis (ENTITY-MIB) says, else what the profile thinks likely. */
export function identityOf(
  profile: Profile,
  reading: Reading,
  sysObjectId: string | undefined,
  parts: readonly InventoryItem[],
): Identity {
  const tables = [
    ...profile.fieldsByObjectId
      .filter(({ pattern }) => sysObjectId !== undefined && oidFit(pattern, sysObjectId) !== undefined)
      .map((f) => f.fields),
    profile.fields,
  ];
  const told = (names: readonly string[]): string | undefined => {
    for (const fields of tables)
      for (const name of names) {
        const text = firstText(fields.get(name) ?? [], reading);
        if (text !== undefined) return text;
      }
    return undefined;
  };
  const heard = withoutHost(reading);
  const likely = (name: string, good = meaningful): string | undefined =>
    firstText(
      tables.flatMap((fields) => fields.get(name) ?? []),
      heard,
      good,
    );
  const chassis: Chassis = chassisOf(parts);
  const { vendor, hardware, version, serial, role } = FIELDS;
  const found = {
    vendor: told(vendor.told) ?? likely(vendor.likely) ?? chassis.manufacturer,
    hardware: told(hardware.told) ?? chassis.model ?? told(hardware.number) ?? likely(hardware.likely),
    // What a chassis calls firmware is as often that of its boot loader.
    version: told(version.told) ?? chassis.softwareRev ?? likely(version.likely) ?? chassis.firmwareRev,
    serial: told(serial.told) ?? chassis.serial ?? likely(serial.likely),
    role: told(role.told) ?? likely(role.likely, () => true),
  };
  return Object.fromEntries(Object.entries(found).filter(([, v]) => v !== undefined));
}

/** `uname -a` of systems whose agent gives it as sysDescr: what follows is the name that somebody gave the host, then its kernel. */
const UNAME = /^(Linux|\w*BSD|Darwin|SunOS|AIX|HP-UX) \S+ \S*\d\S*/;

/** A reading whose sysDescr does not tell a host's own name and kernel: "cisco-log" is no Cisco. */
function withoutHost(reading: Reading): Reading {
  const descr = reading.scalars.get(SYS_DESCR);
  const text = descr && toText(descr);
  if (!descr || text === undefined || !UNAME.test(text)) return reading;
  const value = new TextEncoder().encode(text.replace(UNAME, '$1'));
  return { ...reading, scalars: new Map(reading.scalars).set(SYS_DESCR, { ...descr, value }) };
}

function firstText(
  sources: readonly FieldSource[],
  reading: Reading,
  good: (text: string) => boolean = () => true,
): string | undefined {
  for (const source of sources) {
    const text =
      'value' in source
        ? source.value
        : evaluate(source.symbol, scalarOf(reading, source.symbol.oid), (oid) => scalarOf(reading, oid), 'field')?.text;
    if (text !== undefined && text.trim() !== '' && good(text.trim())) return text.trim();
  }
  return undefined;
}
