import { describe, expect, it } from 'vitest';
import { element, octetsElement, TAG } from '../../../agent/drivers/ber.ts';
import type { UsmUser } from '../../../agent/drivers/usm/key-cache.ts';
import { decodeV3, FLAG, type V3Message } from '../../../agent/drivers/usm/message.ts';
import { PRIV, type PrivProtocol } from '../../../agent/drivers/usm/protocol.ts';
import { ownEngine } from '../../../agent/trap/engine-times.ts';
import { TrapReceiving } from '../../../agent/trap/receive.ts';
import { scopedNotification, scopedPdu, v2cMessage, v3Message } from '../../support/trap-message.ts';

const user: UsmUser = {
  ...{ user: 'u', level: 'authPriv', auth_protocol: 'sha', priv_protocol: 'aes' },
  ...{ auth_key: 'auth-key-of-tests', priv_key: 'priv-key-of-tests' },
} as const;
const signer: UsmUser = { ...user, user: 's', level: 'authNoPriv' };
const SENDER = ownEngine(Buffer.from('80007ed90401020304', 'hex'), 1_800_000_000_000, 0);
const US = ownEngine(Buffer.from('80007ed90409090909', 'hex'), 1_800_000_000_000, 0);
const OID = '1.3.6.1.6.3.1.1.5.1';
const trap = scopedNotification(SENDER.id, OID, []);
const inform = scopedNotification(US.id, OID, [['1.3.6.1.9.1', 'text']], TAG.InformRequest);
const at = { id: 77, now: 1_000 };

const receiver = (...users: UsmUser[]) => new TrapReceiving({ communities: ['c'], users }, US);
const decoded = (reply: Uint8Array | undefined): V3Message => {
  const message = reply ? decodeV3(reply) : 'no reply';
  if (typeof message === 'string') throw new Error(message);
  return message;
};

describe('messages of version 3', () => {
  it.each(Object.keys(PRIV) as PrivProtocol[])('%s: a trap is read, an inform answered and protected', (priv) => {
    const sender = { ...user, priv_protocol: priv };
    const receiving = receiver(sender);
    expect(receiving.receive(v3Message(trap, sender, SENDER, at), 1_000)).toMatchObject({
      outcome: 'accepted',
      notification: { kind: 'trap', version: '3', trapOid: OID, uptime: 100 },
    });
    const { outcome, reply } = receiving.receive(v3Message(inform, sender, US, at), 1_000);
    expect(outcome).toBe('accepted');
    expect(decoded(reply)).toMatchObject({ id: 77, flags: FLAG.auth | FLAG.priv, boots: US.boots, time: 1 });
  });

  it('of another security model or version are not for us, and are no bad ones', () => {
    const bytes = Buffer.from(v3Message(trap, signer, SENDER, at));
    const model = bytes.indexOf(Buffer.from('040101020103', 'hex')) + 5;
    expect(receiver(signer).receive(bytes.with(model, 2), 0).outcome).toBe('unsupported');
    expect(receiver().receive(v2cMessage('c', OID, []).with(4, 2), 0).outcome).toBe('unsupported');
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['cut short', (bytes) => bytes.subarray(0, -1)],
    ['with octets behind the end', (bytes) => Buffer.concat([bytes, Uint8Array.of(0)])],
    ['that is empty', () => new Uint8Array()],
  ])('one %s is malformed', (_name, change) =>
    expect(receiver(signer).receive(change(v3Message(trap, signer, SENDER, at)), 0)).toEqual({ outcome: 'malformed' }),
  );

  it('no answer is made of what cannot be read, be it signed or not', () => {
    const nonsense = scopedPdu(SENDER.id, element(TAG.SNMPv2Trap, octetsElement('?')));
    expect(receiver(signer).receive(v3Message(nonsense, signer, SENDER, at), 0)).toEqual({ outcome: 'malformed' });
    expect(receiver(user).receive(v3Message(nonsense, user, SENDER, at), 0)).toEqual({ outcome: 'undecryptable' });
  });

  it('a get from a user of ours is no trap', () =>
    expect(
      receiver(signer).receive(v3Message(scopedPdu(US.id, noVarbinds(TAG.GetRequest)), signer, US, at), 1_000).outcome,
    ).toBe('not_a_trap'));

  it('one name with keys of several devices: whoever has signed it', () => {
    const other = { ...user, auth_key: 'another-key', priv_key: 'another-priv-key' };
    const receiving = receiver(user, other);
    for (const sender of [other, user])
      expect(receiving.receive(v3Message(trap, sender, SENDER, at), 1_000).outcome).toBe('accepted');
    const stranger = { ...user, auth_key: 'unheard-of-key' };
    expect(receiving.receive(v3Message(trap, stranger, SENDER, at), 1_000)).toEqual({ outcome: 'bad_digest' });
  });

  it('who has the key of one device cannot put the clock of another one wrong', () => {
    const other = { ...signer, auth_key: 'key-of-another-device' };
    const receiving = receiver(signer, other);
    const ahead = { ...SENDER, boots: 2_147_483_000 };
    expect(receiving.receive(v3Message(trap, other, ahead, at), 1_000).outcome).toBe('accepted');
    expect(receiving.receive(v3Message(trap, signer, SENDER, at), 1_000).outcome).toBe('accepted');
    expect(receiving.receive(v3Message(trap, other, SENDER, at), 1_000).outcome).toBe('not_in_time');
  });

  it('one that is played again after the window is told so only when it wants to know, and signed', () => {
    const receiving = receiver(signer);
    expect(receiving.receive(v3Message(trap, signer, SENDER, { id: 1, now: 400_000 }), 400_000).outcome).toBe(
      'accepted',
    );
    const old = v3Message(trap, signer, SENDER, at);
    expect(receiving.receive(old, 400_000)).toEqual({ outcome: 'not_in_time' });
    const asked = v3Message(inform, signer, US, { ...at, more: FLAG.reportable });
    const { outcome, reply } = receiving.receive(asked, 400_000);
    expect(outcome).toBe('not_in_time');
    expect(decoded(reply)).toMatchObject({ flags: FLAG.auth, digestLength: 12, time: 400 });
  });
});

function noVarbinds(tag: number): Uint8Array {
  const zero = element(TAG.Integer, Uint8Array.of(0));
  return element(tag, zero, zero, zero, element(TAG.Sequence));
}
