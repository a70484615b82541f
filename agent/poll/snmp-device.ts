import { isDeepStrictEqual } from 'node:util';
import { BellwetherError, type ErrorCode } from '../../core/errors.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';
import { WIDE_COUNTERS } from '../normalise/derive.ts';
import { deviceTags, type Tags } from '../normalise/device-tags.ts';
import { type InterfaceMemory, type InterfaceResult, normaliseInterfaces } from '../normalise/interface.ts';
import type { LinesResult } from '../normalise/ports/lines.ts';
import type { TextBuffer } from '../normalise/ports/text-buffer.ts';
import { type Scalars, systemFields, systemTags } from '../normalise/system.ts';
import { joinRows } from '../normalise/table.ts';
import { type Conversation, type ConversationStats, noStats } from './conversation.ts';
import type { SnmpEvidence } from './device-state.ts';
import { PollLine } from './kept-lines.ts';
import type { TablePlan } from './plan.ts';
import type { SnmpReading, TableReading } from './poll-target.ts';
import type { PortFinish } from './port-poll.ts';
import type { IsAlive, SnmpDeviceOptions } from './snmp-options.ts';
import { failed, type Read, SnmpReader } from './snmp-reader.ts';

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
  readonly stats: Pick<ConversationStats, 'timeouts' | 'retries' | 'sent' | 'answers'>;
  readonly withoutRate: InterfaceResult['withoutRate'];
  /** Appends all lines, where there are no samples: the interfaces were read by blocks. To be called once, before the next poll. */
  readonly write: ((out: TextBuffer) => LinesResult) | undefined;
}

const NONE = {};
const NOTHING: readonly Sample[] = [];
const WIDE = new Set(Object.values(WIDE_COUNTERS));

/** One device over SNMP: its session, and what is remembered of it between polls. One poll at a time. */
export class SnmpDevice {
  readonly #options: SnmpDeviceOptions;
  #interfaces: ReadonlyMap<string, InterfaceMemory> = new Map();
  /** Rows of the last complete poll lacked a 64-bit counter, or there was none yet. */
  #narrow = true;
  /** Tags learned from the device, such as sysName: they stay when a later poll brings none. */
  #learned: Tags = {};
  #tags: Tags;
  /** What was made of the scalars: as long as they are the same, this is too. */
  #system: { readonly scalars: Scalars; readonly fields: Record<string, FieldValue> } | undefined;
  #fineClock = false;
  readonly #reader: SnmpReader;
  readonly #line = new PollLine();

  constructor(options: SnmpDeviceOptions) {
    this.#options = options;
    this.#tags = deviceTags(options.target);
    this.#reader = new SnmpReader(options);
  }

  /** On every sample of the device: what is configured, and what was learned from it, such as sysName. The same object until that changes. */
  get tags(): Tags {
    return this.#tags;
  }

  /** Requests to the device within the time that `signal` gives; not beside a poll. @throws BellwetherError BW_HOST_UNKNOWN */
  converse(signal: AbortSignal): Promise<Conversation> {
    return this.#reader.converse(signal);
  }

  async poll(signal: AbortSignal, alive?: IsAlive): Promise<SnmpPoll> {
    const { clock } = this.#options;
    // In this order: whatever the process loses between the two readings counts to the duration, so every value was read within
    // [time, time + duration].
    const start = clock.monotonic();
    const time = Math.round(clock.now());
    let read: Read;
    try {
      read = await this.#reader.read(signal, alive, { isNew: this.#interfaces.size === 0, narrow: this.#narrow });
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      read = { reading: failed(error.code, error.message), stats: noStats() };
    }
    const { reading, stats, finish } = read;
    if (read.memory) this.#interfaces = read.memory;
    const durationMs = Math.round((clock.monotonic() - start) * 1000) / 1000;
    if (finish) return this.#whole(read, finish, time, durationMs);
    const { samples, withoutRate } = this.#normalise(reading, time, durationMs);
    this.#reader.settle(read, this.#narrow);
    // What the next rates start from is with the blocks then.
    if (this.#reader.byBlocks && this.#interfaces.size > 0) this.#interfaces = new Map();
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
      write: undefined,
    };
  }

  /** Everything came, by blocks. */
  #whole(read: Read, finish: PortFinish, time: number, durationMs: number): SnmpPoll {
    const { reading, stats, uptime = 0 } = read;
    this.#reader.settle(read, this.#narrow);
    if (finish.isFineClock) this.#fineClock = true;
    const system = this.#systemOf(reading.scalars);
    // What the next rates start from is with the blocks.
    if (this.#interfaces.size > 0) this.#interfaces = new Map();
    return {
      time,
      samples: NOTHING,
      outcome: 'ok',
      detail: undefined,
      evidence: 'ok',
      uptime: uptime / 100,
      durationMs,
      stats,
      withoutRate: NONE,
      write: (out) => {
        this.#line.write(out, this.#tags, system, { uptime, durationMs, time });
        const { lines, withoutRate } = finish.write(out, this.#tags, time, this.#fineClock);
        return { lines: lines + 1, withoutRate };
      },
    };
  }

  close(): void {
    this.#reader.close();
  }

  #normalise(
    reading: SnmpReading,
    time: number,
    durationMs: number,
  ): { samples: Sample[]; withoutRate: InterfaceResult['withoutRate'] } {
    const { plan } = this.#options;
    const system = this.#systemOf(reading.scalars);
    const { tags } = this;
    const fields = { ...system, poll_duration_ms: durationMs, poll_outcome: reading.outcome };
    const samples: Sample[] = [{ measurement: 'snmp', tags, fields, time }];
    const columns = reading.tables.get('interface');
    const table = columns && plan.tables.find((t) => t.measurement === 'interface');
    if (!table || !columns) return { samples, withoutRate: NONE };
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

  #systemOf(scalars: Scalars): Record<string, FieldValue> {
    if (this.#system?.scalars === scalars) return this.#system.fields;
    const { profile, target } = this.#options;
    const learned = { ...this.#learned, ...systemTags(profile, scalars) };
    if (!isDeepStrictEqual(learned, this.#learned)) {
      this.#learned = learned;
      this.#tags = { ...deviceTags(target), ...learned };
    }
    const fields = systemFields(profile, scalars);
    this.#system = { scalars, fields };
    return fields;
  }

  #learn(table: TablePlan, columns: TableReading, complete: boolean): void {
    for (const column of columns.values())
      for (const { stamp } of column.values())
        if (stamp.uptime !== undefined && stamp.uptime % 100 !== 0) this.#fineClock = true;
    if (!complete) return;
    const rows = Math.max(0, ...[...columns.values()].map((c) => c.size));
    this.#reader.rows = rows;
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
