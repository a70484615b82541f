import type { InventoryDocument } from '../../core/inventory-api.ts';
import { knownSerial } from '../../core/serial.ts';
import { type DifferenceWorld, type InventoryChange, placeName, type SerialAt } from './change.ts';
import { partDifferences } from './part-difference.ts';

/** What happened between two documents of a device; `before` undefined: it is seen for the first time. */
export function differences(
  before: InventoryDocument | undefined,
  after: InventoryDocument,
  world: DifferenceWorld,
): InventoryChange[] {
  if (!before) return firstSight(after, world);
  const replaced = hardwareChange(before, after, world);
  // Another box under the same name: that all its parts are others goes without saying.
  if (replaced) return [replaced];
  return [...firmwareChange(before, after), ...partDifferences(before, after, world)];
}

function firstSight(after: InventoryDocument, world: DifferenceWorld): InventoryChange[] {
  const { device, identity } = after;
  const serial = knownSerial(identity.serial);
  const from = serial === undefined ? undefined : world.elsewhere(serial);
  // While a site is taken up, two names for one device are no move.
  if (from && (!world.learning || from.gone || from.site !== world.site)) return [moved(device, serial!, from, world)];
  if (world.learning) return [];
  const what = [identity.vendor, identity.hardware].filter((text) => text !== undefined).join(' ');
  const message = `${device} is new${what === '' ? '' : `: ${what}`}${serial === undefined ? '' : `, serial ${serial}`}`;
  return [{ type: 'device_new', severity: 'info', message, detail: { ...identity } }];
}

function moved(device: string, serial: string, from: SerialAt, { site }: DifferenceWorld): InventoryChange {
  const message = `${device} is what was ${placeName(from, site)} before (serial ${serial})`;
  return {
    type: 'device_moved',
    severity: 'warning',
    message,
    detail: { serial, from: from.device, fromSite: from.site },
  };
}

/** Another serial number, or another kind of device. What only has another name (a newer profile may call it so) is the same. */
function hardwareChange(
  before: InventoryDocument,
  after: InventoryDocument,
  world: DifferenceWorld,
): InventoryChange | undefined {
  const { device } = after;
  const [was, is] = [before.identity, after.identity];
  const [from, to] = [knownSerial(was.serial), knownSerial(is.serial)];
  const otherModel = differs(was.hardware, is.hardware);
  if (from === undefined || to === undefined) {
    if (!otherModel || !differs(was.sysObjectID, is.sysObjectID)) return undefined;
    const detail = { hardware: [was.hardware, is.hardware] };
    const message = `${device}: hardware replaced, ${was.hardware} -> ${is.hardware}`;
    return { type: 'hardware_replaced', severity: 'warning', message, detail };
  }
  // A stack has the serial of whichever member leads it.
  if (from === to || serialsOf(after).has(from)) return undefined;
  const place = world.elsewhere(to);
  if (place) return moved(device, to, place, world);
  const detail = { serial: [from, to], hardware: [was.hardware, is.hardware] };
  if (otherModel) {
    const message = `${device}: hardware replaced, ${was.hardware} (serial ${from}) -> ${is.hardware} (serial ${to})`;
    return { type: 'hardware_replaced', severity: 'warning', message, detail };
  }
  return { type: 'serial_changed', severity: 'warning', message: `${device}: serial ${from} -> ${to}`, detail };
}

function firmwareChange(
  { identity: was }: InventoryDocument,
  { device, identity: is }: InventoryDocument,
): InventoryChange[] {
  if (!differs(was.version, is.version)) return [];
  const message = `${device}: firmware ${was.version} -> ${is.version}`;
  const detail = { from: was.version, to: is.version };
  return [{ type: 'firmware_changed', severity: 'info', message, detail }];
}

/** Both are known, and not the same. */
function differs(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.toLowerCase() !== b.toLowerCase();
}

/** Every serial number of a device, its own among them. */
export function serialsOf({ identity, parts }: InventoryDocument): Set<string> {
  const all = [identity.serial, ...parts.map((part) => part.serial)].map(knownSerial);
  return new Set(all.filter((serial) => serial !== undefined));
}

/**
 * What is known of a device after a pass that did not see all of it: what it did not see is as it was. A complete one stands by itself.
 */
export function completed(before: InventoryDocument | undefined, after: InventoryDocument): InventoryDocument {
  if (!before || after.complete) return after;
  return {
    ...after,
    identity: { ...before.identity, ...after.identity },
    chassisIds: [...new Set([...before.chassisIds, ...after.chassisIds])].sort(),
    interfaces: united(before.interfaces, after.interfaces, ({ ifIndex }) => String(ifIndex)),
    parts: united(before.parts, after.parts, ({ index }) => index),
    neighbors: united(before.neighbors, after.neighbors, ({ protocol, ifIndex, localPortNum, chassisId, deviceId }) =>
      JSON.stringify([protocol, ifIndex ?? localPortNum, chassisId ?? deviceId]),
    ),
  };
}

function united<T>(before: readonly T[], after: readonly T[], key: (one: T) => string): T[] {
  const seen = new Set(after.map(key));
  return [...after, ...before.filter((one) => !seen.has(key(one)))];
}
