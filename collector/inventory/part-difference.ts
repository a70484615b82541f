import type { InventoryItem } from '../../core/device-facts.ts';
import type { InventoryDocument } from '../../core/inventory-api.ts';
import { knownSerial } from '../../core/serial.ts';
import type { Severity } from '../engagement/decision.ts';
import { type DifferenceWorld, type InventoryChange, placeName, type SerialAt } from './change.ts';
import { isStacked, type PartKind, partKind } from './part-kind.ts';

/** More changes of one type than this are told as one. */
const TOLD_SINGLY = 3;

/** A part that can be told from another: it has a serial number. */
interface Unit {
  readonly serial: string;
  readonly kind: PartKind;
  readonly part: InventoryItem;
}

interface Change extends InventoryChange {
  /** The part, for a list of several. */
  readonly what: string;
}

/** Parts that came, went, or stand where another stood. What is missing counts only after a complete pass. */
export function partDifferences(
  before: InventoryDocument,
  after: InventoryDocument,
  world: DifferenceWorld,
): InventoryChange[] {
  const stacked = isStacked(before.parts) || isStacked(after.parts);
  const [had, has] = [unitsOf(before, stacked), unitsOf(after, stacked)];
  const lost = [...had.values()].filter(({ serial }) => !has.has(serial));
  const found = [...has.values()].filter(({ serial }) => !had.has(serial));
  const { device } = after;
  const swaps = pair(lost, found);
  const swapped = new Set([...swaps].flat());
  const changes: Change[] = [...swaps].map(([old, now]) => replaced(device, old, now, world));
  for (const unit of found) if (!swapped.has(unit)) changes.push(added(device, unit, world));
  for (const unit of lost) {
    // One that stands in another device now was told of there.
    const there = world.elsewhere(unit.serial);
    if (!swapped.has(unit) && after.complete && (!there || there.gone)) changes.push(removed(device, unit));
  }
  return summed(device, changes);
}

function unitsOf({ identity, parts }: InventoryDocument, stacked: boolean): Map<string, Unit> {
  const own = knownSerial(identity.serial);
  const units = new Map<string, Unit>();
  for (const part of parts) {
    const serial = knownSerial(part.serial);
    // The chassis of a device that is no stack is the device itself.
    if (serial === undefined || (serial === own && !stacked)) continue;
    if (!units.has(serial)) units.set(serial, { serial, kind: partKind(part, stacked), part });
  }
  return units;
}

/** Which of the new ones stand where old ones stood: of the same kind in the slot of the same name, else of the same index. */
function pair(lost: readonly Unit[], found: readonly Unit[]): Map<Unit, Unit> {
  const pairs = new Map<Unit, Unit>();
  const taken = new Set<Unit>();
  const bySlot = (slotOf: (unit: Unit) => string | undefined): void => {
    const free = new Map<string, Unit>();
    for (const unit of found) {
      const slot = slotOf(unit);
      if (slot !== undefined && !taken.has(unit) && !free.has(slot)) free.set(slot, unit);
    }
    for (const unit of lost) {
      const slot = slotOf(unit);
      const now = slot === undefined || pairs.has(unit) ? undefined : free.get(slot);
      if (!now || taken.has(now)) continue;
      pairs.set(unit, now);
      taken.add(now);
    }
  };
  bySlot(({ kind, part: { name, containedIn } }) => name && `${kind} ${name} ${containedIn ?? ''}`);
  bySlot(({ kind, part: { name } }) => name && `${kind} ${name}`);
  bySlot(({ kind, part: { index } }) => `${kind} ${index}`);
  return pairs;
}

function replaced(device: string, old: Unit, now: Unit, world: DifferenceWorld): Change {
  const from = world.elsewhere(now.serial);
  const where = old.part.name ?? old.part.descr;
  const what = `${now.kind}${where === undefined ? '' : ` ${where}`}`;
  const came = from ? `, which was in ${placeName(from, world.site)}` : '';
  const type = now.kind === 'transceiver' ? 'transceiver_swapped' : `${wordOf(now.kind)}_replaced`;
  const detail = { ...detailOf(now), serial: [old.serial, now.serial], ...fromDetail(from) };
  const message = `${device}: ${what} replaced, serial ${old.serial} -> ${now.serial}${came}`;
  return { type, severity: now.kind === 'transceiver' ? 'info' : 'warning', message, detail, what };
}

function added(device: string, unit: Unit, world: DifferenceWorld): Change {
  const what = nameOf(unit);
  const from = world.elsewhere(unit.serial);
  const detail = { ...detailOf(unit), serial: unit.serial, ...fromDetail(from) };
  if (from) {
    const message = `${device}: ${what} moved here from ${placeName(from, world.site)}`;
    return { type: 'part_moved', severity: 'info', message, detail, what };
  }
  return { type: `${wordOf(unit.kind)}_added`, severity: 'info', message: `${device}: ${what} added`, detail, what };
}

function removed(device: string, unit: Unit): Change {
  const what = nameOf(unit);
  const detail = { ...detailOf(unit), serial: unit.serial };
  const type = wordOf(unit.kind) === 'part' ? 'part_gone' : `${wordOf(unit.kind)}_removed`;
  return { type, severity: SEVERITY[unit.kind], message: `${device}: ${what} is gone`, detail, what };
}

/** Of one that is gone. An access point that its controller does not list is off or out of reach as a rule, which other rules tell. */
const SEVERITY: Readonly<Record<PartKind, Severity>> = {
  transceiver: 'info',
  'access point': 'info',
  'stack member': 'warning',
  'power supply': 'warning',
  fan: 'warning',
  module: 'warning',
  part: 'warning',
};

function wordOf(kind: PartKind): 'transceiver' | 'stack_member' | 'part' {
  return kind === 'transceiver' ? 'transceiver' : kind === 'stack member' ? 'stack_member' : 'part';
}

function nameOf({ kind, part, serial }: Unit): string {
  const name = part.name ?? part.descr;
  const model = part.model === undefined || part.model === name ? '' : ` ${part.model}`;
  return `${kind}${name === undefined ? '' : ` ${name}`}${model} (serial ${serial})`;
}

function detailOf({ kind, part }: Unit): Readonly<Record<string, unknown>> {
  const { name, model, index } = part;
  return { kind, index, ...(name !== undefined && { name }), ...(model !== undefined && { model }) };
}

function fromDetail(from: SerialAt | undefined): Readonly<Record<string, unknown>> {
  return from ? { from: from.device, fromSite: from.site } : {};
}

/** A controller that lists 200 other access points, or a device that has stopped telling of its parts, is one line. */
function summed(device: string, changes: readonly Change[]): InventoryChange[] {
  return [...Map.groupBy(changes, ({ type }) => type).values()].flatMap((same): InventoryChange[] => {
    if (same.length <= TOLD_SINGLY) return same.map(({ what: _, ...change }) => change);
    const { type, severity } = same[0]!;
    const named = same.slice(0, TOLD_SINGLY).map(({ what }) => what);
    const message = `${device}: ${same.length} times ${type.replaceAll('_', ' ')}: ${named.join(', ')} and others`;
    return [
      { type, severity, message, detail: { count: same.length, changes: same.slice(0, 50).map((c) => c.detail) } },
    ];
  });
}
