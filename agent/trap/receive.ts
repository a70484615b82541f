import { BerError, sameOctets } from '../drivers/ber.ts';
import { isAuthentic } from '../drivers/usm/authentication.ts';
import { BackWriter } from '../drivers/usm/ber-writer.ts';
import { KeyCache, type UsmUser } from '../drivers/usm/key-cache.ts';
import { FLAG, LEVEL_FLAGS, type V3Message } from '../drivers/usm/message.ts';
import { SaltSource } from '../drivers/usm/privacy.ts';
import { levelOf } from '../drivers/usm/protocol.ts';
import { type KnownReport, REPORT_OIDS } from '../drivers/usm/report.ts';
import type { ScopedPdu } from '../drivers/usm/scoped-pdu.ts';
import { seal, unseal } from '../drivers/usm/seal.ts';
import { EngineTimes, inWindow, MOST_ENGINES, type OwnEngine } from './engine-times.ts';
import { type CommunityMessage, readMessage } from './message.ts';
import type { Notification } from './notification.ts';
import { notificationIn, readNotification } from './pdu.ts';
import { communityResponse, writeReport, writeResponse } from './reply.ts';

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

const REPORT_OF: Readonly<Partial<Record<Outcome, KnownReport>>> = {
  unknown_user: 'unknownUserNames',
  bad_level: 'unsupportedSecLevels',
  bad_digest: 'wrongDigests',
  not_in_time: 'notInTimeWindows',
  undecryptable: 'decryptionErrors',
  discovery: 'unknownEngineIDs',
};

/** A datagram, and what an answer has more than its question: our engine id may be longer. */
const LONGEST_ANSWER = 65_507 + 512;

/**
 * Takes datagrams and says what they are. No I/O, and nothing that grows with what strangers send: a PDU is looked into only after its sender has
 * proved to be one of ours, as far as its version of SNMP allows.
 */
export class TrapReceiving {
  readonly #communities: ReadonlySet<string>;
  /** One name may stand for several users: each device can have keys of its own. */
  readonly #users: ReadonlyMap<string, readonly UsmUser[]>;
  readonly #engine: OwnEngine;
  /** Each user's, so that who has one device's key cannot put the clock of another one wrong. */
  readonly #times = new Map<UsmUser, EngineTimes>();
  readonly #keys: KeyCache;
  readonly #tools = { salts: new SaltSource(), writer: new BackWriter(LONGEST_ANSWER) };
  readonly #reports: Record<string, number> = Object.fromEntries(Object.keys(REPORT_OIDS).map((name) => [name, 0]));

  /** Stretches the pass phrases of all users. @throws BellwetherError BW_SNMP_AUTH for an auth_protocol that this machine does not have */
  constructor({ communities, users }: ReceiverKeys, engine: OwnEngine) {
    this.#communities = new Set(communities.map((c) => nameOf(Buffer.from(c))));
    this.#users = Map.groupBy(users, ({ user }) => nameOf(Buffer.from(user)));
    this.#engine = engine;
    this.#keys = new KeyCache(MOST_ENGINES, 2 * users.length);
    for (const user of users) {
      this.#keys.prepare(user);
      this.#times.set(user, new EngineTimes());
    }
  }

  /** Never throws for what is in `bytes`. `now` is monotonic ms. */
  receive(bytes: Uint8Array, now: number): Received {
    try {
      const message = readMessage(bytes);
      if (!message) return { outcome: 'unsupported' };
      return 'community' in message ? this.#community(bytes, message) : this.#user(bytes, message, now);
    } catch (error) {
      if (error instanceof BerError) return { outcome: 'malformed' };
      throw error;
    }
  }

  #community(bytes: Uint8Array, { version, community, pdu }: CommunityMessage): Received {
    if (!this.#communities.has(nameOf(community))) return { outcome: 'bad_community' };
    const pduAt = pdu.pos;
    const notification = readNotification(pdu, version);
    if (!notification) return { outcome: 'not_a_trap' };
    if (notification.kind === 'trap') return { outcome: 'accepted', notification };
    return { outcome: 'accepted', notification, reply: communityResponse(bytes, pduAt) };
  }

  #user(bytes: Uint8Array, message: V3Message, now: number): Received {
    const ours = sameOctets(message.engineId, this.#engine.id);
    // Who wants a report takes us for the authority, and must know our engine first (RFC 3414 section 4).
    if (!ours && (isReportable(message) || message.engineId.length === 0))
      return this.#refuse('discovery', message, now);
    const users = this.#users.get(nameOf(message.user));
    if (!users) return this.#refuse('unknown_user', message, now);
    const level = message.flags & LEVEL_FLAGS.authPriv;
    // More than is configured cannot be read, less is not accepted.
    const able = users.filter((u) => LEVEL_FLAGS[levelOf(u)] === level);
    if (able.length === 0) return this.#refuse('bad_level', message, now);
    const user = level === 0 ? able[0] : able.find((u) => this.#hasSigned(u, bytes, message));
    if (!user) return this.#refuse('bad_digest', message, now);
    if (level !== 0 && !this.#isTimely(message, user, ours, now))
      return this.#refuse('not_in_time', message, now, user);
    // From here on the engine is a device's that knows a key, and worth the time for its privacy key and a place for both.
    const scoped = unseal(message, this.#keys.forEngine(user, message.engineId).priv);
    const unreadable = (): Received =>
      // A wrong privacy key shows as nonsense: there is no other check of it.
      (level & FLAG.priv) === 0 ? { outcome: 'malformed' } : this.#refuse('undecryptable', message, now);
    if (typeof scoped === 'string') return unreadable();
    try {
      return this.#notification(scoped, message, user, now, ours);
    } catch (error) {
      if (error instanceof BerError) return unreadable();
      throw error;
    }
  }

  #hasSigned(user: UsmUser, bytes: Uint8Array, { engineId, digestAt, digestLength }: V3Message): boolean {
    const key = this.#keys.unproven(user, engineId);
    return key !== undefined && isAuthentic(bytes, digestAt, digestLength, key);
  }

  #isTimely({ engineId, boots, time }: V3Message, user: UsmUser, ours: boolean, now: number): boolean {
    if (ours) return inWindow(this.#engine, boots, time, now);
    return this.#times.get(user)!.accepts(nameOf(engineId), boots, time, now);
  }

  #notification(scoped: ScopedPdu, message: V3Message, user: UsmUser, now: number, ours: boolean): Received {
    const notification = notificationIn(scoped.pdu);
    if (!notification) return { outcome: 'not_a_trap' };
    if (notification.kind === 'trap') return { outcome: 'accepted', notification };
    if (!ours) return { outcome: 'not_a_trap' };
    this.#tools.writer.reset();
    writeResponse(this.#tools.writer, scoped);
    const reply = this.#sealed(message, message.flags & LEVEL_FLAGS.authPriv, user, now);
    return { outcome: 'accepted', notification, reply };
  }

  /** With a Report when the sender wants one. Reports are unsigned but for the one that sets a clock right (RFC 3414 section 3.2). */
  #refuse(outcome: Outcome, message: V3Message, now: number, signer?: UsmUser): Received {
    const name = REPORT_OF[outcome]!;
    const count = (this.#reports[name]! + 1) % 2 ** 32;
    this.#reports[name] = count;
    if (!isReportable(message)) return { outcome };
    this.#tools.writer.reset();
    writeReport(this.#tools.writer, this.#engine.id, name, count);
    return { outcome, reply: this.#sealed(message, signer ? FLAG.auth : 0, signer, now) };
  }

  /** The scoped PDU that the writer holds as an answer to `message`, protected by our own engine's key of the user. */
  #sealed({ id, user: name }: V3Message, flags: number, user: UsmUser | undefined, now: number): Uint8Array {
    const { id: engineId, boots } = this.#engine;
    const keys = user ? this.#keys.forEngine(user, engineId) : { auth: undefined, priv: undefined };
    const outside = { id, flags, engineId, boots, time: this.#engine.time(now), user: name };
    return seal(this.#tools, keys, outside).bytes;
  }
}

function isReportable({ flags }: V3Message): boolean {
  return (flags & FLAG.reportable) !== 0;
}

/** Octets as a key of a map. */
function nameOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1');
}
