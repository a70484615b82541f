import { createHmac, timingSafeEqual } from 'node:crypto';

/** RFC 6238 with what every authenticator app takes for granted: HMAC-SHA-1, 30 seconds, six digits. */
const STEP_MS = 30_000;
const DIGITS = 6;
/** RFC 4226, 4: 160 bits are recommended. */
export const TOTP_SECRET_BYTES = 20;
/** RFC 6238, 5.2: one step each way, for clocks that differ and codes typed late. */
const DRIFT = 1;

/**
 * Pure: the step whose code this is, near `now` and later than `after`, the step that was used last (a code is good once); undefined: it is none.
 * @param secret base32 (RFC 4648)
 */
export function totpStep(secret: string, code: string, now: number, after: number): number | undefined {
  const present = Math.floor(now / STEP_MS);
  for (let step = present - DRIFT; step <= present + DRIFT; step++)
    if (step > after && isSame(totpCode(secret, step), code)) return step;
  return undefined;
}

/** The code of a step: RFC 4226, 5.3 (dynamic truncation). */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  const offset = mac[mac.length - 1]! & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** What an authenticator app reads, as text or as a QR code (Key URI format). */
export function totpUri(login: string, secret: string): string {
  const label = `Bellwether:${encodeURIComponent(login)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=Bellwether&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1000}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function toBase32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.replace(/.{1,5}/g, (five) => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)]!);
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
