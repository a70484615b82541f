import type { Sample } from '../../core/sample.ts';
import type { NewEvent } from '../state/events.ts';
import type { InventoryChange } from './change.ts';

export interface EventPlace {
  readonly school: string;
  readonly site: string;
  readonly device: string;
}

/** A change as it goes into the log of events. `at`: ms. */
export function inventoryEvent(
  change: InventoryChange,
  { school, site, device }: EventPlace,
  at: number,
  id: string,
): NewEvent {
  return { id, school, site, device, ifName: null, at, domain: 'inventory', ...change };
}

/** What is told of, and the role of the device. */
export interface Noted {
  readonly event: NewEvent;
  readonly role: string | null | undefined;
}

/**
 * The same for boards and rules: measurement `event`, as agents send what happens to devices. A millisecond apart: two points of one series at one
 * time would be one.
 */
export function eventSamples(noted: readonly Noted[]): Sample[] {
  return noted.map(({ event: { school, site, device, type, severity, domain, message, at }, role }, i) => {
    const tags = { school, site, type, severity, domain, ...(device !== null && { device }), ...(role && { role }) };
    return { measurement: 'event', tags, fields: { message, raised: 1n }, time: at + i };
  });
}
