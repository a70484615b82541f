import type { Clock } from '../../core/clock.ts';
import { BellwetherError, type ErrorCode } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { SnmpCredentials, Target } from '../config.ts';
import type { HostAddress, Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession } from '../drivers/snmp.ts';
import {
  type BurstSession,
  canBurst,
  type SnmpFault,
  type SnmpSession,
  type VarBind,
} from '../drivers/snmp-session.ts';
import { WIDE_COUNTERS } from '../normalise/derive.ts';
import { deviceTags, type Tags } from '../normalise/device-tags.ts';
import { type InterfaceMemory, type InterfaceResult, normaliseInterfaces } from '../normalise/interface.ts';
import { systemFields, systemTags } from '../normalise/system.ts';
import { joinRows } from '../normalise/table.ts';
import type { Profile } from '../profile/profile.ts';
import type { LinesResult } from '../normalise/ports/lines.ts';
import type { TextBuffer } from '../normalise/ports/text-buffer.ts';
import { Breaker } from './breaker.ts';
import { Conversation, type ConversationStats } from './conversation.ts';
import type { SnmpEvidence } from './device-state.ts';
import type { PollPlan, TablePlan } from './plan.ts';
import { ENDS_POLL, readDevice, type SnmpReading, type TableReading } from './poll-target.ts';
import { CHANGE_SIGNS, type LayoutCache } from './layout-cache.ts';
import { type PortFinish, PortPoll } from './port-poll.ts';
import { ReplySize } from './reply-size.ts';

/** One poll of one device, ready to be sent and counted. */
export interface SnmpPoll {
  readonly samples: readonly Sample[];
  readonly outcome: 'ok' | ErrorCode;
  readonly detail: string | undefined;
  readonly evidence: SnmpEvidence;
  /** sysUpTime in seconds, where it was read. */
  readonly uptime: number | undefined;
  /** Wall clock ms at which the poll began; all its samples carry it. */
  readonly time: number;
  readonly durationMs: number;
  readonly stats: Pick<ConversationStats, 'timeouts' | 'retries' | 'sent'>;
  readonly withoutRate: InterfaceResult['withoutRate'];
  /** Appends the lines of the interfaces where they are not among the samples. To be called once, before the next poll. */
  readonly writePorts?: (out: TextBuffer) => LinesResult;
}

/** What ping says of a device at the moment: undefined when it says nothing. */
export type IsAlive = boolean | undefined;

export interface SnmpDeviceOptions {
  readonly target: Target;
  readonly credentials: SnmpCredentials;
  readonly profile: Profile;
  readonly plan: PollPlan;
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly open: OpenSnmpSession;
  readonly onFault: (fault: SnmpFault) => void;
  /** Reads the interfaces by blocks where the device allows it; the plain way only when left out. */
  readonly ports?: { readonly layouts: LayoutCache; readonly slowEvery: number };
  /** Told why an interface table is read in the plain way again. */
  readonly onRelearn?: (why: string) => void;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
}

/** sysUpTime.0 (RFC 3418). */
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
/** sysObjectID.0 (RFC 3418). */
const SYS_OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const MAX_OUTSTANDING = 16;
const LEARNING_WAIT_MS = 2000;

/** What one poll read, in whichever way. */
interface Read {
  readonly reading: SnmpReading;
  readonly stats: ConversationStats;
  /** The interfaces, where they were read by blocks. */
  readonly finish?: PortFinish;
  /** ifNumber and ifTableLastChange, after a complete reading in the plain way. */
  readonly signs?: readonly VarBind[];
  /** Nothing was sent. */
  readonly spared?: boolean;
}

const WIDE = new Set(Object.values(WIDE_COUNTERS));

/** One device over SNMP: its session, and what is remembered of it between polls. One poll at a time. */
export class SnmpDevice {
  readonly #options: SnmpDeviceOptions;
  readonly #size: ReplySize;
  #session: { readonly to: string; readonly session: SnmpSession } | undefined;
  #interfaces: ReadonlyMap<string, InterfaceMemory> = new Map();
  /** Rows of the last complete poll lacked a 64-bit counter, or there was none yet. */
  #narrow = true;
  /** Tags learned from the device, such as sysName: they stay when a later poll brings none. */
  #tags: Tags = {};
  #fineClock = false;
  readonly #breaker: Breaker;
  readonly #ports: PortPoll | undefined;
  /** The readings that the next rates start from are with `#ports`, not in `#interfaces`. */
  #byBlocks = false;
  #hasMet = false;
  #endLearning: (() => void) | undefined;
  /** Of the last reading of them all. */
  #scalars: ReadonlyMap<string, VarBind> = new Map();

  constructor(options: SnmpDeviceOptions) {
    this.#options = options;
    const { ports, plan, target } = options;
    this.#breaker = new Breaker(target.intervalMs);
    const table = plan.tables.find((t) => t.measurement === 'interface');
    this.#ports = ports && table && plan.tables.length === 1 ? new PortPoll({ ...ports, table }) : undefined;
    this.#size = new ReplySize(options.credentials.max_repetitions);
  }

  /** On every sample of the device: what is configured, and what was learned from it, such as sysName. */
  get tags(): Tags {
    return { ...deviceTags(this.#options.target), ...this.#tags };
  }

  /** Requests to the device within the time that `signal` gives; not beside a poll. @throws BellwetherError BW_HOST_UNKNOWN */
  async converse(signal: AbortSignal): Promise<Conversation> {
    const { clock, credentials, target, resolve } = this.#options;
    const session = this.#sessionTo(await resolve(target.host, signal));
    return new Conversation({ session, credentials, size: this.#size, clock, signal });
  }

  async poll(signal: AbortSignal, alive?: IsAlive): Promise<SnmpPoll> {
    const { clock } = this.#options;
    // In this order: whatever the process loses between the two readings counts to the duration, so every value was read within
    // [time, time + duration].
    const start = clock.monotonic();
    const time = Math.round(clock.now());
    let read: Read;
    try {
      read = await this.#read(signal, alive);
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      read = { reading: failed(error.code, error.message), stats: noStats() };
    }
    const { reading, stats, finish } = read;
    const durationMs = Math.round((clock.monotonic() - start) * 1000) / 1000;
    const { samples, withoutRate } = this.#normalise(reading, time, durationMs);
    if (read.signs) this.#learnPorts(reading, read.signs);
    this.#endLearning?.();
    this.#endLearning = undefined;
    if (this.#byBlocks) this.#interfaces = new Map();
    return {
      time,
      samples,
      outcome: reading.outcome,
      detail: reading.detail,
      evidence: read.spared ? 'silent' : evidenceOf(reading, stats),
      uptime: uptimeOf(samples),
      durationMs,
      stats,
      withoutRate,
      ...(finish ? { writePorts: (out) => finish.write(out, this.tags, time, this.#fineClock) } : {}),
    };
  }

  async #read(signal: AbortSignal, alive: IsAlive): Promise<Read> {
    const { clock, credentials, target, resolve, random } = this.#options;
    const verdict = this.#breaker.verdict(clock.monotonic(), alive);
    if (verdict.ask === 'none')
      return {
        reading: failed('BW_SNMP_TIMEOUT', 'silent at the polls before: asked for sysUpTime only, and less often'),
        stats: noStats(),
        spared: true,
      };
    const session = this.#sessionTo(await resolve(target.host, signal));
    const open = (): Conversation => new Conversation({ session, credentials, size: this.#size, clock, signal });
    const read = await this.#readThrough(session, open, verdict.ask, signal);
    if (read.stats.answered) this.#breaker.answered();
    else this.#breaker.wasSilent(clock.monotonic(), (random ?? Math.random)());
    return read;
  }

  async #readThrough(
    session: SnmpSession,
    open: () => Conversation,
    ask: 'all' | 'probe',
    signal: AbortSignal,
  ): Promise<Read> {
    if (ask === 'probe') {
      const silence = await this.#probe(session, signal);
      if (silence) return silence;
    }
    let earlier = noStats();
    if (this.#ports && !this.#hasMet && canBurst(session)) await this.#meet(this.#ports, open(), signal);
    if (this.#byBlocks && this.#ports?.isReady() && canBurst(session)) {
      const fast = await this.#readPorts(this.#ports, session, open, signal);
      if (fast.reading) return { ...fast, reading: fast.reading };
      earlier = fast.stats;
    }
    this.#toPlain();
    const read = await this.#readPlainly(open());
    return { ...read, stats: sum(earlier, read.stats) };
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

  /** Before the first poll of all: who is it, and does it look like one that is known already? What fails here fails in the poll as well, and is told there. */
  async #meet(ports: PortPoll, talk: Conversation, signal: AbortSignal): Promise<void> {
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
      return;
    }
    this.#hasMet = true;
    this.#scalars = scalars;
    const { share: size, repetitions } = this.#size;
    const guess = (): boolean => ports.guess(kindOf(scalars), signs, { size, repetitions });
    this.#byBlocks = guess();
    if (this.#byBlocks) return;
    // Another one like it is being looked at right now: what comes of that is worth a moment.
    const { layouts } = this.#options.ports!;
    const learning = layouts.learning(kindOf(scalars), signs);
    if (learning) {
      await Promise.race([learning, this.#options.clock.sleep(LEARNING_WAIT_MS, signal)]);
      this.#byBlocks = guess();
    } else this.#endLearning = layouts.beginLearning(kindOf(scalars), signs);
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
    const { timeouts, retries, sent } = result.outcome;
    const stats = { timeouts, retries, sent, answered: result.kind !== 'part' || result.outcome.taken.includes(1) };
    if (result.kind === 'whole') {
      this.#size.succeeded();
      if (result.finish.isFineClock) this.#fineClock = true;
      if (result.slow) await this.#refreshScalars(open());
      const scalars = new Map(this.#scalars);
      scalars.set(SYS_UP_TIME, { oid: SYS_UP_TIME, type: 'TimeTicks', value: result.uptime });
      return { reading: { ...failed('ok', undefined), scalars }, stats, finish: result.finish };
    }
    if (result.kind === 'changed') {
      this.#options.onRelearn?.(result.why);
      return { reading: undefined, stats };
    }
    const error = result.outcome.error!;
    // An error status is about what was asked: the plain way asks for it in other ways.
    if (!ENDS_POLL.has(error.code)) return { reading: undefined, stats };
    // A request that was in vain, and its repeats too, while others were answered: perhaps the device cannot send so much at once.
    if (error.code === 'BW_SNMP_TIMEOUT' && stats.answered) this.#size.failed();
    if (!ports.isKnown) this.#byBlocks = this.#hasMet = false;
    else this.#interfaces = result.memory;
    const scalars = new Map(stats.answered ? this.#scalars : []);
    const tables = new Map([['interface', result.columns]]);
    return { reading: { outcome: error.code, detail: error.message, scalars, tables }, stats };
  }

  async #readPlainly(talk: Conversation): Promise<Read> {
    const { plan } = this.#options;
    const names = this.#interfaces.size === 0;
    const reading = await readDevice(talk, plan, { names, fallback: () => this.#narrow });
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
    const oids = this.#options.plan.scalars.map((s) => s.oid).filter((oid) => oid !== SYS_UP_TIME);
    try {
      if (oids.length > 0) this.#scalars = new Map((await talk.get(oids)).map((v) => [v.oid, v]));
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
    }
  }

  /** What was read by blocks becomes what the plain way starts from. */
  #toPlain(): void {
    if (!this.#byBlocks) return;
    this.#byBlocks = false;
    this.#interfaces = this.#ports?.leave() ?? this.#interfaces;
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

  #normalise(
    reading: SnmpReading,
    time: number,
    durationMs: number,
  ): { samples: Sample[]; withoutRate: InterfaceResult['withoutRate'] } {
    const { profile, plan } = this.#options;
    this.#tags = { ...this.#tags, ...systemTags(profile, reading.scalars) };
    const { tags } = this;
    const fields = {
      ...systemFields(profile, reading.scalars),
      poll_duration_ms: durationMs,
      poll_outcome: reading.outcome,
    };
    const samples: Sample[] = [{ measurement: 'snmp', tags, fields, time }];
    const table = plan.tables.find((t) => t.measurement === 'interface');
    const columns = reading.tables.get('interface');
    if (!table || !columns) return { samples, withoutRate: {} };
    const complete = reading.outcome === 'ok';
    this.#learn(table, columns, complete);
    const result = normaliseInterfaces(joinRows(columns), this.#interfaces, {
      tags,
      time,
      fineClock: this.#fineClock,
      complete,
    });
    this.#interfaces = result.memory;
    samples.push(...result.samples);
    return { samples, withoutRate: result.withoutRate };
  }

  /** From the next poll on the interfaces come by blocks, if they are such that they can. */
  #learnPorts({ tables }: SnmpReading, signs: readonly VarBind[]): void {
    const { share: size, repetitions } = this.#size;
    const columns = tables.get('interface');
    if (!columns || !this.#ports) return;
    this.#byBlocks = this.#ports.learn(columns, kindOf(this.#scalars), signs, { size, repetitions }, this.#narrow) === undefined;
  }

  #learn(table: TablePlan, columns: TableReading, complete: boolean): void {
    for (const column of columns.values())
      for (const { stamp } of column.values())
        if (stamp.uptime !== undefined && stamp.uptime % 100 !== 0) this.#fineClock = true;
    if (!complete) return;
    const rows = Math.max(0, ...[...columns.values()].map((c) => c.size));
    this.#size.rows = rows;
    const wide = table.fast.filter((s) => WIDE.has(s.name));
    this.#narrow = wide.some((s) => (columns.get(s.name)?.size ?? 0) < rows);
  }
}

function failed(outcome: SnmpReading['outcome'], detail: string | undefined): SnmpReading {
  return { outcome, detail, scalars: new Map(), tables: new Map() };
}

/** What devices that may have the same table have in common. */
function kindOf(scalars: ReadonlyMap<string, VarBind>): string {
  return String(scalars.get(SYS_OBJECT_ID)?.value);
}

function noStats(): ConversationStats {
  return { timeouts: 0, retries: 0, sent: 0, answered: false };
}

function sum(a: ConversationStats, b: ConversationStats): ConversationStats {
  return {
    timeouts: a.timeouts + b.timeouts,
    retries: a.retries + b.retries,
    sent: a.sent + b.sent,
    answered: a.answered || b.answered,
  };
}

/** Reading a part is not silence; an answer that could not be used is no silence either, but a failure. */
function evidenceOf(reading: SnmpReading, stats: ConversationStats): SnmpEvidence {
  if (reading.outcome === 'BW_HOST_UNKNOWN') return 'unknown';
  if (reading.scalars.size > 0) return 'ok';
  return stats.answered ? 'failing' : 'silent';
}

function uptimeOf([first]: readonly Sample[]): number | undefined {
  const uptime = first?.fields['uptime'];
  return typeof uptime === 'number' ? uptime : undefined;
}
