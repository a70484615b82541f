import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, hmacKey, isAuthentic, sign } from '../../../../agent/drivers/usm/authentication.ts';
import { KeyCache } from '../../../../agent/drivers/usm/key-cache.ts';
import { PrivacyKey, SaltSource } from '../../../../agent/drivers/usm/privacy.ts';
import { type AuthProtocol, PRIV, type PrivProtocol } from '../../../../agent/drivers/usm/protocol.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('authentication', () => {
  /** Test case 1 of RFC 2202 (MD5, SHA-1) and RFC 4231 (SHA-2). */
  it.each<[AuthProtocol, number, number, string]>([
    ['md5', 16, 12, '9294727a3638bb1c13f48ef8'],
    ['sha', 20, 12, 'b617318655057264e28bc0b6'],
    ['sha224', 20, 16, '896fb1128abbdf196832107cd49df33f'],
    ['sha256', 20, 24, 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da7'],
    ['sha384', 20, 32, 'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c'],
    [
      'sha512',
      20,
      48,
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4',
    ],
  ])('%s: HMAC of the message, cut to what is sent', (protocol, keyLength, digest, expected) => {
    const key = hmacKey(protocol, Buffer.alloc(keyLength, 0x0b));
    expect(Buffer.from(digestOf(Buffer.from('Hi There'), 0, 0, key)).toString('hex')).toBe(expected);
    expect(expected).toHaveLength(2 * digest);
  });

  it.each<[AuthProtocol, number]>([
    ['md5', 12],
    ['sha', 12],
    ['sha224', 16],
    ['sha256', 24],
    ['sha384', 32],
    ['sha512', 48],
  ])('%s: takes what was signed and nothing that differs in a bit, nor a shorter digest', (protocol, digest) => {
    const key = hmacKey(protocol, randomBytes(20));
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 60, maxLength: 300 }),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        (content, n, bit) => {
          // As the socket gives it.
          const bytes = Buffer.from(content);
          bytes.fill(0, 5, 5 + digest);
          sign(bytes, 5, key);
          const before = Buffer.from(bytes);
          expect(isAuthentic(bytes, 5, digest, key)).toBe(true);
          expect(bytes).toEqual(before);
          expect(isAuthentic(bytes, 5, digest - 1, key)).toBe(false);
          expect(isAuthentic(bytes, 5, 0, key)).toBe(false);
          bytes[n % bytes.length]! ^= 1 << bit;
          expect(isAuthentic(bytes, 5, digest, key)).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });
});

const CIPHERS: readonly PrivProtocol[] = ['des', 'aes', 'aes192b', 'aes192r', 'aes256b', 'aes256r'];

describe('privacy', () => {
  const keys = new KeyCache();
  const keyOf = (priv_protocol: PrivProtocol) =>
    keys.forEngine(
      { user: 'u', auth_protocol: 'md5', auth_key: 'maplesyrup', priv_protocol, priv_key: 'maplesyrup' },
      hex('000000000000000000000002'),
    ).priv!;

  it('AES-128 is CFB with boots, time and salt as its start (RFC 3826); the vector is NIST SP 800-38A F.3.13', () => {
    const key = new PrivacyKey('aes', hex('2b7e151628aed2a6abf7158809cf4f3c'));
    const moment = { boots: 0x00010203, time: 0x04050607 };
    const plain = hex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51');
    const coded = key.encrypt(plain, moment, hex('08090a0b0c0d0e0f'));
    expect(Buffer.from(coded).toString('hex')).toBe('3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b');
  });

  it('DES is CBC with the pre-IV mixed with the salt (RFC 3414 section 8.1.1.1); the vector is FIPS 81 table C1', () => {
    const key = new PrivacyKey('des', hex('0123456789abcdef1234567890abcdef'));
    const coded = key.encrypt(Buffer.from('Now is the time for all '), { boots: 0, time: 0 }, Buffer.alloc(8));
    expect(Buffer.from(coded).toString('hex')).toBe('e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6');
  });

  it.each(CIPHERS)('%s: decrypt gives back what encrypt was given', (protocol) => {
    const key = keyOf(protocol);
    const salts = new SaltSource();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        (plain, boots, time) => {
          const salt = salts.next(protocol, boots);
          const coded = key.encrypt(plain, { boots, time }, salt);
          expect(coded.length).toBe(protocol === 'des' ? Math.ceil(plain.length / 8) * 8 : plain.length);
          const decoded = key.decrypt(coded, { boots, time }, salt)!;
          expect([...decoded.subarray(0, plain.length)]).toEqual([...plain]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each(CIPHERS)('%s: in any order, each message is as if it had ciphers of its own', (protocol) => {
    const { cipher, key: length } = PRIV[protocol];
    const octets = randomBytes(length);
    const key = new PrivacyKey(protocol, octets);
    const des = octets.subarray(0, 8);
    const secret = protocol === 'des' ? Buffer.concat([des, des, des]) : octets;
    const message = fc.record({ coding: fc.boolean(), octets: fc.uint8Array({ minLength: 1, maxLength: 90 }) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        for (const { coding, octets: given } of messages) {
          const input = protocol === 'des' ? Buffer.concat([given, Buffer.alloc((8 - (given.length % 8)) % 8)]) : given;
          const salt = randomBytes(8);
          const head = Buffer.from('0000000700000009', 'hex');
          const iv = protocol === 'des' ? salt.map((o, i) => o ^ octets[8 + i]!) : Buffer.concat([head, salt]);
          const alone = (coding ? createCipheriv : createDecipheriv)(cipher, secret, iv).setAutoPadding(false);
          const expected = Buffer.concat([alone.update(input), alone.final()]);
          const moment = { boots: 7, time: 9 };
          const found = coding ? key.encrypt(given, moment, salt) : key.decrypt(input, moment, salt)!;
          expect(Buffer.from(found).toString('hex')).toBe(expected.toString('hex'));
        }
      }),
    );
  });

  it('refuses what cannot be of the protocol', () => {
    const moment = { boots: 1, time: 1 };
    expect(keyOf('aes').decrypt(Buffer.alloc(16), moment, Buffer.alloc(7))).toBeUndefined();
    expect(keyOf('aes').decrypt(Buffer.alloc(0), moment, Buffer.alloc(8))).toBeUndefined();
    expect(keyOf('des').decrypt(Buffer.alloc(15), moment, Buffer.alloc(8))).toBeUndefined();
  });

  it('never gives a salt twice, and DES has the boots in it', () => {
    const salts = new SaltSource();
    const seen = new Set(Array.from({ length: 1000 }, () => Buffer.from(salts.next('aes', 1)).toString('hex')));
    expect(seen.size).toBe(1000);
    expect(Buffer.from(salts.next('des', 7)).readUInt32BE(0)).toBe(7);
  });
});
