import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { SnmpCredentials } from '../config.ts';
import type { HostAddress } from './resolve.ts';

/** ASN.1 types of RFC 2578 and the exceptions of RFC 3416 (the three that begin with a small letter). */
export type SnmpType =
  | 'Integer'
  | 'OctetString'
  | 'Null'
  | 'ObjectIdentifier'
  | 'IpAddress'
  | 'Counter32'
  | 'Gauge32'
  | 'TimeTicks'
  | 'Opaque'
  | 'Counter64'
  | 'noSuchObject'
  | 'noSuchInstance'
  | 'endOfMibView';

/** Counter64 is a bigint, the other numbers a number, octets stay octets, OIDs and addresses are dotted text. */
export interface VarBind {
  readonly oid: string;
  readonly type: SnmpType;
  readonly value: number | bigint | string | Uint8Array | null;
}

export interface SnmpReply {
  readonly varbinds: readonly VarBind[];
  /** Monotonic ms at which the datagram was taken from the socket. */
  readonly receivedAt: number;
}

export interface BulkRequest {
  readonly nonRepeaters: readonly string[];
  readonly repeaters: readonly string[];
  readonly maxRepetitions: number;
}

export interface BulkReply {
  readonly nonRepeaters: readonly VarBind[];
  /** One list per repeater, in the order asked; a device may cut them short. */
  readonly columns: readonly (readonly VarBind[])[];
  readonly receivedAt: number;
}

/** What reached our socket and was not used: undecodable, from elsewhere, or answering nothing that is still asked. */
export type SnmpFault = 'malformed' | 'wrong_source' | 'late';

/**
 * One device's SNMP conversation. A call sends one request once and waits for its answer: retries belong to the caller.
 * One call at a time. An aborted `signal` ends the call at once with BW_SNMP_BUDGET.
 *
 * Fails with BW_SNMP_TIMEOUT, BW_SNMP_MALFORMED, BW_SNMP_SOURCE, BW_SNMP_AUTH, BW_SNMP_BUDGET or SnmpStatusError.
 */
export interface SnmpSession {
  get(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply>;
  getNext(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply>;
  getBulk(request: BulkRequest, signal: AbortSignal): Promise<BulkReply>;
  /** Frees the socket. Safe to call twice; a later call fails. */
  close(): void;
}

/** Looks at the variable bindings `bytes[from, to)` of the answer to one request of a burst; false when they are not what was expected. */
export type TakeAnswer = (index: number, bytes: Uint8Array, from: number, to: number, receivedAt: number) => boolean;

export interface BurstOptions {
  readonly take: TakeAnswer;
  /** Requests that wait for an answer at once, at most. */
  readonly window: number;
  /** How often one that gets no answer is sent again. */
  readonly retries: number;
  readonly signal: AbortSignal;
}

export interface BurstOutcome {
  /** Why not all were answered; undefined when all were, as expected. */
  readonly error: BellwetherError | undefined;
  /** An answer came that `take` did not want: nothing more was asked then. */
  readonly unexpected: boolean;
  /** Requests that were answered and taken. */
  readonly taken: number;
  readonly timeouts: number;
  readonly retries: number;
  readonly sent: number;
  /** Datagrams that answered one of them, whatever they said. */
  readonly answers: number;
  /** Octets of the longest good answer, as it would be in version 2c. */
  readonly longest: number;
}

/** A session that can send many requests at once and hands their answers over undecoded. */
export interface BurstSession extends SnmpSession {
  /**
   * GetBulk requests that do not depend on each other. What is worked out for a list of requests is kept as long as the list: hand in the same one again.
   * Never fails for what a device does. One call at a time, as the others.
   */
  burst(requests: readonly BulkRequest[], options: BurstOptions): Promise<BurstOutcome>;
}

export function canBurst(session: SnmpSession): session is BurstSession {
  return 'burst' in session;
}

/** The device answered with an error status (RFC 3416 section 3). */
export class SnmpStatusError extends BellwetherError {
  /** As net-snmp spells it: `TooBig`, `NoSuchName`, `GeneralError`. */
  readonly status: string;
  /** The OID the device complains about, when it names one. */
  readonly oid: string | undefined;

  constructor(status: string, oid: string | undefined) {
    super('BW_SNMP_ERROR', `the device answered ${status}${oid ? ` for ${oid}` : ''}`);
    this.status = status;
    this.oid = oid;
  }
}

export interface SnmpSessionOptions {
  readonly address: HostAddress;
  readonly credentials: SnmpCredentials;
  readonly clock: Clock;
  /** Told of every datagram that was not used. */
  readonly onFault: (fault: SnmpFault, detail: string) => void;
}

export type OpenSnmpSession = (options: SnmpSessionOptions) => SnmpSession;
