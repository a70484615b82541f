import { describe, expect, it } from 'vitest';
import { BerReader, element, integerElement, oidElement, TAG } from '../../../agent/drivers/ber.ts';
import { trapOidOfV1 } from '../../../agent/trap/notification.ts';
import { readNotification } from '../../../agent/trap/pdu.ts';
import { v2cMessage } from '../../support/trap-message.ts';

describe('v1 traps as v2 (RFC 3584 section 3.1)', () => {
  const trap = { enterprise: '1.3.6.1.4.1.318', agentAddress: '0.0.0.0', specific: 9, uptime: 0, varbinds: [] };
  it.each([
    [0, '1.3.6.1.6.3.1.1.5.1'],
    [1, '1.3.6.1.6.3.1.1.5.2'],
    [2, '1.3.6.1.6.3.1.1.5.3'],
    [3, '1.3.6.1.6.3.1.1.5.4'],
    [4, '1.3.6.1.6.3.1.1.5.5'],
    [5, '1.3.6.1.6.3.1.1.5.6'],
    [6, '1.3.6.1.4.1.318.0.9'],
  ])('generic %i is %s', (generic, oid) => expect(trapOidOfV1({ ...trap, generic })).toBe(oid));
});

describe('the PDU of a notification', () => {
  const read = (message: Uint8Array) => {
    const outer = new BerReader(message).enter(TAG.Sequence);
    outer.integer();
    outer.octets();
    return readNotification(outer, '2c');
  };

  it('gives its values by their types', () => {
    const values = [
      integerElement(-5),
      integerElement(4_294_967_295, 0x41),
      integerElement(100, 0x43),
      element(0x46, Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
      element(0x40, Uint8Array.from([192, 0, 2, 1])),
      element(0x40, Uint8Array.from([1, 2, 3, 4, 5])),
      element(0x81),
    ];
    const trapOid = element(TAG.Sequence, oidElement('1.3.6.1.6.3.1.1.4.1.0'), oidElement('1.3.6.1.4.1.9'));
    const list = values.map((value, i) => element(TAG.Sequence, oidElement(`1.3.6.1.${i}`), value));
    const ids = [integerElement(1), integerElement(0), integerElement(0)];
    const pdu = element(TAG.SNMPv2Trap, ...ids, element(TAG.Sequence, trapOid, ...list));
    const notification = readNotification(new BerReader(pdu), '2c')!;
    expect(notification.varbinds.map((v) => v.value)).toEqual([
      ...[-5, 4_294_967_295, 100, 18_446_744_073_709_551_615n, '192.0.2.1', Uint8Array.from([1, 2, 3, 4, 5]), null],
    ]);
    expect(notification).toMatchObject({ trapOid: '1.3.6.1.4.1.9', uptime: undefined });
  });

  it('is none without snmpTrapOID, as another PDU, or of another version', () => {
    const message = v2cMessage('c', '1.3.6.1.4.1.9', []);
    expect(read(message)).toMatchObject({ kind: 'trap', trapOid: '1.3.6.1.4.1.9', uptime: 100, varbinds: [] });
    expect(read(v2cMessage('c', '1.3.6.1.4.1.9', [], TAG.InformRequest))).toMatchObject({ kind: 'inform' });
    expect(read(v2cMessage('c', '1.3.6.1.4.1.9', [], TAG.GetRequest))).toBeUndefined();
    const empty = element(
      TAG.SNMPv2Trap,
      integerElement(1),
      integerElement(0),
      integerElement(0),
      element(TAG.Sequence),
    );
    expect(readNotification(new BerReader(empty), '2c')).toBeUndefined();
    expect(readNotification(new BerReader(empty), '1')).toBeUndefined();
  });

  it('leaves out the community that a relay adds', () => {
    const relayed = v2cMessage('c', '1.3.6.1.4.1.9', [
      ['1.3.6.1.6.3.18.1.4.0', 'secret'],
      ['1.3.6.1.9.1', 'told'],
    ]);
    expect(read(relayed)?.varbinds.map((v) => v.oid)).toEqual(['1.3.6.1.9.1']);
  });

  it('is refused with more varbinds than a trap has', () => {
    const many = Array.from({ length: 300 }, (_, i) => [`1.3.6.1.${i}`, i] as const);
    expect(() => read(v2cMessage('c', '1.3.6.1.4.1.9', many))).toThrow('more than 256 varbinds');
  });
});
