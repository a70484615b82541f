import { type Sample, seriesKey } from '../../core/sample.ts';
import type { Target } from '../config.ts';
import { deviceTags, type Tags, withoutEmpty } from '../normalise/device-tags.ts';
import type { DeviceEvent } from './coalescer.ts';
import type { Finding } from './findings.ts';

/** Sample of measurement `event` for what a device said. */
export function eventSample({ target, event, time, count }: DeviceEvent): Sample {
  const { ifIndex, ifName, ifDescr } = event.interface;
  const { type, severity, domain } = event;
  return {
    measurement: 'event',
    tags: withoutEmpty({ ...deviceTags(target), type, severity, domain, ifIndex, ifName: ifName ?? ifDescr }),
    fields: {
      message: count === 1 ? event.message : `${event.message} (${count} times)`,
      raised: 1n,
      count: BigInt(count),
      oid: event.oid,
      ...(event.detail === '' ? {} : { detail: event.detail }),
      ...(event.clears.length === 0 ? {} : { clears: event.clears.join(',') }),
    },
    time,
  };
}

/**
 * What the receiver found out about a sender: a symptom of the monitoring. Has the device's tags where the address is a target's; an unknown address stands
 * in the text alone, since anybody can forge addresses and each would be a series of its own.
 */
export function findingSample(finding: Finding, target: Target | undefined, time: number): Sample {
  const tags: Tags = {
    ...(target ? deviceTags(target) : {}),
    type: finding.type,
    severity: 'warning',
    domain: 'agent',
  };
  const { message, detail, count } = finding;
  return { measurement: 'event', tags, fields: { message, raised: 1n, count: BigInt(count), detail }, time };
}

const MAX_SERIES = 5_000;

/** Gives each event of a series a millisecond of its own: a later sample of the same series and time would replace the earlier. */
export class EventTimes {
  readonly #last = new Map<string, number>();

  spread(sample: Sample): Sample {
    const key = seriesKey(sample.measurement, sample.tags);
    const time = Math.max(sample.time, (this.#last.get(key) ?? -Infinity) + 1);
    this.#last.delete(key);
    this.#last.set(key, time);
    if (this.#last.size > MAX_SERIES) this.#last.delete(this.#last.keys().next().value!);
    return time === sample.time ? sample : { ...sample, time };
  }
}
