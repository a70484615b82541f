import type { DeviceFacts } from '../../core/device-facts.ts';

/** Of a device that says nothing but what is given. */
export function facts(says: Partial<DeviceFacts> = {}): DeviceFacts {
  return {
    profiles: [],
    interfaces: [],
    cpu: [],
    memory: [],
    sensors: [],
    wireless: [],
    poe: { pse: [], ports: [] },
    inventory: [],
    neighbors: [],
    chassisIds: [],
    ...says,
  };
}
