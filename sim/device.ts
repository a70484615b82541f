import type { Role } from '../core/domain.ts';
import { type InterfaceSpec, SimulatedInterface } from './interface.ts';
import { noise } from './load-shape.ts';
import { addInterfaces, addLldp, addSystem, addUps, type LldpNeighbor, type UpsState } from './mib.ts';
import { OidTable } from './oid-table.ts';

export interface DeviceSpec {
  readonly name: string;
  readonly address: string;
  readonly role: Role;
  readonly descr: string;
  readonly objectId: string;
  readonly location: string;
  readonly services: number;
  /** How long it had been running when the simulation began, ms. */
  readonly uptimeMs: number;
  /** Round trip of a ping when all is well, ms. */
  readonly rttMs: number;
  readonly interfaces: readonly InterfaceSpec[];
  readonly ups?: UpsState;
}

/** A device of the simulated school: what SNMP reads from it, and whether it is alive at all. */
export class SchoolDevice {
  readonly spec: DeviceSpec;
  readonly table = new OidTable();
  readonly interfaces: readonly SimulatedInterface[];
  /** How it names itself over LLDP. */
  readonly chassis: Buffer;
  #bootedAt: number;
  #alive = true;
  #extraRttMs = 0;

  constructor(spec: DeviceSpec, at: number) {
    this.spec = spec;
    this.#bootedAt = at - spec.uptimeMs;
    const seed = hash(spec.name);
    this.interfaces = spec.interfaces.map((i) => new SimulatedInterface(i, at, seed));
    const uptime = (instant: number): number => instant - this.#bootedAt;
    addSystem(this.table, { ...spec, contact: 'it@lincoln-charter.example', uptime });
    // 02: locally administered, so no vendor's address is used.
    const mac = (index: number): Buffer => Buffer.from([2, 0x42, seed & 255, seed >> 8, 0, index]);
    this.chassis = mac(0);
    addInterfaces(this.table, this.interfaces, mac, uptime);
    if (spec.ups) addUps(this.table, spec.ups, spec.name);
  }

  /** From now on it speaks LLDP, and hears these. */
  hear(neighbors: readonly LldpNeighbor[]): void {
    const ports = this.spec.interfaces.map(({ index, name }) => ({ index, name }));
    addLldp(this.table, this.chassis, ports, neighbors);
  }

  /** A dead device answers neither SNMP nor ping. */
  get alive(): boolean {
    return this.#alive;
  }

  die(): void {
    this.#alive = false;
  }

  /** Comes back as after a power cycle: sysUpTime and every counter start at 0. Nothing happens to a device that is alive. */
  revive(at: number): void {
    if (this.#alive) return;
    this.#alive = true;
    this.#bootedAt = at;
    for (const each of this.interfaces) each.reboot(at);
  }

  /** @throws Error when there is no such interface. */
  interface(name: string): SimulatedInterface {
    const found = this.interfaces.find((i) => i.spec.name === name);
    if (!found) throw new Error(`${this.spec.name} has no interface ${name}`);
    return found;
  }

  /** Adds to every round trip: queues fill when a link on the way is saturated. */
  delayPings(ms: number): void {
    this.#extraRttMs = ms;
  }

  /** Round trip of a ping sent at an instant, ms; undefined when nothing comes back. */
  ping(at: number): number | undefined {
    if (!this.#alive) return undefined;
    return (this.spec.rttMs + this.#extraRttMs) * (0.85 + 0.3 * noise(hash(this.spec.name), at));
  }
}

function hash(name: string): number {
  let h = 0;
  for (const c of name) h = (Math.imul(h, 31) + c.charCodeAt(0)) & 0xffff;
  return h;
}
