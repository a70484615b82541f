import { errorMessage } from '../../../core/errors.ts';
import { sameOctets, TAG } from '../ber.ts';
import type { RequestTemplate } from '../fast/message.ts';
import { isAuthentic } from './authentication.ts';
import { corrected, type EngineClock, heard, heardOpenly, timeNow } from './engine-clock.ts';
import type { KeyCache, UsmUser } from './key-cache.ts';
import type { EngineKeys } from './keys.ts';
import { FLAG, LEVEL_FLAGS, type V3Message } from './message.ts';
import { levelOf } from './protocol.ts';
import { type ReportName, reportName } from './report.ts';
import { decodeScopedContent, type Pdu, type PduRequest, writeScopedPdu } from './scoped-pdu.ts';
import { type SealTools, seal, unseal } from './seal.ts';

/** What all peers of a process share. */
export interface UsmTools extends SealTools {
  readonly keys: KeyCache;
}

/** What a message turned out to be. `authentic`: its digest was right. */
export type Opened =
  | { readonly kind: 'response'; readonly pdu: Pdu }
  | { readonly kind: 'report'; readonly name: ReportName; readonly authentic: boolean; readonly message: V3Message }
  /** Not to be used. `late` answers nothing that is asked, `malformed` cannot be read, `untrusted` is not from whom it should be or not protected as asked. */
  | { readonly kind: 'refused'; readonly fault: 'late' | 'malformed' | 'untrusted'; readonly why: string };

const NOTHING = new Uint8Array();
const NO_KEYS: EngineKeys = { auth: undefined, priv: undefined };

/**
 * One user's view of one engine, and the only place where messages to it are protected and from it are trusted. No I/O: `now` is monotonic ms.
 * Authentication comes before decryption, and before anything of the message is believed (RFC 3414 section 3.2).
 */
export class UsmPeer {
  readonly #user: UsmUser;
  readonly #userName: Uint8Array;
  readonly #contextName: Uint8Array;
  readonly #level: number;
  readonly #tools: UsmTools;
  #engineId: Uint8Array = NOTHING;
  #keys = NO_KEYS;
  #clock: EngineClock | undefined;

  constructor(user: UsmUser, context: string, tools: UsmTools) {
    this.#user = user;
    this.#userName = Buffer.from(user.user);
    this.#contextName = Buffer.from(context);
    this.#level = LEVEL_FLAGS[levelOf(user)];
    this.#tools = tools;
  }

  /** True once the engine's id is known: requests can be sealed. */
  get discovered(): boolean {
    return this.#engineId.length > 0;
  }

  /** True once an authentic message told the engine's clock. */
  get clockProven(): boolean {
    return this.#clock?.proven ?? false;
  }

  /** RFC 3414 section 4: a request without user and engine, to which an engine answers by telling its id. */
  discovery(id: number): RequestTemplate {
    const { writer } = this.#tools;
    writer.reset();
    const request = { tag: TAG.GetRequest, requestId: id, first: 0, second: 0, oids: [] };
    writeScopedPdu(writer, request, { engineId: NOTHING, name: NOTHING });
    const outside = { id, flags: FLAG.reportable, engineId: NOTHING, boots: 0, time: 0, user: NOTHING };
    return seal(this.#tools, NO_KEYS, outside);
  }

  /** Learns the engine's id, and a first guess at its clock, from what it answered without authentication. @throws BW_SNMP_AUTH as KeyCache */
  learn({ engineId, boots, time }: V3Message, now: number): void {
    if (!sameOctets(engineId, this.#engineId)) {
      // The keys first: where there are none, the engine stays unknown, and nothing is sent to it.
      this.#keys = this.#tools.keys.forEngine(this.#user, engineId);
      this.#engineId = Uint8Array.from(engineId);
      this.#clock = undefined;
    }
    this.#clock = heardOpenly(this.#clock, boots, time, now);
  }

  /** Takes the clock that a report told which answers the request that waits. False where nothing more can be done with this engine. */
  resynchronise({ boots, time }: V3Message, authentic: boolean, now: number): boolean {
    this.#clock = authentic ? corrected(boots, time, now) : heardOpenly(this.#clock, boots, time, now);
    return this.#clock !== undefined;
  }

  /** A request, ready to be sent, with `id` for msgID and request-id. @throws RangeError for an OID that is none, Error before the engine is known */
  seal(id: number, request: Omit<PduRequest, 'requestId'>, now: number): RequestTemplate {
    const { writer } = this.#tools;
    const { auth } = this.#keys;
    writer.reset();
    const context = { engineId: this.#engineId, name: this.#contextName };
    writeScopedPdu(writer, { ...request, requestId: id }, context);
    const boots = auth && this.#clock ? this.#clock.boots : 0;
    const time = auth && this.#clock ? timeNow(this.#clock, now) : 0;
    const flags = this.#level | FLAG.reportable;
    const outside = { id, flags, engineId: this.#engineId, boots, time, user: this.#userName };
    return seal(this.#tools, this.#keys, outside);
  }

  /** What a datagram, already read as `message`, says in answer to the request of that id. */
  open(datagram: Uint8Array, message: V3Message, requestId: number, now: number): Opened {
    const signed = (message.flags & FLAG.auth) !== 0;
    if (!signed) return this.#openPlain(message, requestId);
    const { auth, priv } = this.#keys;
    if (!auth) return untrusted('its security level is another than ours');
    if (!sameOctets(message.engineId, this.#engineId)) return untrusted('it comes from another engine');
    if (!sameOctets(message.user, this.#userName)) return untrusted('it names another user');
    if (!isAuthentic(datagram, message.digestAt, message.digestLength, auth)) return untrusted('its digest is wrong');
    if ((message.flags & FLAG.priv) !== 0 && !priv) return untrusted('it is encrypted, which we did not ask for');
    const scoped = unseal(message, priv);
    if (typeof scoped === 'string') return malformed(scoped);
    const { pdu, contextName } = scoped;
    if (pdu.tag === TAG.Report) return report(pdu, true, message);
    const clock = this.#clock && heard(this.#clock, message.boots, message.time, now);
    if (!clock) return { kind: 'refused', fault: 'late', why: 'an answer older than the time window' };
    this.#clock = clock;
    return this.#response(pdu, message.flags, contextName, requestId);
  }

  /** A message without a digest: a report about what went wrong, or an answer where none asked for more. */
  #openPlain(message: V3Message, requestId: number): Opened {
    const scoped = decodeScopedContent(message.data);
    if (typeof scoped === 'string') return malformed(scoped);
    const { pdu, contextName } = scoped;
    if (pdu.tag === TAG.Report) return report(pdu, false, message);
    if (!sameOctets(message.engineId, this.#engineId)) return untrusted('it comes from another engine');
    if (!sameOctets(message.user, this.#userName)) return untrusted('it names another user');
    return this.#response(pdu, message.flags, contextName, requestId);
  }

  #response(pdu: Pdu, flags: number, contextName: Uint8Array, requestId: number): Opened {
    if (pdu.tag !== TAG.Response) return malformed('it is neither a response nor a report');
    if ((flags & LEVEL_FLAGS.authPriv) !== this.#level) return untrusted('its security level is another than ours');
    if (!sameOctets(contextName, this.#contextName)) return untrusted('it is of another context');
    if (pdu.requestId !== requestId) return { kind: 'refused', fault: 'late', why: 'it answers another request' };
    return { kind: 'response', pdu };
  }
}

function report(pdu: Pdu, authentic: boolean, message: V3Message): Opened {
  try {
    return { kind: 'report', name: reportName(pdu), authentic, message };
  } catch (error) {
    return malformed(errorMessage(error));
  }
}

function malformed(why: string): Opened {
  return { kind: 'refused', fault: 'malformed', why };
}

function untrusted(why: string): Opened {
  return { kind: 'refused', fault: 'untrusted', why };
}
