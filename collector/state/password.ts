import { argon2, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from './secret.ts';

/** argon2id (RFC 9106) as OWASP's password cheat sheet has it: 19 MiB, two passes, one lane; about 25 ms here. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const TAG_BYTES = 32;

/** ASVS 5.0, 6.2.1 and 6.2.9: twelve characters and more are asked for, and long ones taken. */
export const PASSWORD_LENGTH = { min: 12, max: 128 } as const;

/** Hashes worked out at once: each takes 19 MiB and a core. */
const AT_ONCE = 2;
const WAITING = 16;
let running = 0;
const queue: (() => void)[] = [];

/** Too many logins at once. */
export class PasswordsBusy extends Error {}

/** `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`: what is kept of a password. @throws PasswordsBusy */
export async function hashPassword(password: string, randomBytes: RandomBytes): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await derive(password, salt, COST);
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`;
}

/**
 * Whether it is the password behind `kept`. Without an account give null: it takes as long, so that nobody learns which logins exist.
 * @throws PasswordsBusy
 */
export async function isPassword(password: string, kept: string | null): Promise<boolean> {
  const [, m, t, p, salt, tag] = PHC.exec(kept ?? NOBODYS) ?? [];
  if (salt === undefined || tag === undefined) return false;
  const wanted = Buffer.from(tag, 'base64');
  const cost = { memory: Number(m), passes: Number(t), parallelism: Number(p) };
  const own = await derive(password, Buffer.from(salt, 'base64'), cost);
  return own.length === wanted.length && timingSafeEqual(own, wanted) && kept !== null;
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const NOBODYS = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=1$${base64(Buffer.alloc(SALT_BYTES))}$${base64(Buffer.alloc(TAG_BYTES))}`;

async function derive(password: string, salt: Buffer, cost: typeof COST | Record<keyof typeof COST, number>) {
  await turn();
  try {
    // The same characters typed on another keyboard must give the same bytes.
    const message = Buffer.from(password.normalize('NFC'));
    return await new Promise<Buffer>((resolve, reject) => {
      argon2('argon2id', { message, nonce: salt, tagLength: TAG_BYTES, ...cost }, (error, tag) =>
        error ? reject(error) : resolve(tag),
      );
    });
  } finally {
    const next = queue.shift();
    if (next) next();
    else running--;
  }
}

/** Whoever waited is given the place of who has done. */
async function turn(): Promise<void> {
  if (running < AT_ONCE) {
    running++;
    return;
  }
  if (queue.length >= WAITING) throw new PasswordsBusy('too many logins at once, try later');
  await new Promise<void>((go) => queue.push(go));
}

/** Without padding, as argon2's text form has it. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
