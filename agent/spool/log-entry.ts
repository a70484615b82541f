import { crc32 } from 'node:zlib';
import type { RecordMeta } from './spool.ts';

/** Entries begin at multiples of this: a reader finds the next one behind a damaged place. */
export const ALIGN = 64;
/** "BWRL", little endian. */
const MAGIC = 0x4c_52_57_42;

/**
 * What stands in the log: `begin` opens a half, `record` is followed by its frame, `done` says that the records `id` to `lastId` need no delivery any more.
 * `generation` grows with each half that is begun; an entry of another than the half's is a leftover.
 */
export type Entry =
  | { readonly kind: 'begin'; readonly generation: number }
  | ({ readonly kind: 'record'; readonly generation: number } & LogRecord)
  | { readonly kind: 'done'; readonly generation: number; readonly id: number; readonly lastId: number };

export interface LogRecord extends Required<RecordMeta> {
  readonly id: number;
  /** Bytes of the text. */
  readonly rawBytes: number;
  readonly frame: Uint8Array;
}

const KINDS = { begin: 1, record: 2, done: 3 } as const;

/** Bytes that an entry takes, padding included. */
export function entryBytes(frameBytes: number): number {
  return Math.ceil((ALIGN + frameBytes) / ALIGN) * ALIGN;
}

/** The header of an entry, ALIGN bytes; the frame of a record follows it. */
export function encodeHeader(entry: Entry): Buffer {
  const header = Buffer.alloc(ALIGN);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt8(KINDS[entry.kind], 8);
  header.writeDoubleLE(entry.generation, 16);
  if (entry.kind !== 'begin') header.writeDoubleLE(entry.id, 24);
  if (entry.kind === 'done') header.writeDoubleLE(entry.lastId, 32);
  if (entry.kind === 'record') {
    header.writeUInt8(entry.class === 'event' ? 1 : 0, 9);
    header.writeDoubleLE(entry.time, 32);
    header.writeUInt32LE(entry.lines, 40);
    header.writeUInt32LE(entry.rawBytes, 44);
    header.writeUInt32LE(entry.frame.length, 48);
    header.writeUInt32LE(crc32(entry.frame), 52);
  }
  header.writeUInt32LE(crc32(header.subarray(8)), 4);
  return header;
}

/** `damaged`: the record's own bytes are not what was written; its header says what is lost. */
export type Read = { readonly entry: Entry; readonly bytes: number; readonly damaged: boolean };

/** The entry at `at`; undefined where none begins. */
export function decodeEntry(log: Buffer, at: number): Read | undefined {
  if (at + ALIGN > log.length || log.readUInt32LE(at) !== MAGIC) return undefined;
  const header = log.subarray(at, at + ALIGN);
  if (crc32(header.subarray(8)) !== header.readUInt32LE(4)) return undefined;
  const generation = header.readDoubleLE(16);
  const id = header.readDoubleLE(24);
  switch (header.readUInt8(8)) {
    case KINDS.begin:
      return { entry: { kind: 'begin', generation }, bytes: ALIGN, damaged: false };
    case KINDS.done:
      return { entry: { kind: 'done', generation, id, lastId: header.readDoubleLE(32) }, bytes: ALIGN, damaged: false };
    case KINDS.record:
      return readRecord(log, at, generation, id);
    default:
      return undefined;
  }
}

function readRecord(log: Buffer, at: number, generation: number, id: number): Read {
  const size = log.readUInt32LE(at + 48);
  // A copy: the log's buffer is let go.
  const frame = Buffer.from(log.subarray(at + ALIGN, at + ALIGN + size));
  const entry: Entry = {
    kind: 'record',
    generation,
    id,
    class: log.readUInt8(at + 9) === 1 ? 'event' : 'metric',
    time: log.readDoubleLE(at + 32),
    lines: log.readUInt32LE(at + 40),
    rawBytes: log.readUInt32LE(at + 44),
    frame,
  };
  const damaged = frame.length !== size || crc32(frame) !== log.readUInt32LE(at + 52);
  // Of a damaged one, only its header is sure: what follows is looked for.
  return { entry, bytes: damaged ? ALIGN : entryBytes(size), damaged };
}
