import { encode, encodeInteger, encodeOid } from '../../../agent/trap/ber.ts';
import { ownEngine } from '../../../agent/trap/engine-times.ts';
import { Inbox } from '../../../agent/trap/inbox.ts';
import { InterfaceNames } from '../../../agent/trap/interface-names.ts';
import { BUNDLED_TRAPS, loadTraps } from '../../../agent/trap/load.ts';
import { eventOf } from '../../../agent/trap/meaning.ts';
import { PDU } from '../../../agent/trap/pdu.ts';
import { RateLimit } from '../../../agent/trap/rate-limit.ts';
import { TrapReceiving } from '../../../agent/trap/receive.ts';
import { scopedPdu, userReply } from '../../../agent/trap/reply.ts';
import { usmUser } from '../../../agent/trap/usm.ts';
import { pick, random } from '../../support/random.ts';
import { encodeValue, type Varbinds, v2cMessage } from '../../support/trap-message.ts';

const USER = { user: 'u', level: 'authPriv', auth_protocol: 'sha256', priv_protocol: 'aes' } as const;
const user = usmUser({ ...USER, auth_key: 'auth-key-of-tests', priv_key: 'priv-key-of-tests' });
const signer = usmUser({ ...USER, user: 's', level: 'authNoPriv', auth_key: 'auth-key-of-tests' });
const SENDER = ownEngine(Uint8Array.from([0x80, 0, 0x7e, 0xd9, 4, 1, 2, 3]), 1_800_000_000_000, 0);
const US = ownEngine(Uint8Array.from([0x80, 0, 0x7e, 0xd9, 4, 9, 9, 9]), 1_800_000_000_000, 0);
/** Who asks for an engine knows none yet. */
const NOBODY = { ...US, id: new Uint8Array() };

const IF = '1.3.6.1.2.1.2.2.1';
const VARBINDS: Varbinds = [
  [`${IF}.1.7`, 7],
  [`${IF}.2.7`, 'GigabitEthernet0/7'],
  [`${IF}.7.7`, 1],
  [`${IF}.8.7`, 2],
  ['1.3.6.1.2.1.105.1.1.1.6.1.7', 4],
  ['1.3.6.1.6.3.1.1.4.3.0', { oid: '1.3.6.1.4.1.9.1.1' }],
  ['1.3.6.1.4.1.9.9.315.1.2.1.1.10', Uint8Array.from([0, 1, 2, 3, 4, 5])],
  ['1.3.6.1.4.1.2636.3.60.1.1.1.1.1.7', Uint8Array.from([0x80, 0, 1])],
];
const TRAPS = ['1.3.6.1.6.3.1.1.5.3', '1.3.6.1.2.1.105.0.1', '1.3.6.1.4.1.2636.4.18.0.1', '1.3.6.1.4.1.9.9.315.0.0.1'];

function v1Message(generic: number): Uint8Array {
  const list = VARBINDS.map(([oid, value]) => encode(0x30, encodeOid(oid), encodeValue(value)));
  const address = encode(0x40, [192, 0, 2, 1]);
  const numbers = [encodeInteger(generic), encodeInteger(17), encodeInteger(100, 0x43)];
  const pdu = encode(PDU.trapV1, encodeOid('1.3.6.1.4.1.318'), address, ...numbers, encode(0x30, ...list));
  return encode(0x30, encodeInteger(0), encodeValue('c'), pdu);
}

/** The PDU of a v2c message, in a scoped one. */
function scoped(trapOid: string, pdu: number, engineId: Uint8Array): Uint8Array {
  const message = v2cMessage('', trapOid, VARBINDS, pdu);
  // SEQUENCE with a length of one or two further octets, version, empty community.
  const head = message[1] === 0x82 ? 4 : message[1] === 0x81 ? 3 : 2;
  return scopedPdu(engineId, new Uint8Array(), message.subarray(head + 5));
}

type Level = 'none' | 'auth' | 'priv';

function v3Message(content: Uint8Array, level: Level, engine: typeof SENDER, n: number): Uint8Array {
  const salt = Buffer.alloc(8);
  salt.writeUInt32BE(n, 4);
  const keys = { none: undefined, auth: signer, priv: user }[level];
  const name = { none: 'n', auth: 's', priv: 'u' }[level];
  return userReply({ id: n, engine, user: name, keys, priv: level === 'priv', scoped: content, now: n, salt });
}

/** The sender wants a Report: of these, the engine must be found out first, or the user is unknown. */
function reportable(message: Uint8Array): Uint8Array {
  const flags = Buffer.from(message).indexOf(Uint8Array.from([0x04, 0x01, 0x00, 0x02, 0x01, 0x03])) + 2;
  return message.with(flags, 4);
}

const SEEDS: readonly Uint8Array[] = [
  ...TRAPS.map((oid) => v2cMessage('c', oid, VARBINDS)),
  v2cMessage('c', TRAPS[0]!, VARBINDS, PDU.inform),
  ...[0, 2, 4, 6].map(v1Message),
  ...(['none', 'auth', 'priv'] as const).flatMap((level, i) => [
    v3Message(scoped(TRAPS[i]!, PDU.trapV2, SENDER.id), level, SENDER, 1),
    v3Message(scoped(TRAPS[i]!, PDU.inform, US.id), level, US, 1),
  ]),
  ...[SENDER, US].map((engine) => reportable(v3Message(scoped(TRAPS[0]!, PDU.inform, US.id), 'none', engine, 1))),
  reportable(v3Message(scopedPdu(new Uint8Array(), new Uint8Array(), encode(PDU.get)), 'none', NOBODY, 1)),
];
const SCOPED = [scoped(TRAPS[0]!, PDU.trapV2, SENDER.id), scoped(TRAPS[1]!, PDU.inform, US.id)];
/** What lengths, tags and integers go wrong with. */
const TELLING = [
  0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x1f, 0x30, 0x40, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xa4, 0xa7, 0xff,
];

function mutated(seed: Uint8Array, chance: () => number): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(seed);
  const at = (): number => Math.floor(chance() * bytes.length);
  for (let left = 1 + Math.floor(chance() * 3); left > 0 && bytes.length > 0; left--) {
    const [i, j] = [at(), at()].sort((a, b) => a - b) as [number, number];
    const how = Math.floor(chance() * 7);
    if (how === 0) bytes[i] = Math.floor(chance() * 256);
    else if (how === 1) bytes[i] = pick(chance, TELLING);
    else if (how === 2) bytes[i]! ^= 1 << Math.floor(chance() * 8);
    else if (how === 3) bytes = bytes.subarray(0, i);
    else if (how === 4) bytes = Buffer.concat([bytes.subarray(0, i), bytes.subarray(j)]);
    else if (how === 5) bytes = Buffer.concat([bytes.subarray(0, j), bytes.subarray(i)]);
    else bytes = Buffer.concat([bytes.subarray(0, i), pick(chance, SEEDS).subarray(i)]);
    if (bytes.length > 65_507) bytes = bytes.subarray(0, 65_507);
  }
  return bytes;
}

export interface FuzzResult {
  readonly datagrams: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly events: number;
  /** Octets that the longest answer was longer than its question. */
  readonly longestExcess: number;
  readonly heapAt: readonly number[];
}

/**
 * Feeds mutated datagrams to what the receiver's thread feeds them to, and what is accepted to what makes events of it. A third is mutated before it is signed and
 * encrypted, so that it gets past the keys. @throws whatever the decoder throws, with the datagram
 */
export function fuzz(datagrams: number, seed: number): FuzzResult {
  const chance = random(seed);
  const keys = [user, signer, usmUser({ ...USER, user: 'n', level: 'noAuthNoPriv' })];
  const receiving = new TrapReceiving({ communities: ['c'], users: keys }, US, 0n);
  const allowance = { perSecond: 1e9, burst: 1e9 };
  const limit = new RateLimit(0, { perSource: allowance, known: allowance, unknown: allowance });
  const inbox = new Inbox({ receiving, limit, known: [], capacity: 1_000 });
  const rules = loadTraps(BUNDLED_TRAPS);
  const names = new InterfaceNames();
  const outcomes: Record<string, number> = {};
  const heapAt: number[] = [];
  let [events, longestExcess] = [0, -Infinity];
  for (let n = 1; n <= datagrams; n++) {
    const sealed = chance() < 1 / 3;
    const level = pick(chance, ['auth', 'priv'] as const);
    const engine = pick(chance, [SENDER, US]);
    const bytes = sealed
      ? v3Message(mutated(pick(chance, SCOPED), chance), level, engine, n)
      : mutated(pick(chance, SEEDS), chance);
    try {
      const reply = inbox.take(bytes, `192.0.${n % 200}.${n % 251}`, n, n);
      if (reply) longestExcess = Math.max(longestExcess, reply.length - bytes.length);
      const { deliveries, counts } = inbox.report();
      for (const [outcome, count] of Object.entries(counts)) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
      for (const { notification } of deliveries)
        if (notification && eventOf(notification, rules, 'device', names)) events++;
    } catch (error) {
      throw new Error(`datagram ${n} of seed ${seed}: ${Buffer.from(bytes).toString('hex')}`, { cause: error });
    }
    if (n % Math.ceil(datagrams / 10) === 0 || n === datagrams) {
      globalThis.gc?.();
      heapAt.push(process.memoryUsage().heapUsed);
    }
  }
  return { datagrams, outcomes, events, longestExcess, heapAt };
}

if (import.meta.main) {
  const [datagrams = '1000000', seed = '1'] = process.argv.slice(2);
  const result = fuzz(Number(datagrams), Number(seed));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  const [first, last] = [result.heapAt[0]!, result.heapAt.at(-1)!];
  if (globalThis.gc && last > first * 1.1 + 1e6) throw new Error(`the heap grew from ${first} to ${last} bytes`);
}
