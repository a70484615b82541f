import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BerReader, encode, encodeInteger, encodeOid, MalformedError } from '../../../agent/trap/ber.ts';
import { trapOidOfV1 } from '../../../agent/trap/notification.ts';
import { PDU, readNotification } from '../../../agent/trap/pdu.ts';
import { v2cMessage } from '../../support/trap-message.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('BER', () => {
  it('gives back every OID and every 32-bit integer', () => {
    const id = fc.integer({ min: 0, max: 0xffffffff });
    const oids = fc
      .tuple(fc.constantFrom(0, 1, 2), fc.integer({ min: 0, max: 39 }), fc.array(id, { maxLength: 40 }))
      .map(([a, b, rest]) => [a, b, ...rest].join('.'));
    fc.assert(fc.property(oids, (oid) => new BerReader(encodeOid(oid)).oid() === oid));
    const integers = fc.integer({ min: -(2 ** 31), max: 2 ** 32 });
    fc.assert(fc.property(integers, (n) => new BerReader(encodeInteger(n)).integer() === n));
  });

  it('never reads beyond its end, whatever the bytes', () => {
    const octets = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(octets, (data) => {
        const reader = new BerReader(data);
        try {
          while (!reader.done) expect(reader.next().end).toBeLessThanOrEqual(data.length);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });

  it.each([
    ['a length beyond the end', '30 05 02 01'],
    ['an indefinite length', '30 80 02 01 01 00 00'],
    ['a length of five octets', '30 85 00 00 00 00 01 00'],
    ['a length that is cut short', '30 84 00'],
    ['a tag of several octets', '3f 81 01 00'],
    ['nothing', ''],
  ])('%s is malformed', (_name, hex) => expect(() => new BerReader(bytes(hex)).next()).toThrow(MalformedError));

  it.each([
    ['an integer of no octets', '02 00'],
    ['an integer of nine octets', '02 09 01 02 03 04 05 06 07 08 09'],
    ['an integer that a number cannot hold', '02 08 7f ff ff ff ff ff ff ff'],
  ])('%s is malformed', (_name, hex) => expect(() => new BerReader(bytes(hex)).integer()).toThrow(MalformedError));

  it.each([
    ['an OID that is cut short', '06 02 2b 86'],
    ['a sub-identifier beyond 32 bits', '06 07 2b ff ff ff ff ff 7f'],
    ['an OID of 200 numbers', `06 81 c8 ${'2b'.repeat(200)}`],
  ])('%s is malformed', (_name, hex) => expect(() => new BerReader(bytes(hex)).oid()).toThrow(MalformedError));
});

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
    const outer = new BerReader(message).enter(0x30);
    outer.integer();
    outer.octets();
    return readNotification(outer, '2c');
  };

  it('gives its values by their types', () => {
    const values = [
      encodeInteger(-5),
      encodeInteger(4_294_967_295, 0x41),
      encodeInteger(100, 0x43),
      encode(0x46, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      encode(0x40, [192, 0, 2, 1]),
      encode(0x40, [1, 2, 3, 4, 5]),
      encode(0x81),
    ];
    const trapOid = encode(0x30, encodeOid('1.3.6.1.6.3.1.1.4.1.0'), encodeOid('1.3.6.1.4.1.9'));
    const list = values.map((value, i) => encode(0x30, encodeOid(`1.3.6.1.${i}`), value));
    const ids = [encodeInteger(1), encodeInteger(0), encodeInteger(0)];
    const pdu = encode(PDU.trapV2, ...ids, encode(0x30, trapOid, ...list));
    const notification = readNotification(new BerReader(pdu), '2c')!;
    expect(notification.varbinds.map((v) => v.value)).toEqual([
      ...[-5, 4_294_967_295, 100, 18_446_744_073_709_551_615n, '192.0.2.1', Uint8Array.from([1, 2, 3, 4, 5]), null],
    ]);
    expect(notification).toMatchObject({ trapOid: '1.3.6.1.4.1.9', uptime: undefined });
  });

  it('is none without snmpTrapOID, as another PDU, or of another version', () => {
    const message = v2cMessage('c', '1.3.6.1.4.1.9', []);
    expect(read(message)).toMatchObject({ kind: 'trap', trapOid: '1.3.6.1.4.1.9', uptime: 100, varbinds: [] });
    expect(read(v2cMessage('c', '1.3.6.1.4.1.9', [], PDU.inform))).toMatchObject({ kind: 'inform' });
    expect(read(v2cMessage('c', '1.3.6.1.4.1.9', [], PDU.get))).toBeUndefined();
    const empty = encode(PDU.trapV2, encodeInteger(1), encodeInteger(0), encodeInteger(0), encode(0x30));
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
