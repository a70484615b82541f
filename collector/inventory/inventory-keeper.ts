import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { DeviceLine, InventoryDocument, InventoryLine, InventoryReply } from '../../core/inventory-api.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { StateDb } from '../state/database.ts';
import { addEvents, type NewEvent } from '../state/events.ts';
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
  unheardDevices,
} from '../state/inventory.ts';
import { findSerials, saveSerials } from '../state/inventory-serials.ts';
import { heardSites, stockSite } from '../state/inventory-sites.ts';
import type { SchoolTransaction } from '../state/school-transaction.ts';
import type { Tenant } from '../state/tokens.ts';
import type { InventoryChange } from './change.ts';
import { completed, differences, serialsOf } from './difference.ts';
import { eventSample, inventoryEvent } from './inventory-event.ts';

export interface InventoryKeeperParts {
  readonly inSchool: SchoolTransaction;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId: () => string;
  /** Stores samples and puts them to the rules. */
  readonly observe: (samples: readonly Sample[]) => Promise<void>;
  /** Something at a site is otherwise than it was. */
  readonly onChange: (school: string, site: string) => void;
}

/** Nothing at a site is new before its devices were taken stock of for so long. */
const LEARNING_MS = 86_400_000;
/** A device of a site that is heard is gone when nothing was read from it for so long. */
const GONE_AFTER_MS = 14 * 86_400_000;
const SWEEP_MS = 3_600_000;
const DEVICES_LIMIT = 20_000;

interface Noted {
  readonly event: NewEvent;
  readonly role: string | null;
}

/** Takes what agents say of their devices, and tells what has changed. */
export class InventoryKeeper {
  readonly #parts: InventoryKeeperParts;

  constructor(parts: InventoryKeeperParts) {
    this.#parts = parts;
  }

  /**
   * One push of an agent: all of it is safe when it resolves, but for what the answer names.
   * @throws BellwetherError BW_LEASE, or what the state database throws: the agent keeps it and tries again
   */
  async take(tenant: Tenant, lines: readonly InventoryLine[]): Promise<InventoryReply> {
    const { inSchool, clock, onChange, newId } = this.#parts;
    const now = clock.now();
    const pass = await inSchool(tenant.school, async (tx) => {
      const firstAt = await stockSite(tx, tenant.school, tenant.site, now);
      const work = new Pass({ tx, tenant, now, newId, learning: now - firstAt < LEARNING_MS });
      for (const line of lines) await ('roster' in line ? work.roster(line.roster) : work.device(line));
      await addEvents(
        tx,
        work.noted.map(({ event }) => event),
      );
      return work;
    });
    if (pass.changed) onChange(tenant.school, tenant.site);
    await this.#tell(pass.noted);
    return { wanted: pass.wanted, refused: pass.refused };
  }

  /** Looks every hour for devices that are gone, until `signal` aborts. */
  async run(schools: () => readonly string[], signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    await repeat(
      { clock, log, failure: 'devices that are gone not looked for, tried again', every: SWEEP_MS },
      async () => {
        for (const school of schools()) await this.sweep(school);
      },
      signal,
    );
  }

  /** Devices of which nothing was read for long, at sites that were heard all the time. */
  async sweep(school: string): Promise<void> {
    const { inSchool, clock, onChange, newId } = this.#parts;
    const now = clock.now();
    const noted = await inSchool(school, async (tx) => {
      const heard = new Set(await heardSites(tx, school, now - GONE_AFTER_MS, now));
      const unheard = heard.size === 0 ? [] : await unheardDevices(tx, school, now - GONE_AFTER_MS);
      const gone = unheard.filter(({ site }) => heard.has(site));
      for (const record of gone) await setGone(tx, record, now);
      const all = gone.map((record) =>
        note(record, goneChange(record, 'nothing was read from it for 14 days', 'warning'), now, newId()),
      );
      await addEvents(
        tx,
        all.map(({ event }) => event),
      );
      return all;
    });
    for (const site of new Set(noted.map(({ event }) => event.site))) onChange(school, site);
    await this.#tell(noted);
  }

  /** The log of events has them already: a store that is away costs a board a point. */
  async #tell(noted: readonly Noted[]): Promise<void> {
    if (noted.length === 0) return;
    const { observe, log } = this.#parts;
    try {
      await observe(noted.map(({ event, role }) => eventSample(event, role)));
    } catch (error) {
      log.warn({ err: errorMessage(error), events: noted.length }, 'events of the inventory not stored as samples');
    }
  }
}

interface PassParts {
  readonly tx: StateDb;
  readonly tenant: Tenant;
  readonly now: number;
  readonly learning: boolean;
  readonly newId: () => string;
}

/** One push on its way into the database. */
class Pass {
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

function note(
  of: DeviceKey & { readonly summary: { readonly role: string | null } },
  change: InventoryChange,
  now: number,
  id: string,
): Noted {
  return { event: inventoryEvent(change, of, now, id), role: of.summary.role };
}

function goneChange(
  { device, summary }: DeviceRecord,
  why: string,
  severity: InventoryChange['severity'],
): InventoryChange {
  const { serial, model } = summary;
  const message = `${device} is gone: ${why}`;
  return { type: 'device_gone', severity, message, detail: { ...(serial && { serial }), ...(model && { model }) } };
}
