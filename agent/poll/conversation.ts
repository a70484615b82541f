import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import { retry } from '../../runtime/retry.ts';
import type { SnmpCredentials } from '../config.ts';
import { type SnmpSession, SnmpStatusError, type VarBind } from '../drivers/snmp-session.ts';
import type { Stamp } from '../normalise/varbind.ts';
import type { ReplySize } from './reply-size.ts';

/** sysUpTime (RFC 3418). Asked without `.0` by GetNext and GetBulk, so that the answer is the instance itself. */
const SYS_UP_TIME = '1.3.6.1.2.1.1.3';

/** OIDs in one Get. */
const GET_WIDTH = 20;

/** The timeout is the wait: a repeat goes out at once. */
const AT_ONCE = { initial: 0, max: 0, factor: 1 };

export interface ConversationStats {
  timeouts: number;
  retries: number;
  /** Requests sent, repeats among them, and datagrams that answered one. */
  sent: number;
  answers: number;
  /** True once anything at all came back, be it an error. */
  answered: boolean;
}

/** Of a conversation that has not begun. */
export function noStats(): ConversationStats {
  return { timeouts: 0, retries: 0, sent: 0, answers: 0, answered: false };
}

/** Of two conversations of one poll. */
export function addedStats(a: ConversationStats, b: ConversationStats): ConversationStats {
  return {
    timeouts: a.timeouts + b.timeouts,
    retries: a.retries + b.retries,
    sent: a.sent + b.sent,
    answers: a.answers + b.answers,
    answered: a.answered || b.answered,
  };
}

/**
 * One poll's requests to one device: repeats what got no answer, makes requests smaller when large ones fail, and stamps every answer
 * with sysUpTime from the same PDU.
 */
export class Conversation {
  readonly stats: ConversationStats = noStats();
  readonly #session: SnmpSession;
  readonly #credentials: SnmpCredentials;
  readonly #size: ReplySize;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  constructor(options: {
    readonly session: SnmpSession;
    readonly credentials: SnmpCredentials;
    readonly size: ReplySize;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  }) {
    this.#session = options.session;
    this.#credentials = options.credentials;
    this.#size = options.size;
    this.#clock = options.clock;
    this.#signal = options.signal;
  }

  /** Scalars by instance OID. What the device does not have is left out. */
  async get(oids: readonly string[]): Promise<VarBind[]> {
    const found: VarBind[] = [];
    for (let from = 0; from < oids.length; from += GET_WIDTH)
      found.push(...(await this.#getSome(oids.slice(from, from + GET_WIDTH))));
    return found.filter((v) => !v.type.startsWith('noSuch') && v.type !== 'endOfMibView');
  }

  /** For each OID what follows it, many in one request; undefined where nothing does. Says which of many columns a device has. */
  async first(oids: readonly string[]): Promise<(VarBind | undefined)[]> {
    const found: (VarBind | undefined)[] = [];
    let width = GET_WIDTH;
    while (found.length < oids.length) {
      const asked = oids.slice(found.length, found.length + width);
      try {
        found.push(...(await this.#firstOf(asked)));
      } catch (error) {
        if (!isOtherStatus(error)) throw error;
        // Alone, an object that the device cannot answer for is one that it does not have.
        if (asked.length === 1) found.push(undefined);
        width = Math.ceil(asked.length / 2);
      }
    }
    return found;
  }

  async #firstOf(oids: readonly string[]): Promise<(VarBind | undefined)[]> {
    if (oids.length === 0) return [];
    try {
      const { varbinds } = await this.#try(() => this.#session.getNext(oids, this.#signal));
      return oids.map((_, i) => varbinds[i]);
    } catch (error) {
      const ended = oids.findIndex((oid) => isNoSuchName(error, oid));
      if (ended < 0) throw error;
      const rest = await this.#firstOf(oids.filter((_, i) => i !== ended));
      return [...rest.slice(0, ended), undefined, ...rest.slice(ended)];
    }
  }

  /** As `AskNext` of the walk. */
  async next(
    select: (atMost: number) => readonly string[],
  ): Promise<{ columns: readonly (readonly VarBind[])[]; stamp: Stamp }> {
    if (this.#credentials.version === '1') return this.#nextOne(select);
    const reply = await this.#try(() => {
      const { columns, repetitions } = this.#size.shape();
      return this.#session.getBulk(
        { nonRepeaters: [SYS_UP_TIME], repeaters: select(columns), maxRepetitions: repetitions },
        this.#signal,
      );
    });
    return { columns: reply.columns, stamp: stampOf(reply.nonRepeaters[0], reply.receivedAt) };
  }

  /** SNMPv1 has no GetBulk, and says "no more" by failing the whole request for one OID. */
  async #nextOne(
    select: (atMost: number) => readonly string[],
  ): Promise<{ columns: readonly (readonly VarBind[])[]; stamp: Stamp }> {
    let asked: readonly string[] = [];
    try {
      const reply = await this.#try(() => {
        asked = select(this.#size.shape().repetitions);
        return this.#session.getNext([SYS_UP_TIME, ...asked], this.#signal);
      });
      const [uptime, ...rest] = reply.varbinds;
      return { columns: asked.map((_, i) => rest.slice(i, i + 1)), stamp: stampOf(uptime, reply.receivedAt) };
    } catch (error) {
      const ended = asked.findIndex((oid) => isNoSuchName(error, oid));
      if (ended < 0) throw error;
      const end: VarBind = { oid: asked[ended]!, type: 'endOfMibView', value: null };
      return {
        columns: asked.map((_, i) => (i === ended ? [end] : [])),
        stamp: { at: this.#clock.monotonic(), uptime: undefined },
      };
    }
  }

  async #getSome(oids: readonly string[]): Promise<readonly VarBind[]> {
    if (oids.length === 0) return [];
    try {
      return (await this.#try(() => this.#session.get(oids, this.#signal))).varbinds;
    } catch (error) {
      const rest = oids.filter((oid) => !isNoSuchName(error, oid));
      if (rest.length === oids.length) throw error;
      return this.#getSome(rest);
    }
  }

  async #try<T>(request: () => Promise<T>): Promise<T> {
    let earlier: unknown;
    return retry(
      async (attempt) => {
        if (attempt > 1) this.stats.retries++;
        this.stats.sent++;
        try {
          const reply = await request();
          this.stats.answered = true;
          this.stats.answers++;
          this.#size.succeeded();
          return reply;
        } catch (error) {
          this.#note(error);
          // A repeat that the budget cuts short has the cause of the first try.
          const cut = error instanceof BellwetherError && error.code === 'BW_SNMP_BUDGET';
          if (!cut) earlier = error;
          throw earlier ?? error;
        }
      },
      {
        clock: this.#clock,
        policy: AT_ONCE,
        attempts: this.#credentials.retries + 1,
        signal: this.#signal,
        retryable: (error) => error instanceof BellwetherError && (error.retryable || isTooBig(error)),
      },
    );
  }

  #note(error: unknown): void {
    if (!(error instanceof BellwetherError) || error.code === 'BW_SNMP_BUDGET') return;
    if (error.code === 'BW_SNMP_TIMEOUT') this.stats.timeouts++;
    else {
      this.stats.answered = true;
      // Any other came out of datagrams that were not used, which are counted as faults.
      if (error instanceof SnmpStatusError) this.stats.answers++;
    }
    // A device that has answered before and is silent now may have been asked for more than it can send.
    if (isTooBig(error) || (error.code === 'BW_SNMP_TIMEOUT' && this.stats.answered)) this.#size.failed();
  }
}

function stampOf(uptime: VarBind | undefined, receivedAt: number): Stamp {
  const known = uptime?.type === 'TimeTicks' && uptime.oid === `${SYS_UP_TIME}.0` && typeof uptime.value === 'number';
  return { at: receivedAt, uptime: known ? (uptime.value as number) : undefined };
}

function isNoSuchName(error: unknown, oid: string): boolean {
  return error instanceof SnmpStatusError && error.status === 'NoSuchName' && error.oid === oid;
}

/** genErr and its like: some agents answer a request with one object they stumble over by failing all of it. */
function isOtherStatus(error: unknown): boolean {
  return error instanceof SnmpStatusError && error.status !== 'NoSuchName';
}

function isTooBig(error: unknown): boolean {
  return error instanceof SnmpStatusError && error.status === 'TooBig';
}
