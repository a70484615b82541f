import { element, integerElement, octetsElement, oidElement, TAG } from '../../../agent/drivers/ber.ts';
import type { UsmUser } from '../../../agent/drivers/usm/key-cache.ts';
import { FLAG } from '../../../agent/drivers/usm/message.ts';
import type { SecurityLevel } from '../../../agent/drivers/usm/protocol.ts';
import { ownEngine } from '../../../agent/trap/engine-times.ts';
import { Inbox } from '../../../agent/trap/inbox.ts';
import { InterfaceNames } from '../../../agent/trap/interface-names.ts';
import { BUNDLED_TRAPS, loadTraps } from '../../../agent/trap/load.ts';
import { eventOf } from '../../../agent/trap/meaning.ts';
import { RateLimit } from '../../../agent/trap/rate-limit.ts';
import { TrapReceiving } from '../../../agent/trap/receive.ts';
import { mutated } from '../../support/mutate.ts';
import { pick, random } from '../../support/random.ts';
import {
  scopedNotification,
  scopedPdu,
  type Varbinds,
  v2cMessage,
  v3Message,
  varbindList,
} from '../../support/trap-message.ts';

const PROTOCOLS = { auth_protocol: 'sha256', priv_protocol: 'aes' } as const;
const KEYS = { ...PROTOCOLS, auth_key: 'auth-key-of-tests', priv_key: 'priv-key-of-tests' };
const USERS: Readonly<Record<SecurityLevel, UsmUser>> = {
  noAuthNoPriv: { ...KEYS, user: 'n', level: 'noAuthNoPriv' },
  authNoPriv: { ...KEYS, user: 's', level: 'authNoPriv' },
  authPriv: { ...KEYS, user: 'u', level: 'authPriv' },
};
const LEVELS = Object.keys(USERS) as SecurityLevel[];
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
  const address = element(TAG.IpAddress, Uint8Array.of(192, 0, 2, 1));
  const numbers = [integerElement(generic), integerElement(17), integerElement(100, TAG.TimeTicks)];
  const pdu = element(TAG.Trap, oidElement('1.3.6.1.4.1.318'), address, ...numbers, varbindList(VARBINDS));
  return element(TAG.Sequence, integerElement(0), octetsElement('c'), pdu);
}

const scoped = (trapOid: string, pdu: number, engineId: Uint8Array): Uint8Array =>
  scopedNotification(engineId, trapOid, VARBINDS, pdu);
const sent = (content: Uint8Array, level: SecurityLevel, engine: typeof SENDER, n: number, more = 0): Uint8Array =>
  v3Message(content, USERS[level], engine, { id: n, now: n, more });

const AT_ONCE = { id: 1, now: 1 };
const SEEDS: readonly Uint8Array[] = [
  ...TRAPS.map((oid) => v2cMessage('c', oid, VARBINDS)),
  v2cMessage('c', TRAPS[0]!, VARBINDS, TAG.InformRequest),
  ...[0, 2, 4, 6].map(v1Message),
  ...LEVELS.flatMap((level, i) => [
    sent(scoped(TRAPS[i]!, TAG.SNMPv2Trap, SENDER.id), level, SENDER, 1),
    sent(scoped(TRAPS[i]!, TAG.InformRequest, US.id), level, US, 1),
  ]),
  v3Message(scoped(TRAPS[0]!, TAG.SNMPv2Trap, SENDER.id), { ...USERS.noAuthNoPriv, user: 'nobody' }, SENDER, AT_ONCE),
  // The sender wants a Report: of these, the engine must be found out first, or the user is unknown.
  ...[SENDER, US].map((engine) =>
    sent(scoped(TRAPS[0]!, TAG.InformRequest, US.id), 'noAuthNoPriv', engine, 1, FLAG.reportable),
  ),
  sent(scopedPdu(NOBODY.id, element(TAG.GetRequest)), 'noAuthNoPriv', NOBODY, 1, FLAG.reportable),
];
const SCOPED = [scoped(TRAPS[0]!, TAG.SNMPv2Trap, SENDER.id), scoped(TRAPS[1]!, TAG.InformRequest, US.id)];
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
  const receiving = new TrapReceiving({ communities: ['c'], users: Object.values(USERS) }, US);
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
    const level = pick(chance, ['authNoPriv', 'authPriv'] as const);
    const engine = pick(chance, [SENDER, US]);
    const bytes = sealed
      ? sent(mutated(pick(chance, SCOPED), chance, SEEDS), level, engine, n)
      : mutated(pick(chance, SEEDS), chance, SEEDS);
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
