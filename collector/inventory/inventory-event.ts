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

/** The same for boards and rules: measurement `event`, as agents send what happens to devices. */
export function eventSample(event: NewEvent, role: string | null | undefined): Sample {
  const { school, site, device, type, severity, domain, message, at } = event;
  const tags = { school, site, type, severity, domain, ...(device !== null && { device }), ...(role && { role }) };
  return { measurement: 'event', tags, fields: { message, raised: 1n }, time: at };
}
