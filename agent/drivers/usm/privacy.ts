import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { PRIV, type PrivProtocol } from './protocol.ts';

/** The authoritative engine's clock as it stands in the message: part of what AES encrypts with. */
export interface EngineMoment {
  readonly boots: number;
  readonly time: number;
}

/** What a datagram can hold, with an initialisation vector before and padding behind. */
const scratch = Buffer.alloc(65_536 + 64);

/**
 * Encrypts and decrypts with one key: DES-CBC (RFC 3414 section 8) or AES-CFB (RFC 3826). One cipher object of node:crypto serves all messages in
 * each direction; making one for each message, and collecting it, cost more than the rest of the message. Their only state is the last block of
 * ciphertext, which stands in for the initialisation vector:
 * decrypting, the vector goes in as if it were the block before;
 * encrypting in CBC, the first block is mixed with what the state has too much; in CFB one block goes before, so made that its ciphertext is the vector.
 */
export class PrivacyKey {
  readonly protocol: PrivProtocol;
  readonly #block: 8 | 16;
  readonly #preIv: Uint8Array | undefined;
  readonly #encryptor;
  readonly #decryptor;
  /** The last block of ciphertext that `#encryptor` made. */
  readonly #last: Buffer;
  readonly #iv: Buffer;

  /** @param key as long as the protocol takes; for DES with the pre-IV behind it (RFC 3414 section 8.1.1.1) */
  constructor(protocol: PrivProtocol, key: Uint8Array) {
    const { cipher } = PRIV[protocol];
    const isDes = protocol === 'des';
    this.protocol = protocol;
    this.#block = isDes ? 8 : 16;
    const des = key.subarray(0, 8);
    const octets = isDes ? Buffer.concat([des, des, des]) : key;
    this.#preIv = isDes ? Uint8Array.from(key.subarray(8, 16)) : undefined;
    this.#last = Buffer.alloc(this.#block);
    this.#iv = Buffer.alloc(this.#block);
    this.#encryptor = createCipheriv(cipher, octets, this.#last).setAutoPadding(false);
    this.#decryptor = createDecipheriv(cipher, octets, this.#last).setAutoPadding(false);
  }

  /** `salt`: 8 octets that were never used with this key before. DES fills the last block with zeros, which a reader ignores (section 8.1.1.2). */
  encrypt(scopedPdu: Uint8Array, moment: EngineMoment, salt: Uint8Array): Uint8Array {
    if (scopedPdu.length === 0) return scopedPdu;
    const block = this.#block;
    const iv = this.#setIv(moment, salt);
    const padded = Math.ceil(scopedPdu.length / block) * block;
    const isCfb = block === 16;
    const start = isCfb ? block : 0;
    scratch.set(scopedPdu, start);
    scratch.fill(0, start + scopedPdu.length, start + padded);
    if (isCfb) {
      const next = this.#afterLast();
      for (let i = 0; i < block; i++) scratch[i] = iv[i]! ^ next[i]!;
    } else for (let i = 0; i < block; i++) scratch[i]! ^= iv[i]! ^ this.#last[i]!;
    const coded = this.#encryptor.update(scratch.subarray(0, start + padded));
    coded.copy(this.#last, 0, coded.length - block);
    return isCfb ? coded.subarray(block, block + scopedPdu.length) : coded;
  }

  /** Undefined where salt or data cannot be of this protocol. Whether the result means anything is for its reader to say. */
  decrypt(data: Uint8Array, moment: EngineMoment, salt: Uint8Array): Uint8Array | undefined {
    const block = this.#block;
    if (salt.length !== 8 || data.length === 0 || data.length > scratch.length - 2 * block) return undefined;
    if (block === 8 && data.length % block !== 0) return undefined;
    const padded = Math.ceil(data.length / block) * block;
    scratch.set(this.#setIv(moment, salt));
    scratch.set(data, block);
    scratch.fill(0, block + data.length, block + padded);
    return this.#decryptor.update(scratch.subarray(0, block + padded)).subarray(block, block + data.length);
  }

  /** CFB: the block cipher's result for the last block, which comes out where zeros follow it. */
  #afterLast(): Uint8Array {
    const block = this.#block;
    const asked = Buffer.alloc(2 * block);
    asked.set(this.#last);
    return this.#decryptor.update(asked).subarray(block);
  }

  #setIv({ boots, time }: EngineMoment, salt: Uint8Array): Buffer {
    const iv = this.#iv;
    const preIv = this.#preIv;
    if (preIv) for (let i = 0; i < 8; i++) iv[i] = preIv[i]! ^ salt[i]!;
    else {
      // RFC 3826 section 3.1.2.1: boots, time, salt.
      iv.writeUInt32BE(boots, 0);
      iv.writeUInt32BE(time, 4);
      iv.set(salt, 8);
    }
    return iv;
  }
}

/**
 * Salts that do not repeat while the process lives, from a random start (RFC 3826 section 3.1.2.1). In DES the first half is snmpEngineBoots and
 * the second a counter (RFC 3414 section 8.1.1.1).
 */
export class SaltSource {
  readonly #octets = randomFillSync(Buffer.alloc(8));
  #high = this.#octets.readUInt32BE(0);
  #low = this.#octets.readUInt32BE(4);

  next(protocol: PrivProtocol, boots: number): Uint8Array {
    this.#low = (this.#low + 1) >>> 0;
    if (this.#low === 0) this.#high = (this.#high + 1) >>> 0;
    const salt = Buffer.allocUnsafe(8);
    salt.writeUInt32BE(protocol === 'des' ? boots : this.#high, 0);
    salt.writeUInt32BE(this.#low, 4);
    return salt;
  }
}
