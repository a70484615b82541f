import type { DeviceFacts, InventoryItem } from '../../core/device-facts.ts';
import type { Role } from '../../core/domain.ts';
import { toText } from '../normalise/varbind.ts';
import type { FieldSource, Profile } from '../profile/profile.ts';
import { oidFit } from '../profile/select.ts';
import { type Chassis, chassisOf, meaningful } from './chassis.ts';
import { known } from './known.ts';
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
  const { told, likely } = tellers(profile, reading, sysObjectId);
  // What files of other projects say comes after what ours know, and before what ours guess.
  const last = profile.lastFields ? tellers(profile.lastFields, reading, sysObjectId).told : () => undefined;
  const chassis: Chassis = chassisOf(parts);
  const { vendor, hardware, version, serial, role } = FIELDS;
  const foreignRole = last(role.told);
  const found = {
    vendor: told(vendor.told) ?? last(vendor.told) ?? likely(vendor.likely) ?? chassis.manufacturer,
    hardware:
      told(hardware.told) ?? chassis.model ?? told(hardware.number) ?? last(hardware.told) ?? likely(hardware.likely),
    // What a chassis calls firmware is as often that of its boot loader.
    version:
      told(version.told) ?? chassis.softwareRev ?? last(version.told) ?? likely(version.likely) ?? chassis.firmwareRev,
    serial: told(serial.told) ?? chassis.serial ?? last(serial.told) ?? likely(serial.likely),
    role:
      told(role.told) ??
      (foreignRole === undefined ? undefined : roleOf(foreignRole)) ??
      likely(role.likely, () => true),
  };
  return known(found);
}

interface Tellers {
  /** The first text that one of the names has, fields of single models before those of all. */
  readonly told: (names: readonly string[]) => string | undefined;
  /** The same of a name whose sources guess: placeholders are no answer. */
  readonly likely: (name: string, good?: (text: string) => boolean) => string | undefined;
}

function tellers(
  { fields: own, fieldsByObjectId }: Pick<Profile, 'fields' | 'fieldsByObjectId'>,
  reading: Reading,
  sysObjectId: string | undefined,
): Tellers {
  const tables = [
    ...fieldsByObjectId
      .filter(({ pattern }) => sysObjectId !== undefined && oidFit(pattern, sysObjectId) !== undefined)
      .map((f) => f.fields),
    own,
  ];
  const heard = withoutHost(reading);
  return {
    told: (names) => {
      for (const fields of tables)
        for (const name of names) {
          const text = firstText(fields.get(name) ?? [], reading);
          if (text !== undefined) return text;
        }
      return undefined;
    },
    likely: (name, good = meaningful) =>
      firstText(
        tables.flatMap((fields) => fields.get(name) ?? []),
        heard,
        good,
      ),
  };
}

/** Other projects have words of their own for what a device is ("Layer 3 Switch", "access_point"); none of ours: not known. */
const ROLE_WORDS: readonly (readonly [RegExp, Role])[] = [
  [/controller/i, 'other'],
  [/access.?point|wireless|\bw?ap\b/i, 'ap'],
  [/firewall/i, 'firewall'],
  [/switch/i, 'switch'],
  [/router/i, 'router'],
  [/\bups\b/i, 'ups'],
  [/sensor|environment/i, 'sensor'],
  [/server/i, 'server'],
];

function roleOf(text: string): Role | undefined {
  return ROLE_WORDS.find(([pattern]) => pattern.test(text))?.[1];
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
