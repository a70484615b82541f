import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Element } from './ber.ts';

export type AuthProtocol = 'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
export type PrivProtocol = 'des' | 'aes' | 'aes192b' | 'aes192r' | 'aes256b' | 'aes256r';
export type SecurityLevel = 'noAuthNoPriv' | 'authNoPriv' | 'authPriv';

/** Hash, and octets of its HMAC that are sent: RFC 3414 sections 6 and 7, RFC 7860 section 4. */
const AUTH: Readonly<Record<AuthProtocol, { readonly hash: string; readonly digest: number }>> = {
  md5: { hash: 'md5', digest: 12 },
  sha: { hash: 'sha1', digest: 12 },
  sha224: { hash: 'sha224', digest: 16 },
  sha256: { hash: 'sha256', digest: 24 },
  sha384: { hash: 'sha384', digest: 32 },
  sha512: { hash: 'sha512', digest: 48 },
};

/** A user with the keys that do not depend on an engine: worked out once, they make a forged packet cost a few microseconds. */
export interface UsmUser {
  readonly name: string;
  readonly level: SecurityLevel;
  readonly authProtocol: AuthProtocol;
  readonly privProtocol: PrivProtocol;
  /** Ku of RFC 3414 appendix A.2, of the authentication and of the privacy pass phrase. */
  readonly authKey: Uint8Array | undefined;
  readonly privKey: Uint8Array | undefined;
}

export interface UsmUserSettings {
  readonly user: string;
  readonly level: SecurityLevel;
  readonly auth_protocol: AuthProtocol;
  readonly priv_protocol: PrivProtocol;
  readonly auth_key?: string | undefined;
  readonly priv_key?: string | undefined;
}

/** Costs a hash over 2 MiB. */
export function usmUser(settings: UsmUserSettings): UsmUser {
  const { user, level, auth_protocol, priv_protocol, auth_key, priv_key } = settings;
  const stretch = (phrase: string | undefined): Uint8Array | undefined =>
    phrase === undefined ? undefined : stretched(new TextEncoder().encode(phrase), auth_protocol);
  return {
    name: user,
    level,
    authProtocol: auth_protocol,
    privProtocol: priv_protocol,
    authKey: level === 'noAuthNoPriv' ? undefined : stretch(auth_key),
    privKey: level === 'authPriv' ? stretch(priv_key) : undefined,
  };
}

/** RFC 3414 appendix A.2: the hash of one megabyte of the phrase, repeated. */
function stretched(phrase: Uint8Array, protocol: AuthProtocol): Uint8Array {
  const megabyte = new Uint8Array(1_048_576);
  for (let i = 0; i < megabyte.length; i++) megabyte[i] = phrase[i % phrase.length]!;
  return createHash(AUTH[protocol].hash).update(megabyte).digest();
}

function localised(key: Uint8Array, engineId: Uint8Array, protocol: AuthProtocol): Uint8Array {
  return createHash(AUTH[protocol].hash).update(key).update(engineId).update(key).digest();
}

/** Octets that a digest of this user has. */
export function digestLength(user: UsmUser): number {
  return AUTH[user.authProtocol].digest;
}

/** The digest of a message whose digest field stands at `field`. */
export function digestOf(message: Uint8Array, field: Element, user: UsmUser, engineId: Uint8Array): Uint8Array {
  const { hash, digest } = AUTH[user.authProtocol];
  return createHmac(hash, localised(user.authKey!, engineId, user.authProtocol))
    .update(message.subarray(0, field.start))
    .update(new Uint8Array(field.end - field.start))
    .update(message.subarray(field.end))
    .digest()
    .subarray(0, digest);
}

export function digestFits(message: Uint8Array, field: Element, user: UsmUser, engineId: Uint8Array): boolean {
  if (field.end - field.start !== digestLength(user)) return false;
  return timingSafeEqual(digestOf(message, field, user, engineId), message.subarray(field.start, field.end));
}

export interface Privacy {
  readonly user: UsmUser;
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  /** msgPrivacyParameters. */
  readonly salt: Uint8Array;
}

/** Undefined when the salt or the data cannot be of this protocol. */
export function decrypt(data: Uint8Array, privacy: Privacy): Uint8Array | undefined {
  const { user, salt } = privacy;
  if (salt.length !== 8 || (user.privProtocol === 'des' && data.length % 8 !== 0)) return undefined;
  const { name, key, iv } = cipherOf(privacy);
  const cipher = createDecipheriv(name, key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

export function encrypt(data: Uint8Array, privacy: Privacy): Uint8Array {
  const { name, key, iv } = cipherOf(privacy);
  const cipher = createCipheriv(name, key, iv).setAutoPadding(false);
  // DES takes whole blocks; what follows the scoped PDU is ignored (RFC 3414 section 8.1.1.2).
  const padding = privacy.user.privProtocol === 'des' ? new Uint8Array((8 - (data.length % 8)) % 8) : new Uint8Array();
  return Buffer.concat([cipher.update(data), cipher.update(padding), cipher.final()]);
}

function cipherOf(privacy: Privacy): { name: string; key: Uint8Array; iv: Uint8Array } {
  const { user, engineId, boots, time, salt } = privacy;
  const key = localised(user.privKey!, engineId, user.authProtocol);
  if (user.privProtocol === 'des') {
    // OpenSSL 3 has single DES only in its legacy provider; triple DES with one key thrice is the same.
    const des = key.subarray(0, 8);
    const iv = key.subarray(8, 16).map((octet, i) => octet ^ salt[i]!);
    return { name: 'des-ede3-cbc', key: Buffer.concat([des, des, des]), iv };
  }
  // RFC 3826 section 3.1.2.1: boots, time, salt.
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(boots, 0);
  iv.writeUInt32BE(time, 4);
  iv.set(salt, 8);
  if (user.privProtocol === 'aes') return { name: 'aes-128-cfb', key: key.subarray(0, 16), iv };
  const octets = user.privProtocol.startsWith('aes192') ? 24 : 32;
  return { name: `aes-${octets * 8}-cfb`, key: extended(key, user, engineId, octets).subarray(0, octets), iv };
}

/**
 * A key of 24 or 32 octets from a shorter hash: Blumenthal appends the hash of what there is, Reeder (Cisco) treats the key as a pass phrase.
 * Reeder's megabyte is hashed only for messages whose digest was right.
 */
function extended(
  key: Uint8Array,
  { privProtocol, authProtocol }: UsmUser,
  engineId: Uint8Array,
  octets: number,
): Uint8Array {
  let long = Buffer.from(key);
  let last = key;
  while (long.length < octets) {
    last = privProtocol.endsWith('b')
      ? createHash(AUTH[authProtocol].hash).update(long).digest()
      : localised(stretched(last, authProtocol), engineId, authProtocol);
    long = Buffer.concat([long, last]);
  }
  return long;
}
