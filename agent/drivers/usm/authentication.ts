import { hash, timingSafeEqual } from 'node:crypto';
import { AUTH, type AuthProtocol } from './protocol.ts';

/** A key for HMAC (RFC 2104), laid out as it is hashed: mixed with the inner and with the outer padding, each a block of the hash function. */
export interface HmacKey {
  readonly protocol: AuthProtocol;
  readonly inner: Uint8Array;
  /** Behind the block the place for the inner hash. */
  readonly outer: Buffer;
}

/** As RFC 2104 has them. */
const INNER_PADDING = 0x36;
const OUTER_PADDING = 0x5c;
/** A datagram behind the longest block. */
const scratch = Buffer.alloc(128 + 65_536);
const received = Buffer.alloc(48);
const expected = Buffer.alloc(64);

/** @param key not longer than a block of the hash function, as a localised key never is */
export function hmacKey(protocol: AuthProtocol, key: Uint8Array): HmacKey {
  const { block, octets } = AUTH[protocol];
  const padded = (padding: number, length: number): Buffer =>
    Buffer.alloc(length).map((_, i) => (i < block ? padding ^ (key[i] ?? 0) : 0)) as Buffer;
  return { protocol, inner: padded(INNER_PADDING, block), outer: padded(OUTER_PADDING, block + octets) };
}

/**
 * The HMAC of a message in which `length` octets at `at` count as zeros, cut to what is sent (RFC 3414 section 6.3, RFC 7860 section 4.2). The result
 * is good until the next call. Made of two plain hashes: node:crypto's Hmac is an object to be collected for each message, which cost more than the hash.
 */
export function digestOf(message: Uint8Array, at: number, length: number, key: HmacKey): Uint8Array {
  const { hash: name, block, digest } = AUTH[key.protocol];
  const all = block + message.length;
  const bytes = all <= scratch.length ? scratch : Buffer.alloc(all);
  bytes.set(key.inner);
  bytes.set(message, block);
  bytes.fill(0, block + at, block + at + length);
  key.outer.write(hash(name, bytes.subarray(0, all), 'binary'), block, 'binary');
  expected.write(hash(name, key.outer, 'binary'), 'binary');
  return expected.subarray(0, digest);
}

/** Writes the digest into a finished message, in which there is room for it at `at`. */
export function sign(message: Uint8Array, at: number, key: HmacKey): void {
  message.set(digestOf(message, at, AUTH[key.protocol].digest, key), at);
}

/**
 * Whether the digest field of `length` octets at `at` is right (RFC 3414 section 6.3.2): compared in constant time; of another length than the
 * protocol's it is wrong.
 */
export function isAuthentic(message: Uint8Array, at: number, length: number, key: HmacKey): boolean {
  if (length !== AUTH[key.protocol].digest) return false;
  received.set(message.subarray(at, at + length));
  return timingSafeEqual(digestOf(message, at, length, key), received.subarray(0, length));
}
