import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Target } from '../config.ts';
import { deviceTags, type Tags } from '../normalise/device-tags.ts';
import {
  type DeviceStateName,
  deviceFields,
  deviceState,
  type PingEvidence,
  type SnmpEvidence,
} from './device-state.ts';

interface Known {
  /** Of its samples: the same object each time, so that they need not be written out anew. */
  readonly tags: Tags;
  ping: PingEvidence | undefined;
  snmp: SnmpEvidence | undefined;
  state: DeviceStateName;
  /** Of the last sample: the same object until something changes. */
  fields: Sample['fields'] | undefined;
  outcome: string;
}

/** Keeps what ping and SNMP last said of each device, makes a sample of measurement `device` after each, and logs changes only. */
export class DeviceLog {
  readonly #known: ReadonlyMap<string, Known>;
  readonly #log: Logger;

  constructor(targets: readonly Target[], log: Logger) {
    this.#log = log;
    const fresh = (t: Target): Known => ({
      tags: deviceTags(t),
      ping: t.ping ? 'pending' : undefined,
      snmp: t.snmp ? 'pending' : undefined,
      state: 'unknown',
      fields: undefined,
      outcome: 'ok',
    });
    this.#known = new Map(targets.map((t) => [t.name, fresh(t)]));
  }

  ping(target: Target, evidence: PingEvidence, time: number): Sample {
    return this.#learn(target, { ping: evidence }, time);
  }

  snmp(target: Target, evidence: SnmpEvidence, time: number): Sample {
    return this.#learn(target, { snmp: evidence }, time);
  }

  /** What ping last said; undefined when it says nothing. */
  isAlive({ name }: Target): boolean | undefined {
    const ping = this.#known.get(name)?.ping;
    return ping === 'alive' ? true : ping === 'silent' ? false : undefined;
  }

  /** Says once why polls of a device fail, and once that they work again. */
  outcome(target: Target, outcome: string, detail: string | undefined): void {
    const known = this.#known.get(target.name)!;
    if (known.outcome === outcome) return;
    known.outcome = outcome;
    if (outcome === 'ok') this.#log.info({ device: target.name }, 'SNMP polls are complete again');
    else this.#log.warn({ device: target.name, code: outcome, err: detail }, 'SNMP poll failed or is incomplete');
  }

  #learn(target: Target, news: Partial<Pick<Known, 'ping' | 'snmp'>>, time: number): Sample {
    const known = this.#known.get(target.name)!;
    if (news.ping !== undefined && news.ping !== known.ping) [known.ping, known.fields] = [news.ping, undefined];
    if (news.snmp !== undefined && news.snmp !== known.snmp) [known.snmp, known.fields] = [news.snmp, undefined];
    known.fields ??= deviceFields(known);
    const state = deviceState(known);
    // That a device is there when first asked is no news.
    const level = known.state === 'unknown' && state === 'up' ? 'debug' : 'info';
    if (state !== known.state) this.#log[level]({ device: target.name, from: known.state, to: state }, 'device state');
    known.state = state;
    return { measurement: 'device', tags: known.tags, fields: known.fields, time };
  }
}
