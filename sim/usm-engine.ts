import { randomBytes } from 'node:crypto';
import { BerReader, BerWriter } from 'asn1-ber';
import { decodePdu, encodeResponse, encodeVarbind, PDU, type SnmpRequest } from './snmp-message.ts';
import { DeviceKeys, type SimUser } from './usm-keys.ts';

/** usmStats (RFC 3414 section 5), by what stands behind 1.3.6.1.6.3.15.1.1. */
const STATS = {
  unsupportedSecLevels: 1,
  notInTimeWindows: 2,
  unknownUserNames: 3,
  unknownEngineIds: 4,
  wrongDigests: 5,
  decryptionErrors: 6,
} as const;
type Stat = keyof typeof STATS;

/** msgFlags, and what a message has at least. */
const AUTH = 1;
const PRIV = 2;
const REPORTABLE = 4;
const USM = 3;
/** RFC 3414 section 2.2.3. */
const WINDOW_S = 150;

/** A message up to its scoped PDU. */
interface Outside {
  readonly id: number;
  readonly flags: number;
  readonly engineId: Buffer;
  readonly boots: number;
  readonly time: number;
  readonly user: string;
  readonly digestAt: number;
  readonly digest: Buffer;
  readonly salt: Buffer;
  /** The content of msgData: of the scoped PDU in clear, or encrypted. */
  readonly data: Buffer;
}

/** What a request turned out to be: to be answered (`wrap` makes a message of a response PDU), or a report that is the answer. */
export type Received =
  | { readonly request: SnmpRequest; readonly room: number; wrap(pdu: Buffer): Buffer }
  | { readonly report: Buffer };

/**
 * A simulated device's SNMPv3 engine with its users (RFC 3412, RFC 3414). Instants are ms on the responder's monotonic clock. Like DeviceKeys, written
 * apart from the agent's on purpose, also its reading and writing of messages.
 */
export class SimulatedEngine {
  readonly id: Buffer;
  boots = 1;
  #startedAt: number;
  readonly #users: ReadonlyMap<string, DeviceKeys>;
  readonly #stats: Record<Stat, number> = {
    unsupportedSecLevels: 0,
    notInTimeWindows: 0,
    unknownUserNames: 0,
    unknownEngineIds: 0,
    wrongDigests: 0,
    decryptionErrors: 0,
  };

  /** @param at when it started: its time is 0 then */
  constructor(users: readonly SimUser[], at: number, id: Buffer = randomEngineId()) {
    this.id = id;
    this.#startedAt = at;
    this.#users = new Map(users.map((user) => [user.name, new DeviceKeys(user, id)]));
  }

  get stats(): Readonly<Record<Stat, number>> {
    return { ...this.#stats };
  }

  time(at: number): number {
    return Math.max(0, Math.floor((at - this.#startedAt) / 1000));
  }

  /** Its time starts at 0 again, as after a power cycle; devices that cannot keep the count do not raise `boots`. */
  restart(at: number, keepsCount = true): void {
    this.#startedAt = at;
    if (keepsCount) this.boots++;
  }

  /** Undefined where an engine stays silent. */
  receive(datagram: Buffer, at: number): Received | undefined {
    const outside = readOutside(datagram);
    if (!outside) return undefined;
    const keys = this.#users.get(outside.user);
    const wrong = this.#check(outside, keys, datagram, at);
    if (wrong) return this.#report(wrong, outside, keys, at);
    const data = (outside.flags & PRIV) === 0 ? outside.data : this.#clear(outside, keys!);
    const scoped = data && readScoped(data, (outside.flags & PRIV) !== 0);
    if (!scoped) return (outside.flags & PRIV) === 0 ? undefined : this.#report('decryptionErrors', outside, keys, at);
    const wrap = (pdu: Buffer): Buffer =>
      this.#wrap(outside, outside.flags & (AUTH | PRIV), keys, scoped.head, pdu, at);
    // Four lengths that may take two octets more than around nothing, and DES padding.
    return { request: scoped.request, room: wrap(Buffer.alloc(0)).length + 16, wrap };
  }

  /** RFC 3414 section 3.2, steps 3 to 7. */
  #check(outside: Outside, keys: DeviceKeys | undefined, datagram: Buffer, at: number): Stat | undefined {
    const { flags, boots } = outside;
    if (!outside.engineId.equals(this.id)) return 'unknownEngineIds';
    if (!keys) return 'unknownUserNames';
    if (((flags & AUTH) !== 0 && !keys.hasAuth) || ((flags & PRIV) !== 0 && !keys.hasPriv))
      return 'unsupportedSecLevels';
    // A user with keys is not served without them.
    if (((flags & AUTH) === 0 && keys.hasAuth) || ((flags & PRIV) === 0 && keys.hasPriv)) return 'unsupportedSecLevels';
    if ((flags & AUTH) === 0) return undefined;
    const unsigned = Buffer.from(datagram);
    unsigned.fill(0, outside.digestAt, outside.digestAt + outside.digest.length);
    if (!keys.isRight(outside.digest, unsigned)) return 'wrongDigests';
    return boots === this.boots && Math.abs(outside.time - this.time(at)) <= WINDOW_S ? undefined : 'notInTimeWindows';
  }

  #clear({ data, boots, time, salt }: Outside, keys: DeviceKeys): Buffer | undefined {
    return keys.decrypt(data, boots, time, salt);
  }

  #report(stat: Stat, outside: Outside, keys: DeviceKeys | undefined, at: number): Received | undefined {
    this.#stats[stat]++;
    if ((outside.flags & REPORTABLE) === 0) return undefined;
    const value = { type: 'counter32', value: this.#stats[stat] } as const;
    const varbind = encodeVarbind({ oid: `1.3.6.1.6.3.15.1.1.${STATS[stat]}.0`, value });
    const about: SnmpRequest = { version: '3', community: '', pdu: 0, requestId: 0, first: 0, second: 0, oids: [] };
    const pdu = encodeResponse(about, 0, 0, [varbind], PDU.report);
    // Of a wrong clock or key only who has shown a right digest is told, and with one.
    const signed = stat === 'notInTimeWindows' || (stat === 'decryptionErrors' && keys);
    return { report: this.#wrap(outside, signed ? AUTH : 0, keys, scopedHead(this.id, Buffer.alloc(0)), pdu, at) };
  }

  #wrap(to: Outside, flags: number, keys: DeviceKeys | undefined, head: Buffer, pdu: Buffer, at: number): Buffer {
    const time = this.time(at);
    const salt = (flags & PRIV) === 0 ? Buffer.alloc(0) : randomBytes(8);
    const scoped = new BerWriter({ size: 2048 });
    scoped.startSequence();
    scoped.writeBuffer(head);
    scoped.writeBuffer(pdu);
    scoped.endSequence();
    const digestLength = (flags & AUTH) === 0 ? 0 : keys!.digestLength;
    const security = this.#security(to.user, time, digestLength, salt);
    const writer = new BerWriter({ size: 2048 });
    writer.startSequence();
    writer.writeInt(3);
    writer.startSequence();
    writer.writeInt(to.id);
    writer.writeInt(65_507);
    writer.writeBuffer(Buffer.of(flags), 0x04);
    writer.writeInt(USM);
    writer.endSequence();
    writer.writeBuffer(security, 0x04);
    if ((flags & PRIV) === 0) writer.writeBuffer(scoped.buffer);
    else writer.writeBuffer(keys!.encrypt(scoped.buffer, this.boots, time, salt), 0x04);
    writer.endSequence();
    const message = writer.buffer;
    if (digestLength > 0) keys!.digest(message).copy(message, readOutside(message)!.digestAt);
    return message;
  }

  #security(user: string, time: number, digestLength: number, salt: Buffer): Buffer {
    const writer = new BerWriter({ size: 256 });
    writer.startSequence();
    writer.writeBuffer(this.id, 0x04);
    writer.writeInt(this.boots);
    writer.writeInt(time);
    writer.writeBuffer(Buffer.from(user), 0x04);
    writer.writeBuffer(Buffer.alloc(digestLength), 0x04);
    writer.writeBuffer(salt, 0x04);
    writer.endSequence();
    return writer.buffer;
  }
}

/** Whether a datagram is of version 3, so that an engine should look at it. */
export function isVersion3(datagram: Buffer): boolean {
  try {
    const reader = new BerReader(datagram);
    reader.readSequence(0x30);
    return reader.readInt(0x02) === 3;
  } catch {
    return false;
  }
}

function readOutside(datagram: Buffer): Outside | undefined {
  try {
    const reader = new BerReader(datagram);
    reader.readSequence(0x30);
    reader.readInt(0x02);
    reader.readSequence(0x30);
    const id = reader.readInt(0x02)!;
    reader.readInt(0x02);
    const flags = reader.readString(0x04, true)![0]!;
    if (reader.readInt(0x02) !== USM) return undefined;
    // Into the octets, whose content is a sequence.
    reader.readSequence(0x04);
    reader.readSequence(0x30);
    const engineId = reader.readString(0x04, true)!;
    const boots = reader.readInt(0x02)!;
    const time = reader.readInt(0x02)!;
    const user = reader.readString(0x04, true)!.toString();
    const digest = reader.readString(0x04, true)!;
    const digestAt = reader.offset - digest.length;
    const salt = reader.readString(0x04, true)!;
    const data = reader.readString((flags & PRIV) === 0 ? 0x30 : 0x04, true)!;
    return { id, flags, engineId, boots, time, user, digest, digestAt, salt, data };
  } catch {
    return undefined;
  }
}

function readScoped(octets: Buffer, whole: boolean): { head: Buffer; request: SnmpRequest } | undefined {
  try {
    const reader = new BerReader(octets);
    if (whole) reader.readSequence(0x30);
    const engineId = reader.readString(0x04, true)!;
    const name = reader.readString(0x04, true)!;
    const request = decodePdu(reader, '3', '');
    return request && { head: scopedHead(engineId, name), request };
  } catch {
    return undefined;
  }
}

function scopedHead(engineId: Buffer, name: Buffer): Buffer {
  const writer = new BerWriter({ size: 128 });
  writer.writeBuffer(engineId, 0x04);
  writer.writeBuffer(name, 0x04);
  return writer.buffer;
}

/** RFC 3411 section 5: the enterprise number for documentation (RFC 5612) with the high bit set, format 5, octets. */
function randomEngineId(): Buffer {
  return Buffer.concat([Buffer.from('80007ed905', 'hex'), randomBytes(8)]);
}
