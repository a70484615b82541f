import type { RequestTemplate } from '../fast/message.ts';
import { sign } from './authentication.ts';
import type { BackWriter } from './ber-writer.ts';
import type { EngineKeys } from './keys.ts';
import { type Envelope, FLAG, type V3Message, writeEnvelope } from './message.ts';
import type { PrivacyKey, SaltSource } from './privacy.ts';
import { AUTH } from './protocol.ts';
import { decodeScopedContent, decodeScopedPdu, type ScopedPdu } from './scoped-pdu.ts';

/** What messages are written with. */
export interface SealTools {
  readonly salts: SaltSource;
  readonly writer: BackWriter;
}

const NOTHING = new Uint8Array();

/**
 * Encrypts the scoped PDU that the writer holds, puts the message around it and signs that: each where the flags ask for it.
 * @throws Error where there is no key for what they ask: nothing goes out with less protection than it says
 */
export function seal(
  { salts, writer }: SealTools,
  keys: EngineKeys,
  outside: Omit<Envelope, 'digest' | 'salt'>,
): RequestTemplate {
  const auth = (outside.flags & FLAG.auth) === 0 ? undefined : keys.auth;
  const priv = (outside.flags & FLAG.priv) === 0 ? undefined : keys.priv;
  if (((outside.flags & FLAG.auth) !== 0 && !auth) || ((outside.flags & FLAG.priv) !== 0 && !priv))
    throw new Error('no key for the security level of the message');
  let salt: Uint8Array = NOTHING;
  if (priv) {
    salt = salts.next(priv.protocol, outside.boots);
    const coded = priv.encrypt(writer.bytes.subarray(writer.at), outside, salt);
    writer.reset();
    writer.octets(coded);
  }
  const digest = auth ? AUTH[auth.protocol].digest : 0;
  const { idAt, digestAt } = writeEnvelope(writer, { ...outside, digest, salt });
  const bytes = writer.copy();
  if (auth) sign(bytes, digestAt, auth);
  return { bytes, idAt };
}

/** The scoped PDU of a message whose digest has been checked, where it has one; or in words why there is none. Never throws. */
export function unseal(message: V3Message, priv: PrivacyKey | undefined): ScopedPdu | string {
  if ((message.flags & FLAG.priv) === 0) return decodeScopedContent(message.data);
  const clear = priv?.decrypt(message.data, message, message.salt);
  return clear ? decodeScopedPdu(clear) : 'its encryption is of another shape than its protocol';
}
