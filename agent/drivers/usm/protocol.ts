/** Authentication protocols of RFC 3414 (MD5, SHA-1) and RFC 7860 (the SHA-2 family). */
export type AuthProtocol = 'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/**
 * Privacy protocols: DES (RFC 3414 section 8), AES-128 (RFC 3826), and AES-192 and -256, for which no RFC says how a key becomes long enough:
 * `b` as Blumenthal's draft (net-snmp's AES-192, AES-256), `r` as Reeder's (Cisco; net-snmp's AES-192-C, AES-256-C).
 */
export type PrivProtocol = 'des' | 'aes' | 'aes192b' | 'aes192r' | 'aes256b' | 'aes256r';

export type SecurityLevel = 'noAuthNoPriv' | 'authNoPriv' | 'authPriv';

export interface AuthShape {
  /** As OpenSSL names it. */
  readonly hash: string;
  /** Octets of its blocks and of its result. */
  readonly block: number;
  readonly octets: number;
  /** Octets of the HMAC that are sent. */
  readonly digest: number;
}

/** RFC 3414 sections 6 and 7, RFC 7860 section 4.1. */
export const AUTH: Readonly<Record<AuthProtocol, AuthShape>> = {
  md5: { hash: 'md5', block: 64, octets: 16, digest: 12 },
  sha: { hash: 'sha1', block: 64, octets: 20, digest: 12 },
  sha224: { hash: 'sha224', block: 64, octets: 28, digest: 16 },
  sha256: { hash: 'sha256', block: 64, octets: 32, digest: 24 },
  sha384: { hash: 'sha384', block: 128, octets: 48, digest: 32 },
  sha512: { hash: 'sha512', block: 128, octets: 64, digest: 48 },
};

export interface PrivShape {
  /** As OpenSSL names it. */
  readonly cipher: string;
  /** Octets of the localised key that are used. For DES 8 of key and 8 of pre-IV. */
  readonly key: number;
  /** How a hash that is shorter is made longer; AES-128 and DES never need it. */
  readonly extension: 'blumenthal' | 'reeder' | undefined;
}

export const PRIV: Readonly<Record<PrivProtocol, PrivShape>> = {
  // OpenSSL 3 has single DES in its legacy provider only; triple DES with the same key three times is single DES.
  des: { cipher: 'des-ede3-cbc', key: 16, extension: undefined },
  aes: { cipher: 'aes-128-cfb', key: 16, extension: undefined },
  aes192b: { cipher: 'aes-192-cfb', key: 24, extension: 'blumenthal' },
  aes192r: { cipher: 'aes-192-cfb', key: 24, extension: 'reeder' },
  aes256b: { cipher: 'aes-256-cfb', key: 32, extension: 'blumenthal' },
  aes256r: { cipher: 'aes-256-cfb', key: 32, extension: 'reeder' },
};

/** What a set of credentials asks for when it names no level: the strongest that its keys allow. */
export function levelOf(credentials: {
  readonly level?: SecurityLevel | undefined;
  readonly auth_key?: string | undefined;
  readonly priv_key?: string | undefined;
}): SecurityLevel {
  const { level, auth_key, priv_key } = credentials;
  return level ?? (priv_key ? 'authPriv' : auth_key ? 'authNoPriv' : 'noAuthNoPriv');
}
