import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { InventoryLine, InventoryReply } from '../../core/inventory-api.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import { addEvents } from '../state/events.ts';
import { setGone, unheardDevices } from '../state/inventory.ts';
import { heardSites, stockSite } from '../state/inventory-sites.ts';
import type { SchoolTransaction } from '../state/school-transaction.ts';
import type { Tenant } from '../state/tokens.ts';
import { eventSamples, type Noted } from './inventory-event.ts';
import { goneChange, InventoryPass, note } from './inventory-pass.ts';

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
      const work = new InventoryPass({ tx, tenant, now, newId, learning: now - firstAt < LEARNING_MS });
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
      await observe(eventSamples(noted));
    } catch (error) {
      log.warn({ err: errorMessage(error), events: noted.length }, 'events of the inventory not stored as samples');
    }
  }
}
