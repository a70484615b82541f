import { errorMessage } from '../../../core/errors.ts';
import { BerError, BerReader, TAG } from '../ber.ts';
import type { BackWriter } from './ber-writer.ts';
import type { SecurityLevel } from './protocol.ts';

/** msgFlags (RFC 3412 section 6.4). */
export const FLAG = { auth: 1, priv: 2, reportable: 4 } as const;
/** Those of them that make a security level. */
export const LEVEL_FLAGS: Readonly<Record<SecurityLevel, number>> = {
  noAuthNoPriv: 0,
  authNoPriv: FLAG.auth,
  authPriv: FLAG.auth | FLAG.priv,
};

/** msgSecurityModel of the user-based security model (RFC 3411 section 5). */
const USM = 3;
const VERSION_3 = 3;
/** SnmpEngineID (RFC 3411): 5 to 32 octets. */
const MOST_ENGINE_ID = 32;
/** SnmpAdminString as a user name (RFC 3414 section 2.4). */
const MOST_USER_NAME = 32;

/** What the outside of a v3 message says (RFC 3412 section 6, RFC 3414 section 2.4). */
interface Outside {
  readonly id: number;
  readonly flags: number;
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  readonly user: Uint8Array;
  /** msgPrivacyParameters. */
  readonly salt: Uint8Array;
}

/** A message as it came. Nothing in here is proven before the digest has been checked. Octets are views of the datagram. */
export interface V3Message extends Outside {
  /** Largest message that the sender takes. */
  readonly maxSize: number;
  /** Where the digest stands in the datagram, and its length. */
  readonly digestAt: number;
  readonly digestLength: number;
  /** The content of the scoped PDU in clear, or its encrypted octets, by the flags. */
  readonly data: Uint8Array;
}

/** A message of another version or security model: there may be nothing wrong with it. */
export class ForeignMessageError extends BerError {}

/** The message in a datagram, or in words why it is none that can be used. Never throws. */
export function decodeV3(datagram: Uint8Array): V3Message | string {
  try {
    return readV3(datagram);
  } catch (error) {
    return errorMessage(error);
  }
}

/** @throws BerError for what is no message, ForeignMessageError for one that is not for us */
export function readV3(datagram: Uint8Array): V3Message {
  const outside = new BerReader(datagram);
  const message = outside.enter(TAG.Sequence);
  const version = message.integer();
  if (version !== VERSION_3) throw new ForeignMessageError(`a message of version field ${version}`, message.pos);
  const header = message.enter(TAG.Sequence);
  const id = count(header);
  const maxSize = count(header);
  const flagOctets = header.octets();
  const model = count(header);
  mustEnd(outside);
  mustEnd(header);
  if (flagOctets.length !== 1) throw new BerError('flags of another size than one octet', header.pos);
  if (model !== USM) throw new ForeignMessageError(`security model ${model}`, header.pos);
  const flags = flagOctets[0]! & 7;
  if ((flags & FLAG.priv) !== 0 && (flags & FLAG.auth) === 0)
    throw new BerError('privacy without authentication', header.pos);
  const security = message.enter(TAG.OctetString);
  const parameters = security.enter(TAG.Sequence);
  const data = message.octets((flags & FLAG.priv) !== 0 ? TAG.OctetString : TAG.Sequence);
  mustEnd(message);
  mustEnd(security);
  return { id, maxSize, flags, data, ...decodeParameters(parameters) };
}

function decodeParameters(parameters: BerReader): Omit<V3Message, 'id' | 'maxSize' | 'flags' | 'data'> {
  const engineId = parameters.octets();
  const boots = count(parameters);
  const time = count(parameters);
  const user = parameters.octets();
  const digestLength = parameters.octets().length;
  const digestAt = parameters.pos - digestLength;
  const salt = parameters.octets();
  mustEnd(parameters);
  if (engineId.length > MOST_ENGINE_ID) throw new BerError(`an engine id of ${engineId.length} octets`, 0);
  if (user.length > MOST_USER_NAME) throw new BerError(`a user name of ${user.length} octets`, 0);
  return { engineId, boots, time, user, digestAt, digestLength, salt };
}

function mustEnd(reader: BerReader): void {
  if (!reader.atEnd) throw new BerError('octets behind the end', reader.pos);
}

/** INTEGER (0..2147483647). */
function count(reader: BerReader): number {
  const at = reader.pos;
  const value = reader.integer();
  if (value < 0 || value > 0x7fff_ffff) throw new BerError('a number outside 0..2147483647', at);
  return value;
}

/** What goes around a scoped PDU that was just written into a BackWriter, or encrypted. */
export interface Envelope extends Outside {
  /** Octets to leave zero for the digest. */
  readonly digest: number;
}

const ZEROS = new Uint8Array(48);
const NOTHING = new Uint8Array();
/** What fits a UDP datagram on IPv4. */
const MAX_SIZE = 65_507;

/** Writes the outside of a message before what `writer` holds (msgData as a whole element); gives where msgID and digest stand from the message's start. */
export function writeEnvelope(
  writer: BackWriter,
  envelope: Envelope,
): { readonly idAt: number; readonly digestAt: number } {
  const all = writer.bytes.length;
  const outer = writer.at;
  writer.octets((envelope.flags & FLAG.priv) !== 0 ? envelope.salt : NOTHING);
  writer.octets(ZEROS.subarray(0, envelope.digest));
  const digestEnd = writer.at + 1 + 1 + envelope.digest;
  writer.octets(envelope.user);
  writer.int32(envelope.time);
  writer.int32(envelope.boots);
  writer.octets(envelope.engineId);
  writer.close(TAG.Sequence, outer);
  writer.close(TAG.OctetString, outer);
  const header = writer.at;
  writer.int32(USM);
  writer.octets(Uint8Array.of(envelope.flags));
  writer.int32(MAX_SIZE);
  writer.int32(envelope.id);
  const idAt = writer.at + 2;
  writer.close(TAG.Sequence, header);
  writer.int32(VERSION_3);
  writer.close(TAG.Sequence, all);
  return { idAt: idAt - writer.at, digestAt: digestEnd - envelope.digest - writer.at };
}
