import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Target } from '../config.ts';
import { deviceTags } from '../normalise/device-tags.ts';
import {
  type DeviceStateName,
  deviceFields,
  deviceState,
  type PingEvidence,
  type SnmpEvidence,
} from './device-state.ts';

interface Known {
  ping: PingEvidence | undefined;
  snmp: SnmpEvidence | undefined;
  state: DeviceStateName;
  outcome: string;
}

/** Keeps what ping and SNMP last said of each device, emits measurement `device` after each, and logs changes (not states). */
export class DeviceLog {
  readonly #known: ReadonlyMap<string, Known>;
  readonly #log: Logger;
  readonly #emit: (samples: readonly Sample[]) => void;

  constructor(targets: readonly Target[], log: Logger, emit: (samples: readonly Sample[]) => void) {
    this.#log = log;
    this.#emit = emit;
    this.#known = new Map(
      targets.map((t) => [
        t.name,
        {
          ping: t.ping ? 'pending' : undefined,
          snmp: t.snmp ? 'pending' : undefined,
          state: 'unknown',
          outcome: 'ok',
        },
      ]),
    );
  }

  ping(target: Target, evidence: PingEvidence, time: number): void {
    const known = this.#known.get(target.name)!;
    known.ping = evidence;
    this.#changed(target, known, time);
  }

  snmp(target: Target, evidence: SnmpEvidence, time: number): void {
    const known = this.#known.get(target.name)!;
    known.snmp = evidence;
    this.#changed(target, known, time);
  }

  /** Says once why polls of a device fail, and once that they work again. */
  outcome(target: Target, outcome: string, detail: string | undefined): void {
    const known = this.#known.get(target.name)!;
    if (known.outcome === outcome) return;
    known.outcome = outcome;
    if (outcome === 'ok') this.#log.info({ device: target.name }, 'SNMP polls are complete again');
    else this.#log.warn({ device: target.name, code: outcome, err: detail }, 'SNMP poll failed or is incomplete');
  }

  #changed(target: Target, known: Known, time: number): void {
    const state = deviceState(known);
    if (state !== known.state) this.#log.info({ device: target.name, from: known.state, to: state }, 'device state');
    known.state = state;
    this.#emit([{ measurement: 'device', tags: deviceTags(target), fields: deviceFields(known), time }]);
  }
}
