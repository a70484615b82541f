import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Target } from '../config.ts';
import type { TrapDelivery } from '../drivers/trap-channel.ts';
import type { Reread } from '../poll/reread.ts';
import { Coalescer, type DeviceEvent } from './coalescer.ts';
import { Duplicates } from './duplicates.ts';
import { EventTimes, eventSample, findingSample } from './event-sample.ts';
import { type Finding, Findings } from './findings.ts';
import type { InterfaceNames } from './interface-names.ts';
import { eventOf } from './meaning.ts';
import type { Notification } from './notification.ts';
import type { TrapRules } from './rule.ts';

/** What became of a notification that was accepted. */
export type DeskOutcome = 'event' | 'unknown_trap' | 'duplicate' | 'ignored' | 'unknown_source';

export interface TrapDeskOptions {
  readonly rules: TrapRules;
  readonly names: Pick<InterfaceNames, 'byIndex' | 'byName'>;
  /** The target with this canonical address. */
  readonly targetAt: (address: string) => Target | undefined;
  /** Canonical addresses that may speak for other devices: the address inside the trap counts for what comes from them. */
  readonly relays: ReadonlySet<string>;
  /** False when the samples are lost; who takes them counts that. */
  readonly emit: (samples: readonly Sample[]) => boolean;
  /** Asks for a poll out of turn. */
  readonly pollNow: (device: string, reread: Reread) => void;
  readonly count: (outcome: DeskOutcome) => void;
  readonly log: Logger;
}

/** Makes events of what the receiver took in. On the main thread; nothing here waits. */
export class TrapDesk {
  readonly #options: TrapDeskOptions;
  readonly #duplicates = new Duplicates();
  readonly #coalescer = new Coalescer();
  readonly #findings = new Findings();
  readonly #times = new EventTimes();

  constructor(options: TrapDeskOptions) {
    this.#options = options;
  }

  /** All of one report, which may be nothing: what was held back comes out by it. `now` is monotonic ms. */
  take(deliveries: readonly TrapDelivery[], now: number): void {
    const samples = deliveries.flatMap((delivery) => this.#take(delivery, now));
    samples.push(...this.#samples(this.#coalescer.due(now)));
    this.#emit(samples);
  }

  /** Gives out what is held back. */
  close(): void {
    this.#emit(this.#samples(this.#coalescer.rest()));
  }

  #emit(samples: readonly Sample[]): void {
    if (samples.length > 0) this.#options.emit(samples);
  }

  #take({ source, time, outcome, notification }: TrapDelivery, now: number): Sample[] {
    const { targetAt, count } = this.#options;
    if (!notification) {
      const target = targetAt(source);
      return this.#told(this.#findings.refused(source, target?.name, outcome, now), target, time);
    }
    const sender = this.#senderOf(source, notification);
    if (sender) return this.#event(sender, notification, time, now);
    count('unknown_source');
    return this.#told(this.#findings.unknownSource(source, notification.trapOid, now), undefined, time);
  }

  /** RFC 3584 section 3.1 lets relays name the sender; anybody can write that, so it counts from configured relays only. */
  #senderOf(source: string, { agentAddress }: Notification): Target | undefined {
    const { relays, targetAt } = this.#options;
    if (relays.has(source) && agentAddress !== undefined) return targetAt(agentAddress);
    return targetAt(source);
  }

  #event(target: Target, notification: Notification, time: number, now: number): Sample[] {
    const { rules, names, count, pollNow } = this.#options;
    const event = eventOf(notification, rules, target.name, names);
    if (!event) {
      count('ignored');
      return [];
    }
    if (this.#duplicates.isRepeated(target.name, notification, event, now)) {
      count('duplicate');
      return [];
    }
    count(event.rule ? 'event' : 'unknown_trap');
    pollNow(target.name, event.reread);
    return this.#samples(this.#coalescer.take(target, event, time, now));
  }

  #samples(events: readonly DeviceEvent[]): Sample[] {
    return events.map((e) => {
      const { type, severity, oid, message } = e.event;
      this.#options.log.info({ device: e.target.name, type, severity, oid, count: e.count }, message);
      return this.#times.spread(eventSample(e));
    });
  }

  #told(finding: Finding | undefined, target: Target | undefined, time: number): Sample[] {
    if (!finding) return [];
    this.#options.log.warn({ type: finding.type, detail: finding.detail, count: finding.count }, finding.message);
    return [this.#times.spread(findingSample(finding, target, time))];
  }
}
