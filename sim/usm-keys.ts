import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

export type SimAuth = 'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
export type SimPriv = 'des' | 'aes' | 'aes192b' | 'aes192r' | 'aes256b' | 'aes256r';

/** A user of a simulated device. The names of the protocols are those of the agent's configuration. */
export interface SimUser {
  readonly name: string;
  readonly auth?: { readonly protocol: SimAuth; readonly phrase: string };
  /** Only with `auth`. */
  readonly priv?: { readonly protocol: SimPriv; readonly phrase: string };
}

/** Hash, and octets of its HMAC in a message (RFC 3414, RFC 7860). */
const HASHES: Readonly<Record<SimAuth, readonly [string, number]>> = {
  md5: ['md5', 12],
  sha: ['sha1', 12],
  sha224: ['sha224', 16],
  sha256: ['sha256', 24],
  sha384: ['sha384', 32],
  sha512: ['sha512', 48],
};
const KEY_OCTETS: Readonly<Record<SimPriv, number>> = {
  des: 16,
  aes: 16,
  aes192b: 24,
  aes192r: 24,
  aes256b: 32,
  aes256r: 32,
};

/**
 * A user's keys at one engine, as the device has them. Written apart from the agent's, from the same RFCs: a device that shared the agent's mistakes
 * would find none.
 */
export class DeviceKeys {
  readonly name: string;
  readonly digestLength: number;
  readonly hasPriv: boolean;
  readonly #hash: string;
  readonly #auth: KeyObject | undefined;
  readonly #priv: { readonly protocol: SimPriv; readonly octets: Buffer; readonly key: KeyObject } | undefined;

  constructor({ name, auth, priv }: SimUser, engineId: Buffer) {
    this.name = name;
    this.#hash = auth ? HASHES[auth.protocol][0] : '';
    this.digestLength = auth ? HASHES[auth.protocol][1] : 0;
    this.#auth = auth && createSecretKey(this.#localised(auth.phrase, engineId));
    this.hasPriv = auth !== undefined && priv !== undefined;
    if (!auth || !priv) return;
    const octets = this.#extended(this.#localised(priv.phrase, engineId), priv.protocol, engineId);
    const des = octets.subarray(0, 8);
    const key = createSecretKey(priv.protocol === 'des' ? Buffer.concat([des, des, des]) : octets);
    this.#priv = { protocol: priv.protocol, octets, key };
  }

  get hasAuth(): boolean {
    return this.#auth !== undefined;
  }

  /** The digest of a message whose field for it holds zeros. */
  digest(message: Buffer): Buffer {
    return createHmac(this.#hash, this.#auth!).update(message).digest().subarray(0, this.digestLength);
  }

  isRight(digest: Buffer, message: Buffer): boolean {
    return digest.length === this.digestLength && timingSafeEqual(digest, this.digest(message));
  }

  encrypt(plain: Buffer, boots: number, time: number, salt: Buffer): Buffer {
    const cipher = createCipheriv(this.#cipher(), this.#priv!.key, this.#iv(boots, time, salt)).setAutoPadding(false);
    const rest = this.#priv!.protocol === 'des' ? (8 - (plain.length % 8)) % 8 : 0;
    return Buffer.concat([cipher.update(plain), cipher.update(Buffer.alloc(rest)), cipher.final()]);
  }

  /** Undefined for what cannot have been encrypted so. */
  decrypt(data: Buffer, boots: number, time: number, salt: Buffer): Buffer | undefined {
    if (salt.length !== 8 || (this.#priv!.protocol === 'des' && data.length % 8 !== 0)) return undefined;
    const cipher = createDecipheriv(this.#cipher(), this.#priv!.key, this.#iv(boots, time, salt));
    return Buffer.concat([cipher.setAutoPadding(false).update(data), cipher.final()]);
  }

  #cipher(): string {
    const { protocol, octets } = this.#priv!;
    return protocol === 'des' ? 'des-ede3-cbc' : `aes-${octets.length * 8}-cfb`;
  }

  /** RFC 3414 section 8.1.1.1, RFC 3826 section 3.1.2.1. */
  #iv(boots: number, time: number, salt: Buffer): Buffer {
    const { protocol, octets } = this.#priv!;
    if (protocol === 'des') return Buffer.from(salt.map((octet, i) => octet ^ octets[8 + i]!));
    const iv = Buffer.alloc(16);
    iv.writeUInt32BE(boots, 0);
    iv.writeUInt32BE(time, 4);
    salt.copy(iv, 8);
    return iv;
  }

  /** RFC 3414 appendix A.2. */
  #localised(phrase: string | Buffer, engineId: Buffer): Buffer {
    const octets = Buffer.from(phrase as string);
    const stretch = createHash(this.#hash);
    const times = Math.floor(2 ** 20 / octets.length);
    for (let i = 0; i < times; i++) stretch.update(octets);
    const key = stretch.update(octets.subarray(0, 2 ** 20 - times * octets.length)).digest();
    return createHash(this.#hash).update(key).update(engineId).update(key).digest();
  }

  /** `b`: draft-blumenthal-aes-usm-04, `r`: draft-reeder-snmpv3-usm-3desede-00. */
  #extended(key: Buffer, protocol: SimPriv, engineId: Buffer): Buffer {
    const parts = [key];
    while (Buffer.concat(parts).length < KEY_OCTETS[protocol])
      parts.push(
        protocol.endsWith('r')
          ? this.#localised(parts.at(-1)!, engineId)
          : createHash(this.#hash).update(Buffer.concat(parts)).digest(),
      );
    return Buffer.concat(parts).subarray(0, KEY_OCTETS[protocol]);
  }
}
