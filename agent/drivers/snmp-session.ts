import { BellwetherError } from '../../core/errors.ts';

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
