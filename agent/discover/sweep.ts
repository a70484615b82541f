import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SnmpCredentials } from '../config.ts';
import type { PingDriver } from '../drivers/ping.ts';
import type { ProbeAnswer } from '../probe/probe.ts';
import { Channel } from './channel.ts';
import type { Identify } from './identify.ts';
import type { NamedCredentials } from './known.ts';
import type { Pace } from './pace.ts';
import { type FoundDevice, Roster } from './roster.ts';

/** `first`: only what answers a ping, or is known, is asked by SNMP; `all`: everything is asked, and pinged too; `off`: nothing is pinged. */
export type PingMode = 'first' | 'all' | 'off';

export interface SweepOptions {
  /** In the order in which they are asked. */
  readonly addresses: readonly string[];
  /** In the order in which they are tried, until one works. */
  readonly credentials: readonly NamedCredentials[];
  /** What is tried first at an address that is known. */
  readonly known: ReadonlyMap<string, NamedCredentials>;
  readonly pingMode: PingMode;
  /** Addresses asked by SNMP at the same time. */
  readonly concurrency: number;
  readonly pace: Pace;
  readonly ping: PingDriver;
  readonly identify: Identify;
  /** One pass over a device that is known to answer. Never fails for what a device does. */
  readonly probe: (address: string, credentials: SnmpCredentials, signal: AbortSignal) => Promise<ProbeAnswer>;
  readonly log: Logger;
}

/** How far a sweep is. */
export interface SweepProgress {
  readonly addresses: number;
  /** Pinged, or with ping off asked. */
  readonly looked: number;
  readonly alive: number;
  /** To be asked by SNMP, as far as known now, and those done. */
  readonly toAsk: number;
  readonly asked: number;
  readonly devices: number;
}

export interface SweepResult {
  readonly devices: readonly FoundDevice[];
  /** Answered a ping and no SNMP, with why where there is more to say than silence. */
  readonly quiet: readonly { readonly address: string; readonly detail: string | undefined }[];
  /** Addresses that were asked all that they were to be asked. */
  readonly settled: ReadonlySet<string>;
  /** False: it was ended before everything was asked. */
  readonly complete: boolean;
}

/** Addresses in one batch of pings. */
const BATCH = 16;
/** Batches under way: their number times a batch's 2 s keeps up with 500 packets a second. */
const BATCHES = 32;
/** Two requests each: the first may be lost while ARP finds the address. */
const ECHO = { count: 2, periodMs: 500, timeoutMs: 1000 };

type TryOutcome = 'found' | 'silent' | 'refused' | 'unusable';

/** A datagram may be lost: what answers no credential set is asked once more. */
const ROUNDS = 2;

/** One sweep. `run` once. */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #roster = new Roster();
  readonly #queue = new Channel<string>();
  readonly #alive = new Set<string>();
  readonly #looked = new Set<string>();
  readonly #done = new Set<string>();
  readonly #answered = new Set<string>();
  readonly #details = new Map<string, string>();
  #toAsk = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  get progress(): SweepProgress {
    const { addresses, pingMode } = this.#options;
    return {
      addresses: addresses.length,
      looked: pingMode === 'off' ? this.#done.size : this.#looked.size,
      alive: this.#alive.size,
      toAsk: this.#toAsk,
      asked: this.#done.size,
      devices: this.#roster.devices.length,
    };
  }

  /** Asks everything, or what there is time for until the signal aborts; then it returns at once with what was found. */
  async run(signal: AbortSignal): Promise<SweepResult> {
    const { addresses, pingMode, concurrency } = this.#options;
    if (pingMode !== 'first') this.#enqueue(addresses);
    const workers = Array.from({ length: Math.min(concurrency, addresses.length) }, () => this.#work(signal));
    try {
      if (pingMode !== 'off') await this.#pingAll(signal);
    } finally {
      this.#queue.close();
    }
    await Promise.all(workers);
    return this.#result();
  }

  #enqueue(addresses: readonly string[]): void {
    this.#toAsk += addresses.length;
    for (const address of addresses) this.#queue.push(address);
  }

  async #pingAll(signal: AbortSignal): Promise<void> {
    const { addresses, pace, pingMode, log } = this.#options;
    const running = new Set<Promise<void>>();
    let unusable: string | undefined;
    for (let from = 0; from < addresses.length && unusable === undefined; from += BATCH) {
      const batch = addresses.slice(from, from + BATCH);
      await pace.take(batch.length * ECHO.count, signal);
      if (signal.aborted) break;
      const run = this.#pingBatch(batch, signal)
        .catch((error: unknown) => {
          unusable ??= errorMessage(error);
        })
        .finally(() => running.delete(run));
      running.add(run);
      if (running.size >= BATCHES) await Promise.race(running);
    }
    await Promise.all(running);
    if (unusable === undefined || signal.aborted) return;
    log.warn({ err: unusable }, 'nothing here can ping: every address is asked by SNMP');
    if (pingMode === 'first') this.#enqueue(addresses.filter((a) => !this.#looked.has(a)));
  }

  async #pingBatch(batch: readonly string[], signal: AbortSignal): Promise<void> {
    const found = await this.#options.ping.ping({ ...ECHO, addresses: batch }, signal);
    const alive = batch.filter((address) => found.get(address)?.some((time) => time !== undefined));
    for (const address of alive) this.#alive.add(address);
    // An end in the middle says nothing of those that have not answered yet.
    for (const address of signal.aborted ? alive : batch) this.#looked.add(address);
    // What is known to be there may have its pings filtered.
    if (this.#options.pingMode === 'first') this.#enqueue(batch.filter((a) => this.#alive.has(a) || this.#isKnown(a)));
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let address = await this.#queue.take(); address !== undefined; address = await this.#queue.take()) {
      if (signal.aborted) continue;
      try {
        await this.#ask(address, signal);
      } catch (error) {
        this.#options.log.error({ address, err: errorMessage(error) }, 'an address could not be asked');
        this.#details.set(address, errorMessage(error));
      }
      if (!signal.aborted) this.#done.add(address);
    }
  }

  async #ask(address: string, signal: AbortSignal): Promise<void> {
    const known = this.#options.known.get(address);
    const all = this.#options.credentials.filter((set) => set.credentials !== known?.credentials);
    let sets = known ? [known, ...all] : all;
    for (let round = 0; round < ROUNDS && sets.length > 0; round++) {
      const silent: NamedCredentials[] = [];
      for (const set of sets) {
        const outcome = await this.#try(address, set, signal);
        if (outcome === 'found' || signal.aborted) return;
        if (outcome === 'silent') silent.push(set);
      }
      sets = silent;
    }
  }

  async #try(address: string, { name, credentials }: NamedCredentials, signal: AbortSignal): Promise<TryOutcome> {
    const result = await this.#options.identify(address, credentials, signal);
    if (!('identity' in result)) {
      if (result.outcome !== 'silent') this.#details.set(address, `${name ?? 'as configured'}: ${result.detail}`);
      return result.outcome;
    }
    this.#answered.add(address);
    const isNew = this.#roster.enter(address, { identity: result.identity, credentials: name });
    if (isNew && !signal.aborted) this.#roster.learn(address, await this.#options.probe(address, credentials, signal));
    return 'found';
  }

  #result(): SweepResult {
    const quiet = [...new Set([...this.#alive, ...this.#details.keys()])].filter((a) => !this.#answered.has(a));
    const settled = this.#options.addresses.filter((a) => this.#done.has(a) || this.#isSilent(a));
    return {
      devices: this.#roster.devices,
      quiet: quiet.map((address) => ({ address, detail: this.#details.get(address) })),
      settled: new Set(settled),
      complete: settled.length === this.#options.addresses.length,
    };
  }

  #isSilent(address: string): boolean {
    return (
      this.#options.pingMode === 'first' &&
      this.#looked.has(address) &&
      !this.#alive.has(address) &&
      !this.#isKnown(address)
    );
  }

  #isKnown(address: string): boolean {
    return this.#options.known.has(address);
  }
}
