import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BerError,
  BerReader,
  element,
  integerElement,
  octetsElement,
  oidElement,
  TAG,
} from '../../../agent/drivers/ber.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

describe('what is written is read back', () => {
  it('integers of any size', () =>
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect(new BerReader(integerElement(n)).integer()).toBe(n);
      }),
    ));

  it('integers in the fewest octets', () => {
    const hex = (n: number): string => Buffer.from(integerElement(n)).toString('hex');
    expect([0, 127, 128, -1, -128, -129, 2 ** 31 - 1, 2 ** 32 - 1].map(hex)).toEqual([
      '020100',
      '02017f',
      '02020080',
      '0201ff',
      '020180',
      '0202ff7f',
      '02047fffffff',
      '020500ffffffff',
    ]);
  });

  it('OIDs', () =>
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(2), fc.nat(39)),
        fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 126 }),
        (head, rest) => {
          const oid = [...head, ...rest].join('.');
          expect(new BerReader(oidElement(oid)).oid()).toBe(oid);
        },
      ),
    ));

  it('octets of any length', () => {
    for (const n of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const reader = new BerReader(octetsElement(new Uint8Array(n).fill(7)));
      expect(reader.octets()).toEqual(new Uint8Array(n).fill(7));
      expect(reader.atEnd).toBe(true);
    }
  });
});

describe('what agents in the field write', () => {
  it.each([
    ['a Counter32 without its leading zero', '4104ffffffff', 4_294_967_295],
    ['a Counter32 with it', '410500ffffffff', 4_294_967_295],
    ['a length in two octets too many', '4183000001' + '05', 5],
  ])('%s', (_name, hex, value) => expect(new BerReader(bytes(hex)).unsigned32(TAG.Counter32)).toBe(value));

  it.each([
    ['4609' + '00ffffffffffffffff', 2n ** 64n - 1n],
    ['4608' + 'ffffffffffffffff', 2n ** 64n - 1n],
    ['460101', 1n],
    ['4600', 0n],
  ])('a Counter64 of %s', (hex, value) => expect(new BerReader(bytes(hex)).unsigned64()).toBe(value));
});

it('a Counter64 of a whole datagram is its last eight octets', () => {
  const octets = new Uint8Array(65_000).fill(255);
  expect(new BerReader(octetsElement(octets, TAG.Counter64)).unsigned64()).toBe(2n ** 64n - 1n);
});

it('a number of an OID whose sign an agent has extended to 64 bits counts as its lower 32', () =>
  expect(new BerReader(bytes('060d2b060181ffffffffffffffff7f')).oid()).toBe('1.3.6.1.4294967295'));

it('an OID of nothing is 0.0', () => expect(new BerReader(bytes('0600')).oid()).toBe('0.0'));

describe('what is no BER', () => {
  it.each([
    ['nothing', ''],
    ['only a tag', '02'],
    ['another tag', '040100'],
    ['a length longer than the rest', '020201'],
    ['an indefinite length', '028001'],
    ['a length whose octets are cut', '028201'],
    ['a length beyond every number', '028affffffffffffffffffff01'],
    ['an integer without octets', '0200'],
    ['an integer of more than 53 bits', '02087fffffffffffffff'],
  ])('%s', (_name, hex) => expect(() => new BerReader(bytes(hex)).integer()).toThrow(BerError));

  it.each([
    ['that ends in the middle of a number', '06022b86'],
    ['of more than 128 numbers', `0681ff2b${'01'.repeat(254)}`],
  ])('an OID %s', (_name, hex) => expect(() => new BerReader(bytes(hex)).oid()).toThrow(BerError));

  it('an element that reaches beyond the one around it', () => {
    const outer = element(TAG.Sequence, bytes('0202'));
    const padded = Uint8Array.from([...outer, 1, 1]);
    expect(() => new BerReader(padded).enter(TAG.Sequence).integer()).toThrow(BerError);
  });

  it('anything else never does more than throw BerError', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        const read = [
          (r: BerReader) => r.integer(noise[0]),
          (r: BerReader) => r.oid(noise[0]),
          (r: BerReader) => r.unsigned64(noise[0]),
          (r: BerReader) => r.enter(noise[0] ?? 0).skip(),
        ];
        for (const use of read)
          try {
            use(new BerReader(noise));
          } catch (error) {
            expect(error).toBeInstanceOf(BerError);
          }
      }),
    ));
});
