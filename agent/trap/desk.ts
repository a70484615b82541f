import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Target } from '../config.ts';
import type { TrapDelivery } from '../drivers/trap-channel.ts';
import { Duplicates } from './duplicates.ts';
import { EventTimes, eventSample, findingSample } from './event-sample.ts';
import { type Finding, Findings } from './findings.ts';
import type { InterfaceNames } from './interface-names.ts';
import { eventOf } from './meaning.ts';
import type { Notification } from './notification.ts';
import type { TrapRules } from './rule.ts';

/** What became of a notification that was accepted. */
export type DeskOutcome = 'event' | 'unknown_trap' | 'duplicate' | 'ignored' | 'unknown_source' | 'lost';

export interface TrapDeskOptions {
  readonly rules: TrapRules;
  readonly names: Pick<InterfaceNames, 'byIndex' | 'byName'>;
  /** The target with this canonical address. */
  readonly targetAt: (address: string) => Target | undefined;
  /** Canonical addresses that may speak for other devices: the address inside the trap counts for what comes from them. */
  readonly relays: ReadonlySet<string>;
  /** False when the samples are lost. */
  readonly emit: (samples: readonly Sample[]) => boolean;
  /** Asks for a poll out of turn. */
  readonly pollNow: (device: string) => void;
  readonly count: (outcome: DeskOutcome) => void;
  readonly log: Logger;
}

/** Makes events of what the receiver took in. On the main thread; nothing here waits. */
export class TrapDesk {
  readonly #options: TrapDeskOptions;
  readonly #duplicates = new Duplicates();
  readonly #findings = new Findings();
  readonly #times = new EventTimes();

  constructor(options: TrapDeskOptions) {
    this.#options = options;
  }

  /** `now` is monotonic ms. */
  take(delivery: TrapDelivery, now: number): void {
    const { source, time, outcome, notification } = delivery;
    const target = this.#options.targetAt(source);
    if (!notification) {
      this.#tell(this.#findings.refused(source, target?.name, outcome, now), target, time);
      return;
    }
    const sender = this.#senderOf(source, notification);
    if (sender) this.#event(sender, notification, time, now);
    else {
      this.#options.count('unknown_source');
      this.#tell(this.#findings.unknownSource(source, notification.trapOid, now), undefined, time);
    }
  }

  /** RFC 3584 section 3.1 lets relays name the sender; anybody can write that, so it counts from configured relays only. */
  #senderOf(source: string, { agentAddress }: Notification): Target | undefined {
    const { relays, targetAt } = this.#options;
    if (relays.has(source) && agentAddress !== undefined) return targetAt(agentAddress);
    return targetAt(source);
  }

  #event(target: Target, notification: Notification, time: number, now: number): void {
    const { rules, names, count, emit, pollNow, log } = this.#options;
    const event = eventOf(notification, rules, target.name, names);
    if (!event) {
      count('ignored');
      return;
    }
    if (this.#duplicates.isRepeated(target.name, notification, event, now)) {
      count('duplicate');
      return;
    }
    const taken = emit([this.#times.spread(eventSample(target, event, time))]);
    count(taken ? (event.rule ? 'event' : 'unknown_trap') : 'lost');
    log.info({ device: target.name, type: event.type, severity: event.severity, oid: event.oid }, event.message);
    pollNow(target.name);
  }

  #tell(finding: Finding | undefined, target: Target | undefined, time: number): void {
    if (!finding) return;
    this.#options.log.warn({ type: finding.type, detail: finding.detail }, finding.message);
    this.#options.emit([this.#times.spread(findingSample(finding, target, time))]);
  }
}
