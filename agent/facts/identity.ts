import type { DeviceFacts, InventoryItem } from '../../core/device-facts.ts';
import type { Role } from '../../core/domain.ts';
import type { FieldSource, Profile } from '../profile/profile.ts';
import { oidFit } from '../profile/select.ts';
import { type Reading, scalarOf } from './reading.ts';
import { evaluate } from './value.ts';

/** Names under which profiles of the three dialects give a fact, the best first. */
const FIELDS = {
  vendor: ['vendor'],
  hardware: ['model', 'product_name'],
  // What a device is by its number alone: for those whose chassis does not say its model.
  product: ['model_by_number'],
  version: ['version', 'os_version'],
  serial: ['serial_number'],
  role: ['type'],
} as const;

export type Identity = Pick<DeviceFacts, Exclude<keyof typeof FIELDS, 'product'>>;

/** Who the device is: what the profile says, else what its chassis (ENTITY-MIB) says. */
export function identityOf(
  profile: Profile,
  reading: Reading,
  sysObjectId: string | undefined,
  parts: readonly InventoryItem[],
): Identity {
  const told = teller(profile, reading, sysObjectId);
  const last = profile.lastFields ? teller(profile.lastFields, reading, sysObjectId) : () => undefined;
  const chassis = chassisOf(parts);
  const role = last(FIELDS.role);
  const found = {
    vendor: told(FIELDS.vendor) ?? last(FIELDS.vendor),
    hardware: told(FIELDS.hardware) ?? chassis?.model ?? told(FIELDS.product) ?? last(FIELDS.hardware),
    version: told(FIELDS.version) ?? chassis?.softwareRev ?? chassis?.firmwareRev ?? last(FIELDS.version),
    serial: told(FIELDS.serial) ?? chassis?.serial ?? last(FIELDS.serial),
    role: told(FIELDS.role) ?? (role === undefined ? undefined : roleOf(role)),
  };
  return Object.fromEntries(Object.entries(found).filter(([, v]) => v !== undefined));
}

type Told = (names: readonly string[]) => string | undefined;

/** Says the first text that one of the names has, fields of single models before those of all. */
function teller(
  { fields: own, fieldsByObjectId }: Pick<Profile, 'fields' | 'fieldsByObjectId'>,
  reading: Reading,
  sysObjectId: string | undefined,
): Told {
  const tables = [
    ...fieldsByObjectId
      .filter(({ pattern }) => sysObjectId !== undefined && oidFit(pattern, sysObjectId) !== undefined)
      .map((f) => f.fields),
    own,
  ];
  return (names) => {
    for (const fields of tables)
      for (const name of names) {
        const text = firstText(fields.get(name) ?? [], reading);
        if (text !== undefined) return text;
      }
    return undefined;
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

function firstText(sources: readonly FieldSource[], reading: Reading): string | undefined {
  for (const source of sources) {
    const text =
      'value' in source
        ? source.value
        : evaluate(source.symbol, scalarOf(reading, source.symbol.oid), (oid) => scalarOf(reading, oid), 'field')?.text;
    if (text !== undefined && text.trim() !== '') return text.trim();
  }
  return undefined;
}

/** The first chassis that names its model or serial number, else the first part of all that is contained in nothing. */
function chassisOf(parts: readonly InventoryItem[]): InventoryItem | undefined {
  const named = parts.filter((p) => p.serial !== undefined || p.model !== undefined);
  return (
    named.find((p) => p.class === 'chassis') ??
    named.find((p) => p.class === 'stack') ??
    named.find((p) => p.containedIn === '0')
  );
}
