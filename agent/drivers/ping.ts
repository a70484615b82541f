/** One cycle of echo requests to many addresses. */
export interface PingBatch {
  /** Literal addresses, each once. */
  readonly addresses: readonly string[];
  readonly count: number;
  /** Between two requests to one address. */
  readonly periodMs: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** Time for the whole cycle, so that a driver that asks hosts in turns knows how many to ask at once. */
  readonly withinMs?: number;
}

/** Round-trip times in ms, in the order sent; undefined for a request that got no answer. */
export type PingTimes = readonly (number | undefined)[];

/**
 * Sends echo requests. The result has an entry for each address that could be asked; one without an entry could not (the system refused).
 * @throws BW_PING_UNAVAILABLE when this way of pinging does not work here at all.
 */
export interface PingDriver {
  readonly name: string;
  ping(batch: PingBatch, signal: AbortSignal): Promise<ReadonlyMap<string, PingTimes>>;
}
