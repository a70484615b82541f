/** What kind of data a record carries. When the spool is full, the oldest metrics go before any event. */
export type RecordClass = 'metric' | 'event';

export interface RecordMeta {
  /** Number of line-protocol lines in the text. */
  readonly lines: number;
  /** Newest sample in the text, milliseconds since the Unix epoch. */
  readonly time: number;
  /** Default `metric`. */
  readonly class?: RecordClass;
}

/** Which records to look at: those with `after < id <= upTo`, oldest first. */
export interface PeekLimit {
  /** Most bytes of uncompressed text; one record is returned even when it is larger. */
  readonly maxBytes: number;
  readonly maxRecords?: number;
  readonly after?: number;
  readonly upTo?: number;
}

/** A run of records, oldest first. It stays in the spool until `ack`. */
export interface SpoolBatch {
  readonly firstId: number;
  readonly lastId: number;
  readonly records: number;
  readonly lines: number;
  /** Bytes of the text before compression. */
  readonly rawBytes: number;
  /** One zstd frame (RFC 8878) per record; the texts in a row are valid line protocol. Good until the batch is acknowledged: then others take their place. */
  readonly frames: readonly Uint8Array[];
}

/** Why lines were lost: the bound by bytes, the bound by age, a write the disk refused, a file that became unreadable. */
export const DROP_REASONS = ['full', 'age', 'disk', 'corrupt'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface SpoolStats {
  readonly records: number;
  readonly lines: number;
  /** Bytes on disk that hold records. */
  readonly bytes: number;
  /** Newest sample of the oldest record, milliseconds since the Unix epoch; undefined when empty. */
  readonly oldestTime: number | undefined;
  /** Id of the newest record ever appended in this process or found at start; 0 when there was none. */
  readonly lastId: number;
  /** Lines dropped since the process started. */
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/**
 * The durable queue between polling and pushing, and the only one. A record is what one `append` brought: normally one poll of one device.
 * Delivery is at least once: a record leaves only by `ack`, or by a bound, which is counted.
 */
export interface Spool {
  start(): void;
  stop(): void;
  /**
   * Stores whole lines of line protocol (ms timestamps). On return they survive the death of the process.
   *
   * @throws BellwetherError BW_SPOOL when the disk refuses; the lines are then counted as dropped, and the caller goes on.
   */
  append(text: string | Uint8Array, meta: RecordMeta): void;
  /** The oldest records within `limit`, or undefined when there are none. @throws BellwetherError BW_SPOOL */
  peek(limit: PeekLimit): SpoolBatch | undefined;
  /** Removes what the collector has, or has refused for good. @throws BellwetherError BW_SPOOL; the batch then stays and comes again. */
  ack(batch: SpoolBatch): void;
  /** Calls `listener` after each append; returns the way to stop that. */
  onAppend(listener: () => void): () => void;
  stats(): SpoolStats;
}
