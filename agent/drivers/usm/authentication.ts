import { createHmac, timingSafeEqual } from 'node:crypto';
import type { EngineKeys } from './keys.ts';
import { AUTH } from './protocol.ts';

type AuthKey = NonNullable<EngineKeys['auth']>;

const ZEROS = new Uint8Array(48);

/** The HMAC of a message, whose digest field holds zeros, cut to what is sent (RFC 3414 section 6.3.1, RFC 7860 section 4.2.1). */
export function digestOf(message: Uint8Array, { protocol, key }: AuthKey): Uint8Array {
  const { hash, digest } = AUTH[protocol];
  return createHmac(hash, key).update(message).digest().subarray(0, digest);
}

/** Writes the digest into a finished message, whose digest field at `at` holds zeros. */
export function sign(message: Uint8Array, at: number, key: AuthKey): void {
  message.set(digestOf(message, key), at);
}

/**
 * Whether the digest field of `length` octets at `at` is right (RFC 3414 section 6.3.2): compared in constant time; of another length than the
 * protocol's it is wrong. The message is as before afterwards.
 */
export function isAuthentic(message: Uint8Array, at: number, length: number, key: AuthKey): boolean {
  if (length !== AUTH[key.protocol].digest) return false;
  // Not slice: of a Buffer that is no copy.
  const received = Uint8Array.from(message.subarray(at, at + length));
  message.set(ZEROS.subarray(0, length), at);
  const expected = digestOf(message, key);
  message.set(received, at);
  return timingSafeEqual(expected, received);
}
