import { createHash, timingSafeEqual } from 'node:crypto';

/** `crypto.randomBytes`, or a fixed sequence in tests. */
export type RandomBytes = (size: number) => Buffer;

const SECRET_BYTES = 32;

/** A new secret of 256 random bits as text that may stand in headers, URLs and cookies. */
export function newSecret(randomBytes: RandomBytes, prefix = ''): string {
  return prefix + randomBytes(SECRET_BYTES).toString('base64url');
}

/**
 * What is kept of a secret: its SHA-256, in hex. A fast hash is right here: slow ones (argon2id, scrypt) make guessing a *password* expensive,
 * but nobody guesses 256 random bits, and ingest has to check a token on every request.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** True when `secret` is the one behind `hash`; takes the same time whatever differs. */
export function matchesHash(secret: string, hash: string): boolean {
  const own = Buffer.from(hashSecret(secret), 'hex');
  const kept = Buffer.from(hash, 'hex');
  return own.length === kept.length && timingSafeEqual(own, kept);
}
