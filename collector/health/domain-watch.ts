import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { Alert, AlertState } from '../alert/alert.ts';
import type { Rule } from '../alert/rule.ts';
import { listAlerts } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { AREAS, areaSample, areaState, type DeviceState, SITE_AREA, type SiteState } from './domain-health.ts';

export interface DomainWatchParts {
  readonly db: StateDb;
  /** The rules in force. */
  readonly rules: () => readonly Rule[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Stores samples and puts them to the rules. */
  readonly observe: (samples: readonly Sample[]) => Promise<void>;
  /** Most devices that are followed; further ones do not count. Default 100,000. */
  readonly maxDevices?: number;
}

const EVERY_MS = 60_000;
/** After a start the devices must be heard of first, or a site would be well for a moment. */
const SETTLE_MS = 2 * 60_000;
/** A device not heard of for so long is not known to be up or down. A late sample of that age says nothing either. */
const HEARD_MS = 15 * 60_000;
/** An area in which all is well is still told of for so long after something was not, so that rules see it clear. */
const TROUBLE_MS = 3_600_000;
const MAX_DEVICES = 100_000;
const ALERT_LIMIT = 100_000;
const ACTIVE: readonly string[] = ['open', 'suppressed'];

interface Heard extends DeviceState {
  readonly school: string;
  readonly site: string;
  readonly time: number;
}

/**
 * Makes of the open alerts and the devices what rules on a domain as a whole look at (measurement `domain`), once a minute. Alerts of such rules are not
 * counted themselves, or they would keep each other open.
 */
export class DomainWatch {
  readonly #parts: DomainWatchParts;
  readonly #devices = new Map<string, Heard>();
  /** `school/site/area` -> when something was last wrong there. */
  readonly #trouble = new Map<string, { readonly school: string; readonly site: string; readonly at: number }>();
  #overLimit = 0;

  constructor(parts: DomainWatchParts) {
    this.#parts = parts;
  }

  /** Takes note of the devices among samples that were stored. */
  see(samples: readonly Sample[]): void {
    for (const sample of samples) if (sample.measurement === 'device') this.#hear(sample);
  }

  #hear({ tags, fields, time }: Sample): void {
    const { school, site, device, domain } = tags;
    const { down } = fields;
    if (school === undefined || site === undefined || device === undefined || down === undefined) return;
    const key = `${school}/${site}/${device}`;
    const known = this.#devices.get(key);
    if (known ? known.time >= time : this.#devices.size >= (this.#parts.maxDevices ?? MAX_DEVICES)) {
      if (!known) this.#overLimit++;
      return;
    }
    this.#devices.set(key, { school, site, device, domain: domain ?? 'infrastructure', down: Number(down) > 0, time });
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    await clock.sleep(SETTLE_MS, signal);
    await repeat(
      { clock, log, failure: 'domains not looked at, tried again', every: EVERY_MS },
      () => this.step(),
      signal,
    );
  }

  async step(): Promise<void> {
    const { db, clock, log, observe } = this.#parts;
    const now = clock.now();
    if (this.#overLimit > 0)
      log.warn({ samples: this.#overLimit }, 'too many devices: some do not count for the health of their site');
    this.#overLimit = 0;
    const alerts = await listAlerts(db, { states: ACTIVE as readonly AlertState[], limit: ALERT_LIMIT });
    this.#forget(now);
    await observe(this.#samples(alerts, now));
  }

  #forget(now: number): void {
    for (const [key, { time }] of this.#devices) if (now - time > HEARD_MS) this.#devices.delete(key);
    for (const [key, { at }] of this.#trouble) if (now - at > TROUBLE_MS) this.#trouble.delete(key);
  }

  #samples(alerts: readonly Alert[], now: number): Sample[] {
    const own = new Set(this.#parts.rules().flatMap((rule) => (isOwn(rule) ? [rule.name] : [])));
    return this.#sites(alerts, own).flatMap(({ state, watched }) =>
      AREAS.flatMap((area) => {
        const is = areaState(state, area);
        const { school, site } = state;
        const key = `${school}/${site}/${area}`;
        if (is.open > 0 || is.health < 100) this.#trouble.set(key, { school, site, at: now });
        const tell = area === SITE_AREA || this.#trouble.has(key) || watched.has(area);
        return tell ? [areaSample(state, area, is, now)] : [];
      }),
    );
  }

  /** Every site that is heard of, has an alert or was in trouble, with the areas on which an alert of our own is open. */
  #sites(alerts: readonly Alert[], own: ReadonlySet<string>) {
    const sites = new Map<string, { state: Mutable; watched: Set<string> }>();
    const at = (school: string, site: string) => {
      const key = `${school}/${site}`;
      const known = sites.get(key) ?? {
        state: { school, site, open: [], suppressed: [], devices: [] },
        watched: new Set(),
      };
      sites.set(key, known);
      return known;
    };
    for (const { school, site } of this.#trouble.values()) at(school, site);
    for (const device of this.#devices.values()) at(device.school, device.site).state.devices.push(device);
    for (const alert of alerts) {
      const { state, watched } = at(alert.school, alert.site);
      if (own.has(alert.rule)) watched.add(alert.labels['area'] ?? SITE_AREA);
      else if (alert.state === 'open') state.open.push(alert);
      else state.suppressed.push(alert);
    }
    return [...sites.values()];
  }
}

type Mutable = { -readonly [K in keyof SiteState]: SiteState[K] extends readonly (infer E)[] ? E[] : SiteState[K] };

function isOwn(rule: Rule): boolean {
  return rule.kind !== 'silence' && rule.measurement === 'domain';
}
