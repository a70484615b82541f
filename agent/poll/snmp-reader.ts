import { BellwetherError } from '../../core/errors.ts';
import type { HostAddress } from '../drivers/resolve.ts';
import { type BurstSession, canBurst, type SnmpSession, type VarBind } from '../drivers/snmp-session.ts';
import type { InterfaceMemory } from '../normalise/interface.ts';
import { Breaker } from './breaker.ts';
import { addedStats, Conversation, type ConversationStats, noStats } from './conversation.ts';
import { CHANGE_SIGNS } from './layout-cache.ts';
import { ENDS_POLL, readDevice, type SnmpReading } from './poll-target.ts';
import { type PortFinish, PortPoll } from './port-poll.ts';
import { ReplySize } from './reply-size.ts';
import type { IsAlive, SnmpDeviceOptions } from './snmp-options.ts';

/** sysUpTime.0 (RFC 3418). */
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
/** sysObjectID.0 (RFC 3418). */
const SYS_OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const MAX_OUTSTANDING = 16;
const LEARNING_WAIT_MS = 2000;
const NO_TABLES: SnmpReading['tables'] = new Map();

/** What one poll read, in whichever way. */
export interface Read {
  readonly reading: SnmpReading;
  readonly stats: ConversationStats;
  /** The interfaces, where they were read by blocks, and sysUpTime (1/100 s) as it stood beside them: the other scalars are those of an earlier poll. */
  readonly finish?: PortFinish;
  readonly uptime?: number;
  /** ifNumber and ifTableLastChange, after a complete reading in the plain way. */
  readonly signs?: readonly VarBind[];
  /** What is remembered of the interfaces, where it was with the blocks until now. */
  readonly memory?: ReadonlyMap<string, InterfaceMemory>;
  /** Nothing was sent. */
  readonly spared?: boolean;
}

/** What the device is to its keeper before a poll. */
interface Known {
  /** Nothing is remembered of its interfaces. */
  readonly isNew: boolean;
  /** Its rows lack 64-bit counters. */
  readonly narrow: boolean;
}

/** Reads one device: in blocks where its table is known and holds, in the plain way otherwise, and hardly at all while it is silent. One reading at a time. */
export class SnmpReader {
  readonly #options: SnmpDeviceOptions;
  readonly #size: ReplySize;
  readonly #breaker: Breaker;
  readonly #ports: PortPoll | undefined;
  /** Scalars besides sysUpTime. */
  readonly #others: readonly string[];
  #session: { readonly to: string; readonly session: SnmpSession } | undefined;
  #byBlocks = false;
  #hasMet = false;
  #endLearning: (() => void) | undefined;
  /** Of the last reading of them all. */
  #scalars: ReadonlyMap<string, VarBind> = new Map();

  constructor(options: SnmpDeviceOptions) {
    this.#options = options;
    const { ports, plan, target } = options;
    this.#breaker = new Breaker(target.intervalMs);
    this.#others = plan.scalars.map((s) => s.oid).filter((oid) => oid !== SYS_UP_TIME);
    const table = plan.tables.find((t) => t.measurement === 'interface');
    this.#ports = ports && table && plan.tables.length === 1 ? new PortPoll({ ...ports, table }) : undefined;
    this.#size = new ReplySize(options.credentials.max_repetitions);
  }

  /** The readings that the next rates start from are kept here, not with the caller. */
  get byBlocks(): boolean {
    return this.#byBlocks;
  }

  /** Rows of the longest table, once a poll was complete. */
  set rows(rows: number) {
    this.#size.rows = rows;
  }

  /** @throws BellwetherError BW_HOST_UNKNOWN */
  async converse(signal: AbortSignal): Promise<Conversation> {
    const { clock, credentials, target, resolve } = this.#options;
    const session = this.#sessionTo(await resolve(target.host, signal));
    return new Conversation({ session, credentials, size: this.#size, clock, signal });
  }

  /** After a reading was put to use: from the next one on the interfaces come by blocks, if they are such that they can. */
  settle({ reading, signs }: Read, narrow: boolean): void {
    const columns = reading.tables.get('interface');
    if (columns && signs && this.#ports) {
      const context = { size: this.#size.share, repetitions: this.#size.repetitions };
      this.#byBlocks = this.#ports.learn(columns, kindOf(this.#scalars), signs, context, narrow) === undefined;
    }
    this.#endLearning?.();
    this.#endLearning = undefined;
  }

  close(): void {
    this.#session?.session.close();
    this.#session = undefined;
  }

  #sessionTo(address: HostAddress): SnmpSession {
    if (this.#session?.to !== address.address) {
      this.close();
      const { open, credentials, clock, onFault } = this.#options;
      this.#session = { to: address.address, session: open({ address, credentials, clock, onFault }) };
    }
    return this.#session!.session;
  }

  /** @throws BellwetherError BW_HOST_UNKNOWN */
  async read(signal: AbortSignal, alive: IsAlive, known: Known): Promise<Read> {
    const { clock, credentials, target, resolve, random } = this.#options;
    const verdict = this.#breaker.verdict(clock.monotonic(), alive);
    if (verdict.ask === 'none')
      return {
        reading: failed('BW_SNMP_TIMEOUT', 'silent at the polls before: asked for sysUpTime only, and less often'),
        stats: noStats(),
        spared: true,
      };
    const found = resolve(target.host, signal);
    const session = this.#sessionTo(found instanceof Promise ? await found : found);
    const open = (): Conversation => new Conversation({ session, credentials, size: this.#size, clock, signal });
    const before = this.#size.repetitions;
    const read = await this.#readThrough(session, open, verdict.ask, known, signal);
    const { repetitions } = this.#size;
    if (repetitions < before) this.#options.onCause?.(`max-repetitions reduced to ${repetitions}`);
    if (read.stats.answered) this.#breaker.answered();
    // A poll that ended before any wait was over says nothing of the device.
    else if (read.stats.timeouts > 0) this.#breaker.wasSilent(clock.monotonic(), (random ?? Math.random)());
    return read;
  }

  async #readThrough(
    session: SnmpSession,
    open: () => Conversation,
    ask: 'all' | 'probe',
    known: Known,
    signal: AbortSignal,
  ): Promise<Read> {
    if (ask === 'probe') {
      const silence = await this.#probe(session, signal);
      if (silence) return silence;
    }
    let earlier: ConversationStats | undefined;
    if (this.#ports && !this.#hasMet && canBurst(session)) {
      const failure = await this.#meet(this.#ports, open(), signal);
      if (failure) return failure;
    }
    if (this.#byBlocks && this.#ports?.isReady() && canBurst(session)) {
      const fast = await this.#readPorts(this.#ports, session, open, signal);
      if (fast.reading) return fast as Read;
      earlier = fast.stats;
    }
    const memory = this.#toPlain();
    const read = await this.#readPlainly(open(), memory ? { ...known, isNew: memory.size === 0 } : known);
    const stats = earlier ? addedStats(earlier, read.stats) : read.stats;
    return { ...read, stats, ...(memory ? { memory } : {}) };
  }

  /** One value, asked once. Undefined when it came. */
  async #probe(session: SnmpSession, signal: AbortSignal): Promise<Read | undefined> {
    try {
      await session.get([SYS_UP_TIME], signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      // Whatever it is that came, an error status among it, it is a sign of life.
      if (error.code !== 'BW_SNMP_TIMEOUT' && error.code !== 'BW_SNMP_BUDGET') return undefined;
      return { reading: failed(error.code, error.message), stats: { ...noStats(), timeouts: 1, sent: 1 } };
    }
  }

  /** Before the first poll of all: who is it, and does it look like one that is known already? Gives what ends the poll. */
  async #meet(ports: PortPoll, talk: Conversation, signal: AbortSignal): Promise<Read | undefined> {
    const { plan } = this.#options;
    const signs: VarBind[] = [];
    const scalars = new Map<string, VarBind>();
    try {
      const oids = [...plan.scalars.map((s) => s.oid), ...CHANGE_SIGNS];
      for (const v of await talk.get(oids))
        if (CHANGE_SIGNS.includes(v.oid)) signs.push(v);
        else scalars.set(v.oid, v);
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      // An error status is about what was asked: the plain way asks for it in other ways.
      return ENDS_POLL.has(error.code) ? { reading: failed(error.code, error.message), stats: talk.stats } : undefined;
    }
    this.#hasMet = true;
    this.#scalars = scalars;
    const { share: size, repetitions } = this.#size;
    const guess = (): boolean => ports.guess(kindOf(scalars), signs, { size, repetitions });
    this.#byBlocks = guess();
    if (this.#byBlocks) return undefined;
    // Another one like it is being looked at right now: what comes of that is worth a moment.
    const { layouts } = this.#options.ports!;
    const learning = layouts.learning(kindOf(scalars), signs);
    if (learning) {
      await Promise.race([learning, this.#options.clock.sleep(LEARNING_WAIT_MS, signal)]);
      this.#byBlocks = guess();
    } else this.#endLearning = layouts.beginLearning(kindOf(scalars), signs);
    return undefined;
  }

  async #readPorts(
    ports: PortPoll,
    session: BurstSession,
    open: () => Conversation,
    signal: AbortSignal,
  ): Promise<Omit<Read, 'reading'> & { readonly reading: SnmpReading | undefined }> {
    const { credentials } = this.#options;
    const { share: size, repetitions } = this.#size;
    const window = Math.max(1, Math.floor((credentials.max_outstanding ?? MAX_OUTSTANDING) * size));
    const context = { session, window, retries: credentials.retries, size, repetitions, signal };
    const result = await ports.poll(context);
    const { timeouts, retries, sent, answers } = result.outcome;
    const stats = { timeouts, retries, sent, answers, answered: result.kind !== 'part' || result.outcome.taken > 0 };
    if (result.kind === 'whole') {
      this.#size.succeeded();
      let all: ConversationStats = stats;
      if (result.slow && this.#others.length > 0) {
        const talk = open();
        await this.#refreshScalars(talk);
        all = addedStats(stats, talk.stats);
      }
      const reading: SnmpReading = { outcome: 'ok', detail: undefined, scalars: this.#scalars, tables: NO_TABLES };
      return { reading, stats: all, finish: result.finish, uptime: result.uptime };
    }
    if (result.kind === 'changed') {
      this.#options.onCause?.(result.why);
      return { reading: undefined, stats };
    }
    const error = result.outcome.error!;
    // An error status is about what was asked: the plain way asks for it in other ways.
    if (!ENDS_POLL.has(error.code)) return { reading: undefined, stats };
    // A request that was in vain, and its repeats too, while others were answered: perhaps the device cannot send so much at once.
    if (error.code === 'BW_SNMP_TIMEOUT' && stats.answered) this.#size.failed();
    if (!ports.isKnown) this.#byBlocks = this.#hasMet = false;
    const scalars = new Map(stats.answered ? this.#scalars : []);
    const tables = new Map([['interface', result.columns]]);
    return { reading: { outcome: error.code, detail: error.message, scalars, tables }, stats, memory: result.memory };
  }

  async #readPlainly(talk: Conversation, { isNew, narrow }: Known): Promise<Read> {
    const { plan } = this.#options;
    const reading = await readDevice(talk, plan, { names: isNew, fallback: () => narrow });
    const read = { reading, stats: talk.stats };
    if (reading.outcome !== 'ok' || !this.#ports) return read;
    this.#scalars = reading.scalars;
    try {
      return { ...read, signs: await talk.get(CHANGE_SIGNS) };
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      return { ...read, signs: [] };
    }
  }

  /** Name, place and kind of the device change as rarely as the names of its ports. Not to be had now, they stay what they were. */
  async #refreshScalars(talk: Conversation): Promise<void> {
    try {
      this.#scalars = new Map((await talk.get(this.#others)).map((v) => [v.oid, v]));
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
    }
  }

  /** What was read by blocks becomes what the plain way starts from. */
  #toPlain(): ReadonlyMap<string, InterfaceMemory> | undefined {
    if (!this.#byBlocks) return undefined;
    this.#byBlocks = false;
    return this.#ports?.leave();
  }
}

export function failed(outcome: SnmpReading['outcome'], detail: string | undefined): SnmpReading {
  return { outcome, detail, scalars: new Map(), tables: new Map() };
}

/** What devices that may have the same table have in common. */
function kindOf(scalars: ReadonlyMap<string, VarBind>): string {
  return String(scalars.get(SYS_OBJECT_ID)?.value);
}
