import { idOf } from '../../../../agent/drivers/fast/message.ts';
import { sign } from '../../../../agent/drivers/usm/authentication.ts';
import { BackWriter } from '../../../../agent/drivers/usm/ber-writer.ts';
import { decodeV3, FLAG, writeEnvelope } from '../../../../agent/drivers/usm/message.ts';
import type { UsmPeer } from '../../../../agent/drivers/usm/peer.ts';
import { SimulatedEngine } from '../../../../sim/usm-engine.ts';
import type { SimUser } from '../../../../sim/usm-keys.ts';
import { mutated } from '../../../support/mutate.ts';
import { pick, random } from '../../../support/random.ts';
import { decoded, discover, OPEN, PRIVATE, peerOf, reply, SIGNED, SYS_UP_TIME, tools, WALK } from './exchange.ts';

export interface FuzzResult {
  readonly messages: number;
  /** Of those: taken as an answer, taken as a report, refused. */
  readonly responses: number;
  readonly reports: number;
  readonly refused: number;
  /** The longest that one message took, ms. */
  readonly slowestMs: number;
}

const ID = 2 ** 24 + 7;
const DES: SimUser = { ...PRIVATE, name: 'des', priv: { protocol: 'des', phrase: 'priv-phrase' } };

interface Sample {
  readonly peer: UsmPeer;
  readonly user: SimUser;
  readonly bytes: Buffer;
  /** Only who has the user's key can make an answer to it. */
  readonly guarded: boolean;
}

/** Replies and reports of every level, from an engine whose clock stands at 0. */
function samples(engine: SimulatedEngine): Sample[] {
  return [PRIVATE, DES, SIGNED, OPEN].flatMap((user) => {
    const peer = peerOf(user);
    discover(peer, engine, 0);
    const answers = [SYS_UP_TIME, WALK].map((request) => reply(engine, peer.seal(ID, request, 0).bytes, 0));
    const discovery = reply(engine, peer.discovery(ID).bytes, 0);
    return [...answers, discovery].map((bytes) => ({ peer, user, bytes, guarded: user.auth !== undefined }));
  });
}

/** A sample whose inside was changed by somebody who has the keys: a device gone mad. */
function resealed(sample: Sample, engine: SimulatedEngine, chance: () => number, writer: BackWriter): Buffer {
  const message = decoded(sample.bytes);
  const { user } = sample;
  const names = { user: user.name, auth_protocol: user.auth!.protocol, priv_protocol: user.priv?.protocol ?? 'aes' };
  const keys = tools.keys.forEngine({ ...names, auth_key: user.auth!.phrase, priv_key: user.priv?.phrase }, engine.id);
  writer.reset();
  if (keys.priv && (message.flags & FLAG.priv) !== 0) {
    const clear = Buffer.from(keys.priv.decrypt(message.data, message, message.salt)!);
    writer.octets(keys.priv.encrypt(mutated(clear, chance), message, message.salt));
  } else writer.octets(mutated(message.data, chance), 0x30);
  const { digestAt } = writeEnvelope(writer, { ...message, digest: message.digestLength });
  const bytes = writer.copy();
  if (message.digestLength > 0) sign(bytes, digestAt, keys.auth!);
  return bytes;
}

/**
 * Mutated replies through the decoder and the peer. @throws when one throws, or is taken for authentic though it is not what the engine sent.
 * Every fifth is changed inside and signed anew, so that it reaches what lies behind the digest.
 */
export function fuzzReplies(messages: number, seed: number): FuzzResult {
  const chance = random(seed);
  const engine = new SimulatedEngine([PRIVATE, DES, SIGNED, OPEN], 0);
  const all = samples(engine);
  const replies = all.map(({ bytes }) => bytes);
  const sent = new Set(replies.map((bytes) => bytes.toString('latin1')));
  const writer = new BackWriter();
  const counts = { response: 0, report: 0, refused: 0 };
  let slowestMs = 0;
  for (let n = 0; n < messages; n++) {
    const sample = pick(chance, all);
    const inside = n % 5 === 0 && sample.guarded;
    const bytes = inside ? resealed(sample, engine, chance, writer) : mutated(sample.bytes, chance, replies);
    let tookMs = Number.POSITIVE_INFINITY;
    // Again where it seems slow: the machine may have been busy with something else.
    for (let tries = 0; tries < 3 && tookMs > slowestMs; tries++) {
      const from = performance.now();
      const kind = open(sample, bytes, inside, sent);
      tookMs = Math.min(tookMs, performance.now() - from);
      if (tries === 0) counts[kind]++;
    }
    slowestMs = Math.max(slowestMs, tookMs);
  }
  return { messages, responses: counts.response, reports: counts.report, refused: counts.refused, slowestMs };
}

/** @param sent what the engine really sent */
function open(
  sample: Sample,
  bytes: Buffer,
  inside: boolean,
  sent: ReadonlySet<string>,
): 'response' | 'report' | 'refused' {
  idOf(bytes);
  const message = decodeV3(bytes);
  if (typeof message === 'string') return 'refused';
  const result = sample.peer.open(bytes, message, ID, 0);
  const trusted = result.kind === 'response' || (result.kind === 'report' && result.authentic);
  // A splice may have put the whole of another sample in the place of this one.
  if (trusted && sample.guarded && !inside && !sent.has(bytes.toString('latin1')))
    throw new Error(`taken for authentic: ${bytes.toString('hex')}`);
  return result.kind;
}
