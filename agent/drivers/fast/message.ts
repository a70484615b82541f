import { BerError, BerReader, element, integerElement, NULL_ELEMENT, octetsElement, oidElement, TAG } from '../ber.ts';
import { SnmpStatusError, type SnmpType, type VarBind } from '../snmp-session.ts';

/** SNMP's version field: 0 is version 1, 1 is version 2c (RFC 1157, RFC 1901), 3 is version 3 (RFC 3412). */
export type CommunityVersion = '1' | '2c';

export interface RequestShape {
  readonly version: CommunityVersion;
  readonly community: Uint8Array;
  readonly pdu: typeof TAG.GetRequest | typeof TAG.GetNextRequest | typeof TAG.GetBulkRequest;
  /** Non-repeaters and max-repetitions of a GetBulk; 0 and 0 otherwise. */
  readonly first: number;
  readonly second: number;
  readonly oids: readonly string[];
}

/** A request whose only open place is its request-id: four octets from `idAt`, written over each time it is sent. */
export interface RequestTemplate {
  bytes: Uint8Array;
  readonly idAt: number;
}

/** Every id that is written takes four octets and is positive: the shortest encoding, always of the same length. */
const LOWEST_ID = 0x01_00_00_00;
const IDS = 0x7f_00_00_00;

/** A request-id out of 32 random bits. */
export function requestId(random: number): number {
  return LOWEST_ID + (random % IDS);
}

export function encodeRequest(shape: RequestShape): RequestTemplate {
  const names = shape.oids.map((oid) => element(TAG.Sequence, oidElement(oid), NULL_ELEMENT));
  const afterId = concat([integerElement(shape.first), integerElement(shape.second), element(TAG.Sequence, ...names)]);
  const pdu = element(shape.pdu, integerElement(LOWEST_ID), afterId);
  const bytes = element(
    TAG.Sequence,
    integerElement(shape.version === '1' ? 0 : 1),
    octetsElement(shape.community),
    pdu,
  );
  return { bytes, idAt: bytes.length - afterId.length - 4 };
}

/** Writes a request-id (from `requestId`) into a template's bytes. */
export function writeId(bytes: Uint8Array, at: number, id: number): void {
  bytes[at] = id >>> 24;
  bytes[at + 1] = (id >>> 16) & 255;
  bytes[at + 2] = (id >>> 8) & 255;
  bytes[at + 3] = id & 255;
}

/**
 * The number by which an answer finds its request: request-id of versions 1 and 2c, msgID of version 3 (RFC 3412 section 6).
 * Undefined for what does not begin like an SNMP message.
 */
export function idOf(bytes: Uint8Array): number | undefined {
  try {
    const reader = new BerReader(bytes);
    reader.head(TAG.Sequence);
    const version = reader.integer();
    if (version === 3) {
      reader.head(TAG.Sequence);
      return reader.integer();
    }
    reader.octets();
    const pdu = reader.peek();
    if (pdu !== TAG.Response) return undefined;
    reader.head(pdu);
    return reader.integer();
  } catch (error) {
    if (error instanceof BerError) return undefined;
    throw error;
  }
}

export interface Response {
  readonly version: number;
  readonly community: Uint8Array;
  readonly requestId: number;
  readonly errorStatus: number;
  readonly errorIndex: number;
  readonly varbinds: readonly VarBind[];
}

/** Reads a whole response of version 1 or 2c. @throws BerError */
export function decodeResponse(bytes: Uint8Array): Response {
  const message = new BerReader(bytes).enter(TAG.Sequence);
  const version = message.integer();
  if (version !== 0 && version !== 1) throw new BerError(`version ${version}`, 0);
  const community = message.octets();
  return { version, community, ...decodePdu(message.enter(TAG.Response)) };
}

/** Reads what stands in a PDU, of any version. @throws BerError */
export function decodePdu(pdu: BerReader): Omit<Response, 'version' | 'community'> {
  const requestId = pdu.integer();
  const errorStatus = pdu.integer();
  const errorIndex = pdu.integer();
  const list = pdu.enter(TAG.Sequence);
  const varbinds: VarBind[] = [];
  while (!list.atEnd) varbinds.push(readVarbind(list));
  return { requestId, errorStatus, errorIndex, varbinds };
}

function readVarbind(list: BerReader): VarBind {
  const inner = list.enter(TAG.Sequence);
  const oid = inner.oid();
  const tag = inner.peek();
  const type = tag === undefined ? undefined : TYPES.get(tag);
  if (type === undefined) throw new BerError(`a value of unknown type ${tag}`, inner.pos);
  return { oid, type, value: readValue(inner, type) };
}

const TYPES: ReadonlyMap<number, SnmpType> = new Map(
  (
    [
      'Integer',
      'OctetString',
      'Null',
      'ObjectIdentifier',
      'IpAddress',
      'Counter32',
      'Gauge32',
      'TimeTicks',
      'Opaque',
      'Counter64',
      'noSuchObject',
      'noSuchInstance',
      'endOfMibView',
    ] as const satisfies readonly SnmpType[]
  ).map((type) => [TAG[type], type]),
);

function readValue(reader: BerReader, type: SnmpType): VarBind['value'] {
  const tag = TAG[type];
  switch (type) {
    case 'Integer':
      return reader.integer();
    case 'Counter32':
    case 'Gauge32':
    case 'TimeTicks':
      return reader.unsigned32(tag);
    case 'Counter64':
      return reader.unsigned64();
    case 'OctetString':
    case 'Opaque':
      // A copy: the datagram would otherwise live as long as one name in it.
      return Uint8Array.from(reader.octets(tag));
    case 'ObjectIdentifier':
      return reader.oid();
    case 'IpAddress': {
      const at = reader.pos;
      const octets = reader.octets(tag);
      if (octets.length !== 4) throw new BerError('an IpAddress of other than four octets', at);
      return octets.join('.');
    }
    default:
      reader.nothing(tag);
      return null;
  }
}

/** error-status by its names as net-snmp spells them (RFC 3416 section 3). */
const STATUS_NAMES = [
  'NoError',
  'TooBig',
  'NoSuchName',
  'BadValue',
  'ReadOnly',
  'GeneralError',
  'NoAccess',
  'WrongType',
  'WrongLength',
  'WrongEncoding',
  'WrongValue',
  'NoCreation',
  'InconsistentValue',
  'ResourceUnavailable',
  'CommitFailed',
  'UndoFailed',
  'AuthorizationError',
  'NotWritable',
  'InconsistentName',
] as const;

/** The error of a response whose error-status is not 0. */
export function statusError({
  errorStatus,
  errorIndex,
  varbinds,
}: Omit<Response, 'version' | 'community'>): SnmpStatusError {
  return new SnmpStatusError(STATUS_NAMES[errorStatus] ?? 'GeneralError', varbinds[errorIndex - 1]?.oid);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
