import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAG } from '../../../../agent/drivers/ber.ts';
import { BackWriter } from '../../../../agent/drivers/usm/ber-writer.ts';
import { decodeV3, type Envelope, FLAG, writeEnvelope } from '../../../../agent/drivers/usm/message.ts';
import { decodeScopedPdu, readPdu, writeScopedPdu } from '../../../../agent/drivers/usm/scoped-pdu.ts';

const writer = new BackWriter();
const count = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  fc.constantFrom(0, 127, 128, 255, 256, 32_768, 2 ** 31 - 1),
);
const subId = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constantFrom(0, 127, 128, 16_383, 16_384, 2 ** 32 - 1),
);
const oid = fc
  .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 39 }), fc.array(subId, { maxLength: 20 }))
  .map(([a, b, rest]) => [a, b, ...rest].join('.'));
const request = fc.record({
  tag: fc.constantFrom(TAG.GetRequest, TAG.GetNextRequest, TAG.GetBulkRequest),
  requestId: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  first: count,
  second: count,
  oids: fc.array(oid, { maxLength: 30 }),
});
const octets = (max: number) => fc.uint8Array({ maxLength: max });
const envelope: fc.Arbitrary<Envelope> = fc.record({
  id: count,
  flags: fc.constantFrom(0, FLAG.reportable, FLAG.auth, FLAG.auth | FLAG.priv | FLAG.reportable),
  engineId: octets(32),
  boots: count,
  time: count,
  user: octets(32),
  digest: fc.constantFrom(0, 12, 16, 24, 32, 48),
  salt: fc.uint8Array({ minLength: 8, maxLength: 8 }),
});

describe('the v3 codec', () => {
  it('reads back every request that it writes', () =>
    fc.assert(
      fc.property(request, octets(32), octets(40), (asked, engineId, name) => {
        writer.reset();
        writeScopedPdu(writer, asked, { engineId, name });
        const read = decodeScopedPdu(writer.copy());
        if (typeof read === 'string') throw new Error(read);
        expect([...read.contextEngineId]).toEqual([...engineId]);
        expect([...read.contextName]).toEqual([...name]);
        const { tag } = read.pdu;
        const { requestId, errorStatus, errorIndex, varbinds } = readPdu(read.pdu);
        expect([read.pdu.requestId, read.pdu.errorStatus]).toEqual([requestId, errorStatus]);
        expect({ tag, requestId, first: errorStatus, second: errorIndex, oids: varbinds.map((v) => v.oid) }).toEqual(
          asked,
        );
      }),
    ));

  it('reads back every envelope that it writes, and knows where the digest stands', () =>
    fc.assert(
      fc.property(envelope, octets(300), (outside, content) => {
        const encrypted = (outside.flags & FLAG.priv) !== 0;
        writer.reset();
        writer.octets(content, encrypted ? TAG.OctetString : TAG.Sequence);
        const { idAt, digestAt } = writeEnvelope(writer, outside);
        const read = decodeV3(writer.copy());
        if (typeof read === 'string') throw new Error(read);
        if (outside.id >= 2 ** 24) expect(writer.copy().readInt32BE(idAt)).toBe(outside.id);
        expect({
          ...read,
          engineId: [...read.engineId],
          user: [...read.user],
          salt: [...read.salt],
          data: [...read.data],
        }).toEqual({
          id: outside.id,
          maxSize: 65_507,
          flags: outside.flags,
          engineId: [...outside.engineId],
          boots: outside.boots,
          time: outside.time,
          user: [...outside.user],
          digestAt,
          digestLength: outside.digest,
          salt: encrypted ? [...outside.salt] : [],
          data: [...content],
        });
      }),
    ));

  it('says what is wrong with anything else, and never throws', () =>
    fc.assert(
      fc.property(envelope, octets(60), fc.nat(), fc.nat(255), (outside, content, n, value) => {
        writer.reset();
        writer.octets(content, (outside.flags & FLAG.priv) !== 0 ? TAG.OctetString : TAG.Sequence);
        writeEnvelope(writer, outside);
        const message = writer.copy();
        message[n % message.length] = value;
        for (const bytes of [message, message.subarray(0, n % message.length), Buffer.concat([message, content])])
          expect(['string', 'object']).toContain(typeof decodeV3(bytes));
        expect(typeof decodeV3(message.subarray(0, n % message.length))).toBe('string');
        expect(['string', 'object']).toContain(typeof decodeScopedPdu(content));
      }),
      { numRuns: 500 },
    ));

  it.each<[string, (e: Envelope) => Envelope, RegExp]>([
    ['privacy without authentication', (e) => ({ ...e, flags: FLAG.priv }), /privacy without authentication/],
    ['an engine id of 33 octets', (e) => ({ ...e, engineId: new Uint8Array(33) }), /engine id of 33 octets/],
    ['a user name of 33 octets', (e) => ({ ...e, user: new Uint8Array(33) }), /user name of 33 octets/],
    ['negative boots', (e) => ({ ...e, boots: -1 }), /outside 0\.\.2147483647/],
  ])('refuses %s', (_name, change, why) => {
    writer.reset();
    writer.octets(new Uint8Array(8), TAG.OctetString);
    const plain = { id: 1, flags: 3, boots: 1, time: 1, digest: 12, salt: new Uint8Array(8) };
    writeEnvelope(writer, change({ ...plain, engineId: new Uint8Array(5), user: new Uint8Array(4) }));
    expect(decodeV3(writer.copy())).toMatch(why);
  });
});
