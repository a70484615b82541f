import type { Clock } from '../../core/clock.ts';
import { BellwetherError, type ErrorCode } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { SnmpCredentials, Target } from '../config.ts';
import type { HostAddress, Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession } from '../drivers/snmp.ts';
import type { SnmpFault, SnmpSession } from '../drivers/snmp-session.ts';
import { WIDE_COUNTERS } from '../normalise/derive.ts';
import { deviceTags, type Tags } from '../normalise/device-tags.ts';
import { type InterfaceMemory, type InterfaceResult, normaliseInterfaces } from '../normalise/interface.ts';
import { systemFields, systemTags } from '../normalise/system.ts';
import { joinRows } from '../normalise/table.ts';
import type { Profile } from '../profile/profile.ts';
import { Conversation, type ConversationStats } from './conversation.ts';
import type { SnmpEvidence } from './device-state.ts';
import type { PollPlan, TablePlan } from './plan.ts';
import { readDevice, type SnmpReading, type TableReading } from './poll-target.ts';
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
  readonly stats: Pick<ConversationStats, 'timeouts' | 'retries'>;
  readonly withoutRate: InterfaceResult['withoutRate'];
}

export interface SnmpDeviceOptions {
  readonly target: Target;
  readonly credentials: SnmpCredentials;
  readonly profile: Profile;
  readonly plan: PollPlan;
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly open: OpenSnmpSession;
  readonly onFault: (fault: SnmpFault) => void;
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

  constructor(options: SnmpDeviceOptions) {
    this.#options = options;
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

  async poll(signal: AbortSignal): Promise<SnmpPoll> {
    const { clock, plan } = this.#options;
    // In this order: whatever the process loses between the two readings counts to the duration, so every value was read within
    // [time, time + duration].
    const start = clock.monotonic();
    const time = Math.round(clock.now());
    let reading: SnmpReading;
    let stats: ConversationStats = { timeouts: 0, retries: 0, answered: false };
    try {
      const talk = await this.converse(signal);
      stats = talk.stats;
      const names = this.#interfaces.size === 0;
      reading = await readDevice(talk, plan, { names, fallback: () => this.#narrow });
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      reading = { outcome: error.code, detail: error.message, scalars: new Map(), tables: new Map() };
    }
    const durationMs = Math.round((clock.monotonic() - start) * 1000) / 1000;
    const { samples, withoutRate } = this.#normalise(reading, time, durationMs);
    const evidence = evidenceOf(reading, stats);
    return {
      time,
      samples,
      outcome: reading.outcome,
      detail: reading.detail,
      evidence,
      uptime: uptimeOf(samples),
      durationMs,
      stats,
      withoutRate,
    };
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
