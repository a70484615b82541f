import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  unlinkSync,
  writevSync,
} from 'node:fs';
import { ALIGN, decodeEntry, type Entry, encodeHeader, entryBytes, type LogRecord } from './log-entry.ts';

/** What a file of the log held. Pure: see `readHalf`. */
export interface Half {
  readonly generation: number;
  readonly records: readonly LogRecord[];
  readonly done: readonly { readonly id: number; readonly lastId: number }[];
  /** Behind the last entry. */
  readonly end: number;
  /** Places that cannot be read with entries behind them; the end of a write that was cut off is none. */
  readonly damaged: number;
  /** Lines of records whose header can still be read. */
  readonly lostLines: number;
}

/** The entries of the newest generation in a file, whatever else it holds. */
export function readHalf(log: Buffer): Half {
  const found: { readonly at: number; readonly bytes: number; readonly damaged: boolean; readonly entry: Entry }[] = [];
  for (let at = 0; at < log.length; ) {
    const read = decodeEntry(log, at);
    if (read) found.push({ at, ...read });
    at += read?.bytes ?? ALIGN;
  }
  const generation = Math.max(0, ...found.map(({ entry }) => entry.generation));
  const mine = found.filter(({ entry }) => entry.generation === generation);
  const lastWhole = mine.findLastIndex(({ damaged }) => !damaged);
  let [end, damaged, lostLines] = [0, 0, 0];
  for (const one of mine.slice(0, lastWhole + 1)) {
    if (one.damaged || one.at !== end) damaged++;
    if (one.damaged && one.entry.kind === 'record') lostLines += one.entry.lines;
    end = one.damaged ? one.at : one.at + one.bytes;
  }
  const entries = mine.flatMap((one) => (one.damaged ? [] : [one.entry]));
  return {
    generation,
    records: entries.filter((entry) => entry.kind === 'record'),
    done: entries.filter((entry) => entry.kind === 'done'),
    end,
    damaged,
    lostLines,
  };
}

export interface Recovered {
  /** Of all that the log tells of; 0 when it was empty. */
  readonly lastId: number;
  /** Places in the files that cannot be read, and the lines of records there whose header can. */
  readonly damaged: number;
  readonly lostLines: number;
  /** Where damaged files were copied to. */
  readonly setAside: readonly string[];
}

/**
 * The newest records: in memory for the sender, and in two files, written in turn, for a process that dies. What is delivered soon, as nearly everything
 * is, costs one write(2) and never gets to the database. When a file is full, what is left in the other one has to be moved on (`older`, `drop`) before that
 * is begun anew (`turn`). Calls throw what node:fs throws.
 */
export class RecentLog {
  readonly #path: string;
  readonly #halfBytes: number;
  #files: readonly [number, number] | undefined;
  /** By id. */
  readonly #pending: [LogRecord[], LogRecord[]] = [[], []];
  #current: 0 | 1 = 0;
  #head = 0;
  #generation = 0;
  #lines = 0;
  #bytes = 0;

  /** `bytes`: of both files together. */
  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#halfBytes = Math.floor(bytes / 2 / ALIGN) * ALIGN;
  }

  /** Opens the files and takes up the records with an id above `knownId` that no earlier run was done with. `asideSuffix` names copies of damaged files. */
  open(knownId: number, asideSuffix: string): Recovered {
    const paths = [this.#pathOf(0), this.#pathOf(1)] as const;
    const halves = paths.map((path) => readHalf(existsSync(path) ? readFileSync(path) : Buffer.alloc(0)));
    const [first, second] = halves as [Half, Half];
    const setAside = halves.flatMap((half, k) => (half.damaged > 0 ? [copyAside(paths[k]!, asideSuffix)] : []));
    this.#files = [openFile(paths[0]), openFile(paths[1])];
    this.#current = second.generation > first.generation ? 1 : 0;
    const newest = this.#current === 1 ? second : first;
    this.#generation = newest.generation;
    this.#head = newest.end;
    const done = [...first.done, ...second.done];
    for (const half of [0, 1] as const)
      this.#pending[half] = halves[half]!.records.filter(
        ({ id }) => id > knownId && !done.some((range) => id >= range.id && id <= range.lastId),
      );
    this.#tally([...this.older, ...this.newer], 1);
    const ids = [...first.records, ...second.records].map(({ id }) => id);
    return {
      lastId: Math.max(0, ...ids, ...done.map(({ lastId }) => lastId)),
      damaged: first.damaged + second.damaged,
      lostLines: first.lostLines + second.lostLines,
      setAside,
    };
  }

  /** Empties the files; for when nothing waits in them. */
  clear(): void {
    if (this.records > 0) throw new Error('the log still holds records');
    for (const file of this.#files!) ftruncateSync(file, 0);
    this.#head = 0;
  }

  /** The files go when nothing is left in them. */
  close(): void {
    if (!this.#files) return;
    for (const file of this.#files) closeSync(file);
    if (this.records === 0) for (const half of [0, 1] as const) unlinkSync(this.#pathOf(half));
    this.#files = undefined;
    this.drop(0, Number.MAX_SAFE_INTEGER);
  }

  get records(): number {
    return this.#pending[0].length + this.#pending[1].length;
  }

  get lines(): number {
    return this.#lines;
  }

  /** What they take in the files. */
  get bytes(): number {
    return this.#bytes;
  }

  holds(id: number, lastId: number): boolean {
    return this.#pending.some((records) => countOf(records, id, lastId) > 0);
  }

  /** What waits, oldest first: that of the other file, then that of the current one. */
  get older(): readonly LogRecord[] {
    return this.#pending[this.#other];
  }

  get newer(): readonly LogRecord[] {
    return this.#pending[this.#current];
  }

  /** Whether a file can hold such a frame at all. */
  takes(frameBytes: number): boolean {
    return ALIGN + entryBytes(frameBytes) <= this.#halfBytes;
  }

  /** Whether the current file has room for it; 0: for what `done` writes. */
  hasRoom(frameBytes: number): boolean {
    return this.#head > 0 && this.#head + entryBytes(frameBytes) <= this.#halfBytes;
  }

  /** Begins the other file anew; nothing may be left in it. */
  turn(): void {
    const next = this.#other;
    if (this.#pending[next].length > 0) throw new Error('the other half of the log still holds records');
    const header = encodeHeader({ kind: 'begin', generation: this.#generation + 1 });
    this.#write(next, [header], 0);
    this.#generation++;
    this.#current = next;
    this.#head = ALIGN;
  }

  /** Needs room. On return the record survives the death of the process. */
  append(record: LogRecord): void {
    const header = encodeHeader({ ...record, kind: 'record', generation: this.#generation });
    this.#write(this.#current, [header, record.frame], this.#head);
    this.#head += entryBytes(record.frame.length);
    this.#pending[this.#current].push(record);
    this.#tally([record], 1);
  }

  /** Needs room (`hasRoom(0)`). Takes the records of the range out, for good, and gives them. */
  done(id: number, lastId: number): readonly LogRecord[] {
    this.#write(this.#current, [encodeHeader({ kind: 'done', generation: this.#generation, id, lastId })], this.#head);
    this.#head += ALIGN;
    return this.drop(id, lastId);
  }

  /** The same, but not told to the files. */
  drop(id: number, lastId: number): readonly LogRecord[] {
    const gone = this.#pending.flatMap((records) => records.splice(indexOf(records, id), countOf(records, id, lastId)));
    this.#tally(gone, -1);
    return gone;
  }

  /** Takes out those whose newest sample is older than `time`, not told to the files either. Returns their lines. */
  expire(time: number): number {
    const before = this.#lines;
    for (const half of [0, 1] as const) {
      const old = this.#pending[half].filter((record) => record.time < time);
      if (old.length === 0) continue;
      this.#pending[half] = this.#pending[half].filter((record) => record.time >= time);
      this.#tally(old, -1);
    }
    return before - this.#lines;
  }

  get #other(): 0 | 1 {
    return this.#current === 0 ? 1 : 0;
  }

  #pathOf(half: 0 | 1): string {
    return `${this.#path}-log${half + 1}`;
  }

  #tally(records: readonly LogRecord[], sign: 1 | -1): void {
    for (const { lines, frame } of records) {
      this.#lines += sign * lines;
      this.#bytes += sign * entryBytes(frame.length);
    }
  }

  #write(half: 0 | 1, parts: readonly Uint8Array[], at: number): void {
    const file = this.#files![half];
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    let written = writevSync(file, parts, at);
    // A disk that becomes full takes a part; the next try says why not the rest.
    while (written < size) written += writevSync(file, [Buffer.concat(parts).subarray(written)], at + written);
  }
}

/** Where the first record with an id of at least `id` stands. */
export function indexOf(records: readonly LogRecord[], id: number): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (records[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countOf(records: readonly LogRecord[], id: number, lastId: number): number {
  return Math.max(0, indexOf(records, lastId + 1) - indexOf(records, id));
}

function openFile(path: string): number {
  return openSync(path, existsSync(path) ? 'r+' : 'wx+', 0o600);
}

function copyAside(path: string, suffix: string): string {
  const target = `${path}${suffix}`;
  try {
    copyFileSync(path, target);
    return target;
  } catch (error) {
    return `nowhere (${String(error)})`;
  }
}
