import { BerReader, MalformedError } from './ber.ts';
import { EngineTimes, inWindow, type OwnEngine } from './engine-times.ts';
import { type CommunityMessage, readMessage, type UserMessage } from './message.ts';
import type { Notification } from './notification.ts';
import { PDU, readNotification } from './pdu.ts';
import { communityResponse, REPORTS, type ReportName, reportPdu, userReply } from './reply.ts';
import { decrypt, digestFits, type UsmUser } from './usm.ts';

/** What became of a datagram. Those of REFUSALS had the wrong key, or none. */
export type Outcome = 'accepted' | 'discovery' | 'malformed' | 'not_a_trap' | 'unsupported' | Refusal;

export type Refusal = 'bad_community' | 'unknown_user' | 'bad_level' | 'bad_digest' | 'not_in_time' | 'undecryptable';

export const REFUSALS: readonly Outcome[] = [
  'bad_community',
  'unknown_user',
  'bad_level',
  'bad_digest',
  'not_in_time',
  'undecryptable',
];

export interface Received {
  readonly outcome: Outcome;
  readonly notification?: Notification;
  /** To be sent back to where the datagram came from. */
  readonly reply?: Uint8Array;
}

export interface ReceiverKeys {
  readonly communities: readonly string[];
  readonly users: readonly UsmUser[];
}

const LEVELS = { noAuthNoPriv: 0, authNoPriv: 1, authPriv: 2 } as const;
const REPORT_OF: Readonly<Partial<Record<Outcome, ReportName>>> = {
  unknown_user: 'unknownUserNames',
  bad_level: 'unsupportedSecLevels',
  bad_digest: 'wrongDigests',
  not_in_time: 'notInTimeWindows',
  undecryptable: 'decryptionErrors',
  discovery: 'unknownEngineIDs',
};

/**
 * Takes datagrams and says what they are. No I/O, and nothing that grows with what strangers send: a PDU is looked into only after its sender has
 * proved to be one of ours, as far as its version of SNMP allows.
 */
export class TrapReceiving {
  readonly #communities: ReadonlySet<string>;
  /** One name may stand for several users: each device can have keys of its own. */
  readonly #users: ReadonlyMap<string, readonly UsmUser[]>;
  readonly #engine: OwnEngine;
  readonly #times = new EngineTimes();
  readonly #reports: Record<string, number> = Object.fromEntries(Object.keys(REPORTS).map((name) => [name, 0]));
  #salt: bigint;

  /** @param salt 64 random bits: where the salts of our answers start (RFC 3826 section 3.1.2.1) */
  constructor({ communities, users }: ReceiverKeys, engine: OwnEngine, salt: bigint) {
    this.#communities = new Set(communities.map((c) => Buffer.from(c).toString('latin1')));
    this.#users = Map.groupBy(users, (user) => user.name);
    this.#engine = engine;
    this.#salt = salt;
  }

  /** Never throws for what is in `bytes`. `now` is monotonic ms. */
  receive(bytes: Uint8Array, now: number): Received {
    try {
      const message = readMessage(bytes);
      if (!message) return { outcome: 'unsupported' };
      return message.version === '3' ? this.#user(bytes, message, now) : this.#community(bytes, message);
    } catch (error) {
      if (error instanceof MalformedError) return { outcome: 'malformed' };
      throw error;
    }
  }

  #community(bytes: Uint8Array, { version, community, pdu }: CommunityMessage): Received {
    if (!this.#communities.has(Buffer.from(community).toString('latin1'))) return { outcome: 'bad_community' };
    const notification = readNotification(new BerReader(bytes, pdu.at, pdu.end), version);
    if (!notification) return { outcome: 'not_a_trap' };
    if (notification.kind === 'trap') return { outcome: 'accepted', notification };
    return { outcome: 'accepted', notification, reply: communityResponse(bytes, pdu.at) };
  }

  #user(bytes: Uint8Array, message: UserMessage, now: number): Received {
    const ours = sameOctets(message.engineId, this.#engine.id);
    // Who wants a report takes us for the authority, and must know our engine first (RFC 3414 section 4).
    if (!ours && (message.reportable || message.engineId.length === 0)) return this.#refuse('discovery', message, now);
    const users = this.#users.get(message.user);
    if (!users) return this.#refuse('unknown_user', message, now);
    const level = message.priv ? 2 : message.auth ? 1 : 0;
    // More than is configured cannot be read, less is not accepted.
    const able = users.filter((u) => LEVELS[u.level] === level);
    if (able.length === 0) return this.#refuse('bad_level', message, now);
    const user = message.auth ? able.find((u) => digestFits(bytes, message.digest, u, message.engineId)) : able[0];
    if (!user) return this.#refuse('bad_digest', message, now);
    if (message.auth) {
      const timely = ours
        ? inWindow(this.#engine, message.boots, message.time, now)
        : this.#times.accepts(Buffer.from(message.engineId).toString('hex'), message.boots, message.time, now);
      if (!timely) return this.#refuse('not_in_time', message, now, user);
    }
    const scoped = message.priv ? decrypted(message, user) : rest(message.data);
    if (!scoped) return this.#refuse('undecryptable', message, now);
    return this.#scoped(scoped, message, user, now, ours);
  }

  #scoped(bytes: Uint8Array, message: UserMessage, user: UsmUser, now: number, ours: boolean): Received {
    let notification: Notification | undefined;
    let answer: Uint8Array;
    try {
      const scoped = new BerReader(bytes).enter(0x30);
      scoped.octets();
      scoped.octets();
      const pdu = scoped.at;
      notification = readNotification(new BerReader(bytes, pdu, scoped.end), '3');
      // The scoped PDU goes back as it came, as a Response.
      answer = Uint8Array.from(bytes.subarray(0, scoped.end));
      answer[pdu] = PDU.response;
    } catch (error) {
      // A wrong privacy key shows as nonsense: there is no other check of it.
      if (error instanceof MalformedError && message.priv) return this.#refuse('undecryptable', message, now);
      throw error;
    }
    if (!notification) return { outcome: 'not_a_trap' };
    if (notification.kind === 'trap') return { outcome: 'accepted', notification };
    if (!ours) return { outcome: 'not_a_trap' };
    const keys = message.auth ? user : undefined;
    return { outcome: 'accepted', notification, reply: this.#sealed(answer, message, keys, message.priv, now) };
  }

  /** With a Report when the sender wants one. Reports are unsigned but for the one that sets a clock right (RFC 3414 section 3.2). */
  #refuse(outcome: Outcome, message: UserMessage, now: number, signer?: UsmUser): Received {
    const name = REPORT_OF[outcome]!;
    const count = (this.#reports[name]! + 1) % 2 ** 32;
    this.#reports[name] = count;
    if (!message.reportable) return { outcome };
    const report = reportPdu(this.#engine.id, 0, name, count);
    return { outcome, reply: this.#sealed(report, message, signer, false, now) };
  }

  #sealed(scoped: Uint8Array, message: UserMessage, keys: UsmUser | undefined, priv: boolean, now: number): Uint8Array {
    this.#salt = BigInt.asUintN(64, this.#salt + 1n);
    const salt = Buffer.alloc(8);
    salt.writeBigUInt64BE(this.#salt);
    return userReply({ id: message.id, engine: this.#engine, user: message.user, keys, priv, scoped, now, salt });
  }
}

function decrypted(message: UserMessage, user: UsmUser): Uint8Array | undefined {
  const { engineId, boots, time, salt } = message;
  return decrypt(message.data.octets(), { user, engineId, boots, time, salt });
}

function rest(reader: BerReader): Uint8Array {
  return reader.bytes.subarray(reader.at, reader.end);
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}
