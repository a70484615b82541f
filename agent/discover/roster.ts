import type { DeviceFacts } from '../../core/device-facts.ts';
import { knownSerial } from '../../core/serial.ts';
import type { ProbeAnswer } from '../probe/probe.ts';
import { type Identity, sameDevice } from './identity.ts';

/** A device that answered, with all that is known of it. */
export interface FoundDevice {
  /** Every address it answered on, in the order found. */
  readonly addresses: readonly string[];
  /** By what its further addresses were known to be its own. */
  readonly unitedBy: readonly string[];
  /** Name of the credential set that works; undefined: the one written out at the known target. */
  readonly credentials: string | undefined;
  readonly identity: Identity;
  /** What one pass over it gave; undefined while there was none. */
  readonly facts: DeviceFacts | undefined;
  /** Why it could not be read whole. */
  readonly fault: string | undefined;
}

/** The devices found until now, each once however many addresses it has. */
export class Roster {
  readonly #devices: FoundDevice[] = [];

  get devices(): readonly FoundDevice[] {
    return this.#devices;
  }

  /** Enters an address that answered. True when this is a device not seen before, which is then to be read. */
  enter(address: string, found: Pick<FoundDevice, 'identity' | 'credentials'>): boolean {
    const at = this.#indexOf(found.identity);
    if (at === undefined) {
      this.#devices.push({ ...found, addresses: [address], unitedBy: [], facts: undefined, fault: undefined });
      return true;
    }
    const known = this.#devices[at.index]!;
    this.#devices[at.index] = {
      ...known,
      addresses: [...known.addresses, address],
      unitedBy: [...known.unitedBy, at.reason],
    };
    return false;
  }

  /** Adds what a pass over the device at `address` gave. It may show that the device is one known already. */
  learn(address: string, { facts, outcome, detail }: ProbeAnswer): void {
    const index = this.#devices.findIndex((d) => d.addresses.includes(address));
    const device = this.#devices[index];
    if (!device) return;
    const fault = outcome === 'ok' ? undefined : (detail ?? outcome);
    const identity = facts ? withFacts(device.identity, facts) : device.identity;
    const learned = { ...device, identity, facts, fault };
    this.#devices.splice(index, 1);
    const at = this.#indexOf(learned.identity);
    if (at === undefined) this.#devices.splice(index, 0, learned);
    else this.#devices[at.index] = united(this.#devices[at.index]!, learned, at.reason);
  }

  #indexOf(identity: Identity): { readonly index: number; readonly reason: string } | undefined {
    for (const [index, known] of this.#devices.entries()) {
      const reason = sameDevice(known.identity, identity);
      if (reason !== undefined) return { index, reason };
    }
    return undefined;
  }
}

function united(a: FoundDevice, b: FoundDevice, reason: string): FoundDevice {
  return {
    ...a,
    addresses: [...a.addresses, ...b.addresses],
    unitedBy: [...a.unitedBy, reason, ...b.unitedBy],
    facts: a.facts ?? b.facts,
    fault: a.facts ? a.fault : undefined,
  };
}

/** Profiles know serial numbers that the standard MIBs do not have. */
function withFacts(identity: Identity, facts: DeviceFacts): Identity {
  const serial = facts.serial !== undefined && knownSerial(facts.serial) !== undefined ? [facts.serial] : [];
  const chassis = facts.chassisIds.filter((id) => /^[0-9a-f]{12}$/.test(id));
  return {
    ...identity,
    serials: [...new Set([...identity.serials, ...serial])],
    chassisIds: [...new Set([...identity.chassisIds, ...chassis])],
  };
}
