import type { Clock } from '../core/clock.ts';
import { SchoolDevice } from './device.ts';
import type { SimulatedInterface } from './interface.ts';
import { DAY_MS, schoolDay } from './load-shape.ts';
import type { LldpNeighbor } from './mib.ts';
import { SnmpResponder } from './responder.ts';
import { type Link, planSchool } from './school-plan.ts';

export const DEFAULT_SNMP_PORT = 10_161;

export interface SchoolOptions {
  readonly clock: Clock;
  /** One UDP port for all devices; 0 picks one that is free on every address. */
  readonly port?: number;
  readonly community?: string;
  /** Time of day at the start, ms since midnight; default: the clock's, UTC. */
  readonly timeOfDayMs?: number;
}

/** A school whose devices answer SNMP on 127.20.0.x and whose pings are answered by `ping` (control.ts serves them to sim/fping.ts). */
export class SimulatedSchool {
  readonly community: string;
  readonly devices: readonly SchoolDevice[];
  readonly links: readonly Link[];
  readonly #clock: Clock;
  readonly #wantedPort: number;
  #responders: Map<string, SnmpResponder> | undefined;
  #port: number | undefined;

  constructor(options: SchoolOptions) {
    this.#clock = options.clock;
    this.#wantedPort = options.port ?? DEFAULT_SNMP_PORT;
    this.community = options.community ?? 'school-ro';
    const at = this.at();
    const timeOfDay = Math.floor(options.timeOfDayMs ?? options.clock.now() % DAY_MS);
    const phase = (((timeOfDay - at) % DAY_MS) + DAY_MS) % DAY_MS;
    const day = (seed: number) => schoolDay(seed, phase);
    const plan = planSchool([day(1), day(2), day(3), day(4), day(5)]);
    this.devices = plan.devices.map((spec) => new SchoolDevice(spec, at));
    this.links = plan.links;
    for (const device of this.devices) {
      const heard = this.#heardBy(device);
      if (heard.length > 0) device.hear(heard);
    }
  }

  #heardBy({ spec }: SchoolDevice): LldpNeighbor[] {
    return this.links
      .flatMap(({ a, b }) => [
        { near: a, far: b },
        { near: b, far: a },
      ])
      .filter(({ near }) => near.device === spec.name)
      .map(({ near, far }) => {
        const { chassis, spec: other } = this.device(far.device);
        const { index } = spec.interfaces.find((i) => i.name === near.port)!;
        return { ifIndex: index, chassis, port: far.port, name: other.name, descr: other.descr };
      });
  }

  /** Now, as devices see it: whole ms on the monotonic clock. Values asked for at this instant are those a poller would get. */
  at(): number {
    return Math.floor(this.#clock.monotonic());
  }

  /** The UDP port of every device. @throws Error before `start`. */
  get port(): number {
    if (this.#port === undefined) throw new Error('the school has not been started');
    return this.#port;
  }

  /** @throws Error when there is no such device. */
  device(name: string): SchoolDevice {
    const found = this.devices.find((d) => d.spec.name === name);
    if (!found) throw new Error(`the school has no device ${name}`);
    return found;
  }

  /** The responder of a device, to make it misbehave. @throws Error before `start`, or when there is no such device. */
  responder(name: string): SnmpResponder {
    const found = this.#responders?.get(name);
    if (!found) throw new Error(`no device ${name} is running`);
    return found;
  }

  /** Binds every device's socket. @throws the bind error. */
  async start(): Promise<void> {
    if (this.#responders) return;
    // A port free on one address may be taken on another: with 0, try a few.
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#bind();
        return;
      } catch (error) {
        await this.stop();
        if (this.#wantedPort !== 0 || attempt === 10 || (error as { code?: string }).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  async #bind(): Promise<void> {
    const responders = new Map<string, SnmpResponder>();
    this.#responders = responders;
    for (const device of this.devices) {
      const responder = new SnmpResponder({
        address: device.spec.address,
        port: this.#port ?? this.#wantedPort,
        community: this.community,
        device: device.table,
        clock: this.#clock,
        behaviour: device.alive ? {} : { silent: true },
      });
      responders.set(device.spec.name, responder);
      this.#port = (await responder.start()).port;
    }
  }

  async stop(): Promise<void> {
    const responders = this.#responders;
    this.#responders = undefined;
    this.#port = undefined;
    if (responders) await Promise.all([...responders.values()].map((r) => r.stop()));
  }

  /** A device goes dark: no SNMP, no ping, and the port it hangs on goes down. */
  kill(name: string): void {
    this.device(name).die();
    this.#farPort(name)?.setUp(this.at(), false);
    this.#setSilent(name, true);
  }

  /** A device comes back as after a power cycle. */
  revive(name: string): void {
    this.device(name).revive(this.at());
    this.#farPort(name)?.setUp(this.at(), true);
    this.#setSilent(name, false);
  }

  #setSilent(name: string, silent: boolean): void {
    const responder = this.#responders?.get(name);
    if (responder) responder.behaviour = { ...responder.behaviour, silent };
  }

  #farPort(name: string): SimulatedInterface | undefined {
    const link = this.links.find((l) => l.a.device === name);
    return link && this.device(link.b.device).interface(link.b.port);
  }

  /** Round trip of a ping to an address sent now, ms; undefined when nothing comes back. */
  ping(address: string): number | undefined {
    return this.devices.find((d) => d.spec.address === address)?.ping(this.at());
  }
}
