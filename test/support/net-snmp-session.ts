import type { RemoteInfo } from 'node:dgram';
import snmp, { type RawVarBind, type Session, type SessionOptions, type User } from 'net-snmp';
import type { SnmpCredentials } from '../../agent/config.ts';
import { silent, stopped, UnusedDatagrams, unsent } from '../../agent/drivers/answers.ts';
import {
  type BulkReply,
  type BulkRequest,
  type OpenSnmpSession,
  type SnmpFault,
  type SnmpReply,
  type SnmpSession,
  type SnmpSessionOptions,
  SnmpStatusError,
} from '../../agent/drivers/snmp-session.ts';
import { levelOf } from '../../agent/drivers/usm/protocol.ts';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import { fromRaw } from './net-snmp-values.ts';

/** SNMP v1, v2c and v3 over net-snmp. Opens its socket with the first request. */
export const openSnmpSession: OpenSnmpSession = (options) => new NetSnmpSession(options);

type Callback<T> = (error: Error | null, varbinds?: T) => void;

class NetSnmpSession implements SnmpSession {
  readonly #options: SnmpSessionOptions;
  #session: Session | undefined;
  /** True once this session got an answer: a v3 failure afterwards may only mean that the engine restarted. */
  #proven = false;
  #closed = false;
  #receivedAt = 0;
  #fail: ((error: Error) => void) | undefined;
  readonly #unused: UnusedDatagrams;
  #faults = 0;
  /** Something usable came while the current request waits: in v3, the engine's report before the answer proper. */
  #heard = false;

  constructor(options: SnmpSessionOptions) {
    this.#options = options;
    this.#unused = new UnusedDatagrams(options);
  }

  async get(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply> {
    const raw = await this.#call<RawVarBind[]>((session, done) => session.get([...oids], done), signal);
    return { varbinds: raw.map(fromRaw), receivedAt: this.#receivedAt };
  }

  async getNext(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply> {
    const raw = await this.#call<RawVarBind[]>((session, done) => session.getNext([...oids], done), signal);
    return { varbinds: raw.map(fromRaw), receivedAt: this.#receivedAt };
  }

  async getBulk(request: BulkRequest, signal: AbortSignal): Promise<BulkReply> {
    const oids = [...request.nonRepeaters, ...request.repeaters];
    const fixed = request.nonRepeaters.length;
    const raw = await this.#call<(RawVarBind | RawVarBind[])[]>(
      (session, done) => session.getBulk(oids, fixed, request.maxRepetitions, done),
      signal,
    );
    const lists = raw.map((item) => (Array.isArray(item) ? item : [item]).map(fromRaw));
    return {
      nonRepeaters: lists.slice(0, fixed).flat(),
      columns: request.repeaters.map((_, i) => lists[fixed + i] ?? []),
      receivedAt: this.#receivedAt,
    };
  }

  close(): void {
    this.#closed = true;
    this.#discard();
  }

  async #call<T>(start: (session: Session, done: Callback<T>) => void, signal: AbortSignal): Promise<T> {
    const wasProven = this.#proven;
    try {
      return await this.#once(start, signal);
    } catch (error) {
      if (this.#options.credentials.version !== '3') throw error;
      // Engine boots and time are learned per session: after any failure they are learned anew, and if they were good before, at once.
      this.#discard();
      if (!wasProven || !(error instanceof BellwetherError) || error.code !== 'BW_SNMP_AUTH') throw error;
      return this.#once(start, signal);
    }
  }

  #once<T>(start: (session: Session, done: Callback<T>) => void, signal: AbortSignal): Promise<T> {
    if (this.#fail) return Promise.reject(new Error('one request at a time on an SNMP session'));
    if (signal.aborted || this.#closed) return Promise.reject(stopped());
    this.#unused.begin();
    this.#heard = false;
    this.#session ??= this.#open();
    const session = this.#session;
    return new Promise<T>((resolve, reject) => {
      const settle = (): boolean => {
        if (this.#fail !== fail) return false;
        this.#fail = undefined;
        signal.removeEventListener('abort', onAbort);
        return true;
      };
      const fail = (error: Error): void => {
        if (settle()) reject(error);
      };
      const onAbort = (): void => {
        fail(this.#unused.error() ?? stopped());
        session.cancelRequests(stopped());
      };
      this.#fail = fail;
      signal.addEventListener('abort', onAbort, { once: true });
      start(session, (error, varbinds) => {
        if (error) return fail(this.#translate(error));
        this.#proven = true;
        if (settle()) resolve(varbinds as T);
      });
    });
  }

  #open(): Session {
    const { address, credentials } = this.#options;
    const options: SessionOptions = {
      port: credentials.port,
      timeout: credentials.timeout,
      retries: 0,
      transport: address.family === 6 ? 'udp6' : 'udp4',
      // Our own walk checks the order of OIDs, so that it can keep what came before the fault.
      backwardsGetNexts: true,
    };
    const session =
      credentials.version === '3'
        ? snmp.createV3Session(address.address, userOf(credentials), { ...options, context: credentials.context })
        : snmp.createSession(address.address, credentials.community, {
            ...options,
            version: credentials.version === '1' ? snmp.Version1 : snmp.Version2c,
          });
    session.on('error', (error: unknown) => this.#fault('malformed', errorMessage(error)));
    session.dgram.on('error', (error) => this.#fail?.(this.#translate(error)));
    this.#guard(session);
    return session;
  }

  /** Puts our own check of the sender, and a catch, before net-snmp's reading of each datagram: it has neither. */
  #guard(session: Session): void {
    const { address, credentials, clock } = this.#options;
    const listeners = session.dgram.listeners('message');
    session.dgram.removeAllListeners('message');
    session.dgram.on('message', (datagram: Buffer, from: RemoteInfo) => {
      const sender = from.address.replace(/%.*$/, '');
      if (sender !== address.canonical || from.port !== credentials.port) {
        this.#fault('wrong_source', `${sender} port ${from.port}`);
        return;
      }
      this.#receivedAt = clock.monotonic();
      const waiting = session.reqCount;
      const faults = this.#faults;
      try {
        for (const listener of listeners) listener.call(session.dgram, datagram, from);
      } catch (error) {
        this.#fault('malformed', errorMessage(error));
        // The request may have been taken off its list before the throw: then nobody else will end it.
        this.#fail?.(new BellwetherError('BW_SNMP_MALFORMED', errorMessage(error), { cause: error, retryable: true }));
        return;
      }
      if (this.#faults !== faults) return;
      // Read without complaint, and yet no fewer requests wait.
      if (session.reqCount === waiting) this.#fault('late', 'an answer to a request that is no longer waiting');
      else this.#heard = true;
    });
  }

  #fault(fault: SnmpFault, detail: string): void {
    this.#faults++;
    this.#unused.note(fault, detail);
  }

  #discard(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#proven = false;
    if (!session) return;
    this.#fail?.(stopped());
    session.close();
  }

  #translate(error: Error & { code?: unknown }): BellwetherError {
    const { ResponseInvalidCode: invalid } = snmp;
    switch (error.name) {
      case 'RequestTimedOutError':
        return this.#silence();
      case 'RequestFailedError': {
        const [status, oid] = error.message.split(': ');
        return new SnmpStatusError(status ?? error.message, oid);
      }
      case 'ResponseInvalidError':
        return [
          invalid['EAuthFailure'],
          invalid['ECouldNotDecrypt'],
          invalid['ENotInTimeWindow'],
          invalid['EUnexpectedReport'],
        ].includes(error.code as number)
          ? new BellwetherError('BW_SNMP_AUTH', `the device refused SNMPv3: ${withoutDigests(error.message)}`)
          : new BellwetherError('BW_SNMP_MALFORMED', error.message, { cause: error, retryable: true });
      default:
        return unsent(error);
    }
  }

  /** No good answer came in time: was there a bad one? */
  #silence(): BellwetherError {
    const bad = this.#unused.error();
    if (bad) return bad;
    // A device that cannot decrypt a request drops it without a word (RFC 3414 section 3.2 step 8 is for those that notice).
    return this.#heard
      ? new BellwetherError('BW_SNMP_AUTH', 'the device tells its engine, but does not answer: is priv_key right?', {
          retryable: true,
        })
      : silent(this.#options.credentials.timeout);
  }
}

/** net-snmp writes received and computed digests into the text; they have no place in a log. */
function withoutDigests(message: string): string {
  return message.startsWith('Authentication digest') ? 'the digest of its answer does not match' : message;
}

function userOf(credentials: Extract<SnmpCredentials, { version: '3' }>): User {
  const { user, auth_key, priv_key } = credentials;
  const level = levelOf(credentials);
  const { priv_protocol } = credentials;
  if (level === 'authPriv' && !snmp.PrivProtocols[priv_protocol])
    throw new BellwetherError('BW_SNMP_AUTH', `priv_protocol ${priv_protocol} is unknown to net-snmp`);
  return {
    name: user,
    level: snmp.SecurityLevel[level],
    ...(level !== 'noAuthNoPriv' && auth_key
      ? { authProtocol: snmp.AuthProtocols[credentials.auth_protocol]!, authKey: auth_key }
      : {}),
    ...(level === 'authPriv' && priv_key
      ? { privProtocol: snmp.PrivProtocols[credentials.priv_protocol]!, privKey: priv_key }
      : {}),
  };
}
