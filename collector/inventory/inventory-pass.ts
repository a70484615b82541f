import type { DeviceLine, InventoryDocument } from '../../core/inventory-api.ts';
import type { StateDb } from '../state/database.ts';
import {
  countInventory,
  type DeviceKey,
  type DeviceRecord,
  devicesOfAgent,
  documentOf,
  findDevice,
  saveDevice,
  setGone,
  touchDevice,
} from '../state/inventory.ts';
import { findSerials, saveSerials } from '../state/inventory-serials.ts';
import type { Tenant } from '../state/tokens.ts';
import type { InventoryChange } from './change.ts';
import { completed, differences, serialsOf } from './difference.ts';
import { inventoryEvent, type Noted } from './inventory-event.ts';

const DEVICES_LIMIT = 20_000;

export interface PassParts {
  readonly tx: StateDb;
  readonly tenant: Tenant;
  readonly now: number;
  readonly learning: boolean;
  readonly newId: () => string;
}

/** One push on its way into the database. */
export class InventoryPass {
  readonly wanted: string[] = [];
  readonly refused: { readonly device: string; readonly reason: string }[] = [];
  readonly noted: Noted[] = [];
  /** Something that links are worked out from. */
  changed = false;
  readonly #parts: PassParts;

  constructor(parts: PassParts) {
    this.#parts = parts;
  }

  async device(line: DeviceLine): Promise<void> {
    const { tx, tenant, now } = this.#parts;
    const key = { school: tenant.school, site: tenant.site, device: line.device };
    const known = await findDevice(tx, key);
    if (!line.document && known?.digest !== line.digest) {
      this.wanted.push(line.device);
      return;
    }
    if (known && known.goneAt !== null) await this.#back(known);
    if (line.document && known?.digest !== line.digest) await this.#store(key, known, line, line.document);
    else await touchDevice(tx, key, { agent: tenant.tokenId, readAt: line.time, seenAt: now });
  }

  /** What this agent delivered before and does not look at any more. */
  async roster(names: readonly string[]): Promise<void> {
    const { tx, tenant, now } = this.#parts;
    const polled = new Set(names);
    for (const record of await devicesOfAgent(tx, { ...tenant, agent: tenant.tokenId })) {
      if (polled.has(record.device)) continue;
      await setGone(tx, record, now);
      this.changed = true;
      this.#note(record, goneChange(record, 'it is not polled any more', 'info'));
    }
  }

  async #back(known: DeviceRecord): Promise<void> {
    await setGone(this.#parts.tx, known, null);
    this.changed = true;
    const message = `${known.device} is there again`;
    this.#note(known, { type: 'device_back', severity: 'info', message, detail: {} });
  }

  async #store(
    key: DeviceKey,
    known: DeviceRecord | undefined,
    { digest, time }: DeviceLine,
    said: InventoryDocument,
  ): Promise<void> {
    const { tx, tenant, now, learning } = this.#parts;
    if (!known && (await countInventory(tx, key.school)) >= DEVICES_LIMIT) {
      this.refused.push({ device: key.device, reason: `the school has ${DEVICES_LIMIT} devices already` });
      return;
    }
    const before = known && (await documentOf(tx, key));
    const after = completed(before, said);
    const [had, has] = [before ? serialsOf(before) : new Set<string>(), serialsOf(after)];
    const [came, went] = [without(has, had), without(had, has)];
    const elsewhere = await findSerials(tx, key, [...came, ...went]);
    const world = { learning, site: key.site, elsewhere: (serial: string) => elsewhere.get(serial) };
    const record = {
      ...key,
      agent: tenant.tokenId,
      digest,
      firstSeen: known?.firstSeen ?? now,
      changedAt: now,
      readAt: time,
      seenAt: now,
      goneAt: null,
    };
    await saveDevice(tx, record, after);
    await saveSerials(tx, key, { has: came, gone: went }, now);
    this.changed = true;
    const role = after.role ?? null;
    for (const change of differences(before, after, world)) this.#note({ ...key, summary: { role } }, change);
  }

  #note(of: Parameters<typeof note>[0], change: InventoryChange): void {
    this.noted.push(note(of, change, this.#parts.now, this.#parts.newId()));
  }
}

function without(all: ReadonlySet<string>, less: ReadonlySet<string>): string[] {
  return [...all].filter((one) => !less.has(one));
}

export function note(
  of: DeviceKey & { readonly summary: { readonly role: string | null } },
  change: InventoryChange,
  now: number,
  id: string,
): Noted {
  return { event: inventoryEvent(change, of, now, id), role: of.summary.role };
}

export function goneChange(
  { device, summary }: DeviceRecord,
  why: string,
  severity: InventoryChange['severity'],
): InventoryChange {
  const { serial, model } = summary;
  const message = `${device} is gone: ${why}`;
  return { type: 'device_gone', severity, message, detail: { ...(serial && { serial }), ...(model && { model }) } };
}
