import type { Identity } from '../../../agent/discover/identity.ts';
import type { Node } from '../../../agent/discover/links.ts';
import type { FoundDevice } from '../../../agent/discover/roster.ts';
import type { DeviceFacts, NeighborFacts } from '../../../core/device-facts.ts';
import { facts as factsOf } from '../../support/device-facts.ts';

/** A device that says nothing of itself but what is given. */
export function identity(says: Partial<Identity> = {}): Identity {
  return {
    sysDescr: undefined,
    sysObjectID: undefined,
    sysName: undefined,
    sysServices: undefined,
    ipForwarding: undefined,
    bridgePorts: undefined,
    engineId: undefined,
    serials: [],
    chassisIds: [],
    macs: [],
    addresses: [],
    has: { ups: false, printer: false, host: false },
    ...says,
  };
}

/** As the profiles read them. */
export function facts(says: Partial<DeviceFacts> = {}): DeviceFacts {
  return factsOf({ profiles: ['generic.yaml'], ...says });
}

export function found(address: string, says: Partial<Identity> = {}, read: Partial<DeviceFacts> = {}): FoundDevice {
  return {
    addresses: [address],
    unitedBy: [],
    credentials: 'default',
    identity: identity(says),
    facts: facts(read),
    fault: undefined,
  };
}

export function node(name: string, more: Partial<Node> = {}): Node {
  return {
    name,
    role: 'switch',
    sysName: name,
    addresses: [],
    hardware: [],
    serials: [],
    forwards: false,
    neighbors: [],
    ...more,
  };
}

/** A neighbour told by LLDP with its name: `sees('core', 'Te1/1/1', 'Gi1/0/3')`, the own port first. */
export function sees(
  sysName: string,
  localPort: string,
  portId: string,
  more: Partial<NeighborFacts> = {},
): NeighborFacts {
  return { protocol: 'lldp', sysName, localPort, portId, portIdSubtype: 5, ...more };
}
