import { getCiphers, getHashes, hash } from 'node:crypto';
import { BellwetherError } from '../../../core/errors.ts';
import { type HmacKey, hmacKey } from './authentication.ts';
import { PrivacyKey } from './privacy.ts';
import { AUTH, type AuthProtocol, PRIV, type PrivProtocol } from './protocol.ts';

/** RFC 3414 appendix A.2: the pass phrase is repeated to this many octets. */
const STRETCHED = 1_048_576;

/** Ku of RFC 3414 appendix A.2, the hash of a megabyte of the phrase: 1 to 3 ms. `phrase` has at least one octet. */
export function passwordToKey(protocol: AuthProtocol, phrase: string | Uint8Array): Buffer {
  if (phrase.length === 0) throw new RangeError('an empty pass phrase');
  return hash(AUTH[protocol].hash, Buffer.alloc(STRETCHED, phrase), 'buffer');
}

/** Kul of RFC 3414 section 2.6: a user's key for one engine. */
export function localiseKey(protocol: AuthProtocol, key: Uint8Array, engineId: Uint8Array): Buffer {
  return hash(AUTH[protocol].hash, Buffer.concat([key, engineId, key]), 'buffer');
}

/**
 * A localised key, made long enough for the privacy protocol and cut to what it uses.
 * Blumenthal (draft-blumenthal-aes-usm-04 section 3.1.2.1): appends the hash of all that there is.
 * Reeder (draft-reeder-snmpv3-usm-3desede-00 section 2.1): takes the last part as a pass phrase, stretches and localises it, another 1 to 3 ms.
 */
export function privacyKey(
  auth: AuthProtocol,
  priv: PrivProtocol,
  localised: Uint8Array,
  engineId: Uint8Array,
): Buffer {
  const { key: length, extension } = PRIV[priv];
  let long = Buffer.from(localised);
  let last: Uint8Array = localised;
  while (long.length < length) {
    last =
      extension === 'reeder'
        ? localiseKey(auth, passwordToKey(auth, last), engineId)
        : hash(AUTH[auth].hash, long, 'buffer');
    long = Buffer.concat([long, last]);
  }
  return long.subarray(0, length);
}

/** What one user's messages with one engine are signed and encrypted with. Keys are octets outside V8's heap, so that no heap snapshot has them. */
export interface EngineKeys {
  readonly auth: HmacKey | undefined;
  readonly priv: PrivacyKey | undefined;
}

/** A user whose pass phrases have been stretched: independent of any engine. */
export interface UserKeys {
  readonly auth: { readonly protocol: AuthProtocol; readonly key: Uint8Array } | undefined;
  readonly priv: { readonly protocol: PrivProtocol; readonly key: Uint8Array } | undefined;
}

export function keysForEngine({ auth, priv }: UserKeys, engineId: Uint8Array): EngineKeys {
  return {
    auth: auth && hmacKey(auth.protocol, localiseKey(auth.protocol, auth.key, engineId)),
    priv: auth && priv && cipherKey(auth.protocol, priv, engineId),
  };
}

function cipherKey(
  auth: AuthProtocol,
  { protocol, key }: NonNullable<UserKeys['priv']>,
  engineId: Uint8Array,
): PrivacyKey {
  return new PrivacyKey(protocol, privacyKey(auth, protocol, localiseKey(auth, key, engineId), engineId));
}

/** @throws BellwetherError BW_SNMP_AUTH when this machine's OpenSSL (a FIPS build, for example) has one of the two not. */
export function assertAvailable(
  auth: AuthProtocol | undefined,
  priv: PrivProtocol | undefined,
  available: { readonly hashes: readonly string[]; readonly ciphers: readonly string[] } = {
    hashes: getHashes(),
    ciphers: getCiphers(),
  },
): void {
  if (auth && !available.hashes.some((name) => name.toLowerCase() === AUTH[auth].hash)) throw missing('auth', auth);
  if (priv && !available.ciphers.includes(PRIV[priv].cipher)) throw missing('priv', priv);
}

function missing(what: 'auth' | 'priv', protocol: string): BellwetherError {
  const openssl = process.versions.openssl ?? 'of this Node';
  return new BellwetherError(
    'BW_SNMP_AUTH',
    `${what}_protocol ${protocol} is not available: OpenSSL ${openssl} does not offer it on this machine`,
  );
}
