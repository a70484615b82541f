import { TAG } from '../../../../agent/drivers/ber.ts';
import { decodeV3, type V3Message } from '../../../../agent/drivers/usm/message.ts';
import { type Opened, UsmPeer } from '../../../../agent/drivers/usm/peer.ts';
import type { PduRequest } from '../../../../agent/drivers/usm/scoped-pdu.ts';
import { createUsmTools } from '../../../../agent/drivers/usm/session.ts';
import { OidTable } from '../../../../sim/oid-table.ts';
import { answer } from '../../../../sim/snmp-agent.ts';
import type { SimulatedEngine } from '../../../../sim/usm-engine.ts';
import type { SimUser } from '../../../../sim/usm-keys.ts';

/** One for all tests of a file: keys are worked out once. */
export const tools = createUsmTools();

export const PRIVATE: SimUser = {
  name: 'private',
  auth: { protocol: 'sha256', phrase: 'auth-phrase' },
  priv: { protocol: 'aes', phrase: 'priv-phrase' },
};
export const SIGNED: SimUser = { name: 'signed', auth: { protocol: 'sha', phrase: 'auth-phrase' } };
export const OPEN: SimUser = { name: 'open' };
export const USERS = [PRIVATE, SIGNED, OPEN];

export function peerOf({ name, auth, priv }: SimUser, context = ''): UsmPeer {
  const protocols = { auth_protocol: auth?.protocol ?? 'sha256', priv_protocol: priv?.protocol ?? 'aes' } as const;
  return new UsmPeer({ user: name, ...protocols, auth_key: auth?.phrase, priv_key: priv?.phrase }, context, tools);
}

/** A device with every type of value. */
export function device(): OidTable {
  const table = new OidTable()
    .set('1.3.6.1.2.1.1.1', '0', { type: 'octets', value: Buffer.from('Simulated ü') })
    .set('1.3.6.1.2.1.1.2', '0', { type: 'oid', value: '1.3.6.1.4.1.8072.4294967295' })
    .set('1.3.6.1.2.1.1.3', '0', { type: 'timeticks', value: 4_294_967_295 })
    .set('1.3.6.1.2.1.1.9', '0', { type: 'ip', value: '10.0.255.1' })
    .set('1.3.6.1.2.1.1.10', '0', { type: 'integer', value: -7 })
    .set('1.3.6.1.2.1.1.11', '0', { type: 'opaque', value: Buffer.from('9f78043f800000', 'hex') });
  for (let i = 1; i <= 4; i++)
    table
      .set('1.3.6.1.2.1.2.2.1.10', `${i}`, { type: 'counter32', value: 4_294_967_290 + i })
      .set('1.3.6.1.2.1.2.2.1.5', `${i}`, { type: 'gauge32', value: i * 10 ** 9 })
      .set('1.3.6.1.2.1.31.1.1.1.6', `${i}`, { type: 'counter64', value: 2n ** 64n - BigInt(i) });
  return table;
}

const DEVICE = device();

/** What the engine sends back for a datagram. @throws where it stays silent */
export function reply(engine: SimulatedEngine, datagram: Uint8Array, at: number): Buffer {
  const received = engine.receive(Buffer.from(datagram), at);
  if (!received) throw new Error('the engine stays silent');
  if ('report' in received) return received.report;
  return received.wrap(answer(received.request, DEVICE, at, { maxBytes: 1200, maxRows: 1000 })!);
}

export function decoded(datagram: Uint8Array): V3Message {
  const message = decodeV3(datagram);
  if (typeof message === 'string') throw new Error(message);
  return message;
}

export function discover(peer: UsmPeer, engine: SimulatedEngine, at: number): void {
  peer.learn(decoded(reply(engine, peer.discovery(2 ** 24).bytes, at)), at);
}

export const SYS_UP_TIME: Omit<PduRequest, 'requestId'> = {
  tag: TAG.GetRequest,
  first: 0,
  second: 0,
  oids: ['1.3.6.1.2.1.1.3.0'],
};
export const WALK = {
  tag: TAG.GetBulkRequest,
  first: 1,
  second: 30,
  oids: ['1.3.6.1.2.1.1.3', '1.3.6.1.2.1.1', '1.3.6.1.2.1.31'],
};

/** A request sealed, answered, opened. */
export function ask(peer: UsmPeer, engine: SimulatedEngine, id: number, at: number, request = SYS_UP_TIME): Opened {
  return opened(peer, reply(engine, peer.seal(id, request, at).bytes, at), id, at);
}

export function opened(peer: UsmPeer, datagram: Buffer, id: number, at: number): Opened {
  return peer.open(datagram, decoded(datagram), id, at);
}
