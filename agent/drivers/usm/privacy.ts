import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import type { EngineKeys } from './keys.ts';
import { PRIV } from './protocol.ts';

type PrivKey = NonNullable<EngineKeys['priv']>;

/** The authoritative engine's clock as it stands in the message: part of what AES encrypts with. */
export interface EngineMoment {
  readonly boots: number;
  readonly time: number;
}

const BLOCK = 8;

/** RFC 3414 section 8.3.1.2, RFC 3826 section 3.1.3. `salt`: 8 octets that were never used with this key before. */
export function encrypt(scopedPdu: Uint8Array, key: PrivKey, moment: EngineMoment, salt: Uint8Array): Buffer {
  const { cipher } = PRIV[key.protocol];
  const coder = createCipheriv(cipher, key.key, ivOf(key, moment, salt));
  if (key.protocol !== 'des') return coder.update(scopedPdu);
  // DES takes whole blocks; what follows the scoped PDU is ignored (RFC 3414 section 8.1.1.2).
  coder.setAutoPadding(false);
  const padding = new Uint8Array((BLOCK - (scopedPdu.length % BLOCK)) % BLOCK);
  return Buffer.concat([coder.update(scopedPdu), coder.update(padding)]);
}

/** Undefined where salt or data cannot be of this protocol. Whether the result means anything is for its reader to say. */
export function decrypt(data: Uint8Array, key: PrivKey, moment: EngineMoment, salt: Uint8Array): Buffer | undefined {
  if (salt.length !== 8 || data.length === 0) return undefined;
  if (key.protocol === 'des' && data.length % BLOCK !== 0) return undefined;
  const decoder = createDecipheriv(PRIV[key.protocol].cipher, key.key, ivOf(key, moment, salt));
  if (key.protocol === 'des') decoder.setAutoPadding(false);
  return decoder.update(data);
}

function ivOf({ preIv }: PrivKey, { boots, time }: EngineMoment, salt: Uint8Array): Uint8Array {
  if (preIv) return preIv.map((octet, i) => octet ^ salt[i]!);
  // RFC 3826 section 3.1.2.1: boots, time, salt.
  const iv = Buffer.allocUnsafe(16);
  iv.writeUInt32BE(boots, 0);
  iv.writeUInt32BE(time, 4);
  iv.set(salt, 8);
  return iv;
}

/**
 * Salts that do not repeat while the process lives, from a random start (RFC 3826 section 3.1.2.1). In DES the first half is snmpEngineBoots and
 * the second a counter (RFC 3414 section 8.1.1.1).
 */
export class SaltSource {
  readonly #octets = randomFillSync(Buffer.alloc(8));
  #high = this.#octets.readUInt32BE(0);
  #low = this.#octets.readUInt32BE(4);

  next(protocol: PrivKey['protocol'], boots: number): Uint8Array {
    this.#low = (this.#low + 1) >>> 0;
    if (this.#low === 0) this.#high = (this.#high + 1) >>> 0;
    const salt = Buffer.allocUnsafe(8);
    salt.writeUInt32BE(protocol === 'des' ? boots : this.#high, 0);
    salt.writeUInt32BE(this.#low, 4);
    return salt;
  }
}
