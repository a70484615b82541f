import type { InventoryItem, NeighborFacts, PoeFacts } from '../../core/device-facts.ts';
import type { VarBind } from '../drivers/snmp-session.ts';
import { toText } from '../normalise/varbind.ts';
import { known } from './known.ts';
import { isPrintable, toAddress, toHex, toMac } from './octets.ts';
import { type FactRecord, numberOf, recordsOf, textOf } from './records.ts';
import { lowestRank, type SectionRow } from './section.ts';
import { tidy } from './sensors.ts';

const PART_FIELDS = [
  'descr',
  'containedIn',
  'class',
  'name',
  'hardwareRev',
  'firmwareRev',
  'softwareRev',
  'serial',
  'manufacturer',
  'model',
] as const;

/** Physical parts; one that has no name, no model and no serial number is none. A part listed by two tables is listed once. */
export function inventoryFacts(rows: readonly SectionRow[]): InventoryItem[] {
  const items = recordsOf(rows).flatMap((record): InventoryItem[] => {
    const fields = Object.fromEntries(PART_FIELDS.map((name) => [name, textOf(record, name)]));
    if (!fields['serial'] && !fields['model'] && !fields['name'] && !fields['descr']) return [];
    return [{ index: record.index, ...known(fields) }];
  });
  const bySerial = new Map<string, InventoryItem>();
  return items.filter((item) => {
    if (item.serial === undefined) return true;
    const key = `${item.serial} ${item.class ?? ''} ${item.model ?? ''} ${item.index}`;
    const first = !bySerial.has(key);
    bySerial.set(key, item);
    return first;
  });
}

/** Neighbours by LLDP and CDP. A row that names nobody is none. */
export function neighborFacts(rows: readonly SectionRow[]): NeighborFacts[] {
  return recordsOf(rows).flatMap((record): NeighborFacts[] => {
    const protocol = record.tags['protocol'];
    if (protocol !== 'lldp' && protocol !== 'cdp') return [];
    const chassis = idOf(record, 'chassisId', LLDP_CHASSIS);
    const port = idOf(record, 'portId', LLDP_PORT);
    const found = known({
      localPortNum: index(record, 'localPortNum'),
      ifIndex: index(record, 'ifIndex'),
      localPort: textOf(record, 'localPort'),
      ...chassis,
      ...port,
      portDesc: textOf(record, 'portDesc'),
      sysName: textOf(record, 'sysName'),
      sysDesc: textOf(record, 'sysDesc'),
      deviceId: textOf(record, 'deviceId'),
      platform: textOf(record, 'platform'),
      address: textOf(record, 'address') ?? addressIn(record),
    });
    const named = chassis['chassisId'] ?? found.sysName ?? found.deviceId;
    return named === undefined ? [] : [{ protocol, ...found }];
  });
}

function index(record: FactRecord, name: string): number | undefined {
  const text = textOf(record, name);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

type IdKind = 'mac' | 'address' | 'text';
/** LldpChassisIdSubtype and LldpPortIdSubtype (LLDP-MIB): which of them are addresses. */
const LLDP_CHASSIS: Readonly<Record<number, IdKind>> = { 4: 'mac', 5: 'address' };
const LLDP_PORT: Readonly<Record<number, IdKind>> = { 3: 'mac', 4: 'address' };

function idOf(
  record: FactRecord,
  name: string,
  kinds: Readonly<Record<number, IdKind>>,
): { readonly [key: string]: string | number | undefined } {
  const value = record.fields.get(name);
  if (!value) return {};
  const subtype = numberOf(record, `${name}Subtype`);
  const kind = subtype === undefined ? 'text' : (kinds[subtype] ?? 'text');
  return { [`${name}Subtype`]: subtype, [name]: idText(value.raw, kind) || undefined };
}

/** An identifier in its own form; octets that are no text, and network addresses with their family, are hex digits. */
function idText(raw: VarBind, kind: IdKind): string | undefined {
  if (kind === 'mac') return toMac(raw) ?? hexOrText(raw);
  return kind === 'address' ? (toHex(raw) ?? toText(raw)) : hexOrText(raw);
}

/** networkAddress: one octet of address family (IANA), then the address. */
function addressIn(record: FactRecord): string | undefined {
  const raw = record.fields.get('chassisId')?.raw;
  if (numberOf(record, 'chassisIdSubtype') !== 5 || !(raw?.value instanceof Uint8Array)) return undefined;
  return toAddress({ ...raw, value: raw.value.subarray(1) });
}

function hexOrText(raw: VarBind): string | undefined {
  return raw.value instanceof Uint8Array && !isPrintable(raw.value) ? toHex(raw) : toText(raw);
}

/** Power over Ethernet: what supplies give, and what ports take. */
export function poeFacts(supplies: readonly SectionRow[], ports: readonly SectionRow[]): PoeFacts {
  const pse = lowestRank(recordsOf(supplies), () => '').flatMap((record) => {
    const available = watts(record, 'available_watts');
    const consumed = watts(record, 'consumed_watts');
    if (available === undefined && consumed === undefined) return [];
    return [
      {
        group: textOf(record, 'group') ?? record.index,
        ...known({ available_watts: available, consumed_watts: consumed, operStatus: textOf(record, 'operStatus') }),
      },
    ];
  });
  const each = recordsOf(byPort(ports)).map((record) => ({
    index: record.index,
    ...known({
      descr: textOf(record, 'descr'),
      detection: textOf(record, 'detection'),
      admin: textOf(record, 'admin'),
      class: textOf(record, 'class'),
      watts: watts(record, 'watts'),
    }),
  }));
  return { pse, ports: each };
}

/** Vendors add watts in tables of their own with the index of POWER-ETHERNET-MIB: rows of one port make one. */
function byPort(rows: readonly SectionRow[]): SectionRow[] {
  return [...Map.groupBy(rows, (row) => row.index).values()].map((group) => ({
    ...group[0]!,
    tags: Object.assign({}, ...group.map((row) => row.tags).toReversed()),
    values: group.flatMap((row) => row.values),
  }));
}

function watts(record: FactRecord, name: string): number | undefined {
  const value = numberOf(record, name);
  return value === undefined ? undefined : tidy(value);
}
