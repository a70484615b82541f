import type { StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../core/clock.ts';
import type { FieldValue, Sample } from '../../../core/sample.ts';
import { sampleFault } from '../sample-fault.ts';
import type { WriteResult } from '../storage.ts';
import type { Catalogue, Placed } from './catalogue.ts';
import { ByteWriter, CodecError, decodePoint, encodePoint } from './codec.ts';
import type { Database } from './database.ts';
import type { DirtyWindows } from './dirty-windows.ts';
import { firstKept, type Retention, WINDOW_MS } from './tiers.ts';

interface Pending {
  readonly samples: readonly Sample[];
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

export interface WriterParts {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly dirty: DirtyWindows;
  readonly retention: Retention;
  readonly clock: Clock;
}

/** Samples in one transaction at most: bounds how long a commit keeps the event loop. */
const MAX_SAMPLES_PER_COMMIT = 5000;

/**
 * Writes batches. All that arrive in one turn of the event loop share a commit, hence one wait for the disk; each is answered for itself.
 * The queue holds only what callers are waiting for: they bound it.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #bytes = new ByteWriter();
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #update: StatementSync;
  #queue: Pending[] = [];
  #running: Promise<void> | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    const { db } = parts.database;
    this.#insert = db.prepare(
      'INSERT INTO point (school, win, series, at, field_set, data) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.#select = db.prepare(
      'SELECT field_set, data FROM point WHERE school = ? AND win = ? AND series = ? AND at = ?',
    );
    this.#update = db.prepare(
      'UPDATE point SET field_set = ?, data = ? WHERE school = ? AND win = ? AND series = ? AND at = ?',
    );
  }

  write(samples: readonly Sample[], signal: AbortSignal | undefined): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ samples, signal, resolve, reject });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      await nextTurn();
      const group = this.#takeGroup();
      if (!this.#commit(group) && group.length > 1) {
        // One batch must not fail its neighbours: each gets a transaction of its own.
        for (const pending of group) this.#commit([pending], true);
      }
    }
    this.#running = undefined;
  }

  #takeGroup(): Pending[] {
    let samples = 0;
    let count = 0;
    for (const pending of this.#queue) {
      samples += pending.samples.length;
      if (count > 0 && samples > MAX_SAMPLES_PER_COMMIT) break;
      count++;
    }
    const group = this.#queue.splice(0, count);
    for (const { signal, reject } of group) if (signal?.aborted) reject(signal.reason);
    return group.filter(({ signal }) => !signal?.aborted);
  }

  /** False when it failed and its batches may be tried one by one. */
  #commit(group: readonly Pending[], last = group.length === 1): boolean {
    if (group.length === 0) return true;
    const { database } = this.#parts;
    try {
      const results = database.transaction(() => group.map(({ samples }) => this.#writeBatch(samples)));
      for (let i = 0; i < group.length; i++) group[i]!.resolve(results[i]!);
      return true;
    } catch (error) {
      if (last) for (const { reject } of group) reject(error);
      return false;
    }
  }

  #writeBatch(samples: readonly Sample[]): WriteResult {
    const oldest = firstKept(0, this.#parts.retention, this.#parts.clock.now()) * WINDOW_MS;
    const rejected: { index: number; reason: string }[] = [];
    this.#parts.dirty.nextBatch();
    for (let index = 0; index < samples.length; index++) {
      const reason = this.#writeSample(samples[index]!, oldest);
      if (reason !== undefined) rejected.push({ index, reason });
    }
    return { written: samples.length - rejected.length, rejected };
  }

  /** Stores one sample; returns why not. */
  #writeSample(sample: Sample, oldest: number): string | undefined {
    const fault = sampleFault(sample);
    if (fault !== undefined) return fault;
    if (sample.time < oldest) return 'point beyond retention policy';
    const place = this.#parts.catalogue.place(sample);
    if (typeof place === 'string') return place;
    const { school, series, set } = place;
    const win = Math.floor(sample.time / WINDOW_MS);
    const at = sample.time - win * WINDOW_MS;
    const data = encodePoint(this.#bytes, set, sample.fields);
    const { changes } = this.#insert.run(school, win, series, at, set.id, data);
    if (changes === 0) this.#merge(place, win, at, sample.fields);
    this.#parts.dirty.mark(school, sample.time);
    return undefined;
  }

  /** The same series and time again: the union of both points' fields, the later value wins (as InfluxDB does). */
  #merge({ school, series, set }: Placed, win: number, at: number, fields: Readonly<Record<string, FieldValue>>): void {
    const old = this.#readFields(school, win, series, at);
    let merged = set;
    let values = fields;
    if (Object.keys(old).some((name) => !Object.hasOwn(fields, name))) {
      values = Object.fromEntries([...Object.entries(old), ...Object.entries(fields)]);
      merged = this.#parts.catalogue.mergedSet(set.measurement, values);
    }
    const data = encodePoint(this.#bytes, merged, values);
    this.#update.run(merged.id, data, school, win, series, at);
  }

  /** The stored fields of a point; none when the row is damaged, so that the new point repairs it. */
  #readFields(school: number, win: number, series: number, at: number): Record<string, FieldValue> {
    const row = this.#select.get(school, win, series, at) as { field_set: number; data: Uint8Array };
    const set = this.#parts.catalogue.fieldSet(row.field_set);
    if (!set) return {};
    try {
      return decodePoint(set, row.data);
    } catch (error) {
      if (error instanceof CodecError) return {};
      throw error;
    }
  }
}
