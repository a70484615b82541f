import { BerReader, type Element, encode, encodeInteger, encodeOid } from './ber.ts';
import type { OwnEngine } from './engine-times.ts';
import { PDU } from './pdu.ts';
import { digestLength, digestOf, encrypt, type UsmUser } from './usm.ts';

/** Counters of RFC 3414 section 5 that a Report names, so that the sender knows what to put right. */
export const REPORTS = {
  unsupportedSecLevels: '1.3.6.1.6.3.15.1.1.1.0',
  notInTimeWindows: '1.3.6.1.6.3.15.1.1.2.0',
  unknownUserNames: '1.3.6.1.6.3.15.1.1.3.0',
  unknownEngineIDs: '1.3.6.1.6.3.15.1.1.4.0',
  wrongDigests: '1.3.6.1.6.3.15.1.1.5.0',
  decryptionErrors: '1.3.6.1.6.3.15.1.1.6.0',
} as const;

export type ReportName = keyof typeof REPORTS;

/** The Response to a v2c inform: the same message as another PDU (RFC 3416 section 4.2.7). */
export function communityResponse(message: Uint8Array, pduAt: number): Uint8Array {
  const response = Uint8Array.from(message);
  response[pduAt] = PDU.response;
  return response;
}

/** A v3 message from us. */
export interface UserReply {
  readonly id: number;
  readonly engine: OwnEngine;
  readonly user: string;
  /** Undefined: sent in clear and unsigned. */
  readonly keys: UsmUser | undefined;
  readonly priv: boolean;
  /** The scoped PDU. */
  readonly scoped: Uint8Array;
  readonly now: number;
  /** Eight octets never used before with this key. */
  readonly salt: Uint8Array;
}

/** Most that we take in one datagram, as we say to the other side (RFC 3412). */
const MAX_SIZE = 65_507;

export function userReply(reply: UserReply): Uint8Array {
  const { engine, keys, priv, scoped, salt } = reply;
  const time = engine.time(reply.now);
  const flags = (keys ? 1 : 0) | (priv ? 2 : 0);
  const header = encode(
    0x30,
    encodeInteger(reply.id),
    encodeInteger(MAX_SIZE),
    encode(0x04, [flags]),
    encodeInteger(3),
  );
  const privacy = keys && priv ? { user: keys, engineId: engine.id, boots: engine.boots, time, salt } : undefined;
  const digest = new Uint8Array(keys ? digestLength(keys) : 0);
  const security = encode(
    0x30,
    encode(0x04, engine.id),
    encodeInteger(engine.boots),
    encodeInteger(time),
    encode(0x04, new TextEncoder().encode(reply.user)),
    encode(0x04, digest),
    encode(0x04, privacy ? salt : []),
  );
  const data = privacy ? encode(0x04, encrypt(scoped, privacy)) : scoped;
  const message = encode(0x30, encodeInteger(3), header, encode(0x04, security), data);
  if (keys) {
    const field = digestField(message);
    message.set(digestOf(message, field, keys, engine.id), field.start);
  }
  return message;
}

function digestField(message: Uint8Array): Element {
  const outer = new BerReader(message).enter(0x30);
  outer.integer();
  outer.next();
  const { start, end } = outer.expect(0x04);
  const security = new BerReader(message, start, end).enter(0x30);
  for (let i = 0; i < 4; i++) security.next();
  return security.expect(0x04);
}

/** The scoped PDU of a Report: which counter went up, and to what. */
export function reportPdu(engineId: Uint8Array, requestId: number, report: ReportName, count: number): Uint8Array {
  const varbind = encode(0x30, encodeOid(REPORTS[report]), encodeInteger(count, 0x41));
  const numbers = [encodeInteger(requestId), encodeInteger(0), encodeInteger(0)];
  return scopedPdu(engineId, new Uint8Array(), encode(PDU.report, ...numbers, encode(0x30, varbind)));
}

export function scopedPdu(engineId: Uint8Array, context: Uint8Array, pdu: Uint8Array): Uint8Array {
  return encode(0x30, encode(0x04, engineId), encode(0x04, context), pdu);
}
