import { Flow } from './flow.ts';
import { type LoadShape, noise } from './load-shape.ts';

/** ifType (IANAifType-MIB). */
export const IF_TYPE = { ethernetCsmacd: 6, ieee80211: 71 } as const;

export interface InterfaceSpec {
  readonly index: number;
  readonly name: string;
  readonly descr: string;
  readonly alias: string;
  readonly type: number;
  readonly speedMbps: number;
  /** Percent of the speed at the busiest time. */
  readonly peakIn: number;
  readonly peakOut: number;
  readonly shape: LoadShape;
}

const BYTES_PER_PACKET = 750;
const FLOWS = [
  'inOctets',
  'outOctets',
  'inUnicast',
  'outUnicast',
  'inMulticast',
  'outMulticast',
  'inBroadcast',
  'outBroadcast',
  'inErrors',
  'outErrors',
  'inDiscards',
  'outDiscards',
] as const;
export type FlowName = (typeof FLOWS)[number];

/** One interface: what it is, its counters, and the state that faults change. Instants are whole ms on the school's clock. */
export class SimulatedInterface {
  readonly spec: InterfaceSpec;
  readonly flows: Readonly<Record<FlowName, Flow>>;
  #up = true;
  #lastChange = Number.NEGATIVE_INFINITY;
  /** Percent of the speed forced by a fault, by direction. */
  #forced: { in?: number; out?: number } = {};
  #errorsPerSecond = 0;

  constructor(spec: InterfaceSpec, at: number, seed: number) {
    this.spec = spec;
    const start = (salt: number): bigint => BigInt(Math.floor(noise(seed + salt, spec.index) * 2 ** 38));
    const zero = (): Flow => new Flow(at, 0n, 0);
    this.flows = {
      inOctets: new Flow(at, start(1), 0),
      outOctets: new Flow(at, start(2), 0),
      inUnicast: new Flow(at, start(3) / 750n, 0),
      outUnicast: new Flow(at, start(4) / 750n, 0),
      inMulticast: zero(),
      outMulticast: zero(),
      inBroadcast: zero(),
      outBroadcast: zero(),
      inErrors: zero(),
      outErrors: zero(),
      inDiscards: zero(),
      outDiscards: zero(),
    };
    this.#apply(at);
  }

  get up(): boolean {
    return this.#up;
  }

  /** The instant of the last change of operational state; minus infinity when there was none. */
  get lastChange(): number {
    return this.#lastChange;
  }

  /** Forces the load to a percentage of the speed; undefined gives a direction its ordinary load back. */
  forceLoad(at: number, percent: { readonly in?: number; readonly out?: number }): void {
    this.#forced = percent;
    this.#apply(at);
  }

  /** Received frames with errors a second (bad checksums on a damaged cable). */
  setInErrors(at: number, perSecond: number): void {
    this.#errorsPerSecond = perSecond;
    this.#apply(at);
  }

  setUp(at: number, up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    this.#lastChange = at;
    this.#apply(at);
  }

  /** Counters start anew, as after a power cycle. */
  reboot(at: number): void {
    for (const flow of Object.values(this.flows)) flow.reset(at);
    this.#lastChange = at;
  }

  #apply(at: number): void {
    const { peakIn, peakOut } = this.spec;
    this.#load(at, this.flows.inOctets, this.flows.inUnicast, this.#forced.in, peakIn);
    this.#load(at, this.flows.outOctets, this.flows.outUnicast, this.#forced.out, peakOut);
    const rate = (perSecond: number): number => (this.#up ? perSecond : 0);
    this.flows.inMulticast.setRate(at, rate(4));
    this.flows.outMulticast.setRate(at, rate(3));
    this.flows.inBroadcast.setRate(at, rate(2));
    this.flows.outBroadcast.setRate(at, rate(1));
    this.flows.inErrors.setRate(at, rate(this.#errorsPerSecond));
  }

  #load(at: number, octets: Flow, packets: Flow, forced: number | undefined, peak: number): void {
    const bytes = this.#up ? Math.round((this.spec.speedMbps * 1e6 * (forced ?? peak)) / 100 / 8) : 0;
    const shape = forced === undefined ? this.spec.shape : undefined;
    octets.setRate(at, bytes, shape);
    packets.setRate(at, Math.round(bytes / BYTES_PER_PACKET), shape);
  }
}
