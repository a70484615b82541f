import { describe, expect, it } from 'vitest';
import { hmacKey } from '../../../../agent/drivers/usm/authentication.ts';
import { KeyCache, type UsmUser } from '../../../../agent/drivers/usm/key-cache.ts';
import { assertAvailable, localiseKey, passwordToKey, privacyKey } from '../../../../agent/drivers/usm/keys.ts';
import type { AuthProtocol, PrivProtocol } from '../../../../agent/drivers/usm/protocol.ts';

const PHRASE = 'maplesyrup';
const ENGINE = Buffer.from('000000000000000000000002', 'hex');

/** MD5 and SHA-1: RFC 3414 appendix A.3. The SHA-2 family: the same algorithm by RFC 7860, as several implementations give it. */
const KEYS: readonly [AuthProtocol, string, string][] = [
  ['md5', '9faf3283884e92834ebc9847d8edd963', '526f5eed9fcce26f8964c2930787d82b'],
  ['sha', '9fb5cc0381497b3793528939ff788d5d79145211', '6695febc9288e36282235fc7151f128497b38f3f'],
  [
    'sha224',
    '282a5867ee9aac639ad59df9572c7d3ac0fbc13a905b6df07dbbf00b',
    '0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674',
  ],
  [
    'sha256',
    'ab51014d1e077f6017df2b12bee5f5aa72993177e9bb569c4dff5a4ca0b4afac',
    '8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b',
  ],
  [
    'sha384',
    'e06eccdf2c68a06ed034723c9c26e0db3b669e1e2efed49150b55377a2e98f383c86fb836857444654b287c93f51ff64',
    '3b298f16164a11184279d5432bf169e2d2a48307de02b3d3f7e2b4f36eb6f0455a53689a3937eea07319a633d2ccba78',
  ],
  [
    'sha512',
    '7e4396de5aadc77be853819b98c9406265b3a9c37cc3176569847a4e4f6fba63dd3a73d04924d31a63f95a601f9385af6be4ed1b37f87d040f7c6ed6f8d38a91',
    '22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099ad1ea87a8db096714d9788bd544047c9021e4229ce27e4c0a69250adfcffbb0b',
  ],
];

describe('keys', () => {
  it.each(KEYS)('%s: pass phrase to key, and its localisation', (protocol, key, localised) => {
    expect(passwordToKey(protocol, PHRASE).toString('hex')).toBe(key);
    expect(localiseKey(protocol, Buffer.from(key, 'hex'), ENGINE).toString('hex')).toBe(localised);
  });

  /** Reeder: the draft's appendix B (32 octets with MD5, 40 with SHA-1, of which 32 are used). */
  it.each<[AuthProtocol, PrivProtocol, string]>([
    ['md5', 'aes192b', '526f5eed9fcce26f8964c2930787d82bfa24a92467426c2f'],
    ['md5', 'aes192r', '526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0'],
    ['md5', 'aes256b', '526f5eed9fcce26f8964c2930787d82bfa24a92467426c2f4b09192be10dfaec'],
    ['md5', 'aes256r', '526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12'],
    ['sha', 'aes', '6695febc9288e36282235fc7151f1284'],
    ['sha', 'des', '6695febc9288e36282235fc7151f1284'],
    ['sha', 'aes192b', '6695febc9288e36282235fc7151f128497b38f3f505e07eb'],
    ['sha', 'aes192r', '6695febc9288e36282235fc7151f128497b38f3f9b8b6d78'],
    ['sha', 'aes256b', '6695febc9288e36282235fc7151f128497b38f3f505e07eb9af25568fa1f5dbe'],
    ['sha', 'aes256r', '6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c'],
    ['sha256', 'aes256b', '8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b'],
    ['sha256', 'aes256r', '8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b'],
  ])('%s and %s: the privacy key', (auth, priv, expected) => {
    const localised = localiseKey(auth, passwordToKey(auth, PHRASE), ENGINE);
    expect(privacyKey(auth, priv, localised, ENGINE).toString('hex')).toBe(expected);
  });

  it('takes no empty pass phrase', () => expect(() => passwordToKey('sha', '')).toThrow(RangeError));

  it('says which protocol this OpenSSL does not have', () => {
    const available = { hashes: ['sha256', 'RSA-MD5'], ciphers: ['aes-128-cfb'] };
    expect(() => assertAvailable('sha256', 'aes', available)).not.toThrow();
    expect(() => assertAvailable('md5', undefined, available)).toThrow(/auth_protocol md5 is not available: OpenSSL/);
    expect(() => assertAvailable('sha256', 'des', available)).toThrow(/priv_protocol des is not available: OpenSSL/);
  });
});

describe('the key cache', () => {
  const user: UsmUser = {
    user: 'u',
    auth_protocol: 'sha',
    auth_key: PHRASE,
    priv_protocol: 'aes256r',
    priv_key: 'another-phrase',
  };

  it('works out each key once: phrases per user, localised keys per engine', () => {
    const cache = new KeyCache();
    const first = cache.forEngine(user, ENGINE);
    expect(first.auth).toEqual(hmacKey('sha', Buffer.from('6695febc9288e36282235fc7151f128497b38f3f', 'hex')));
    expect(cache.forEngine({ ...user }, Buffer.from(ENGINE))).toBe(first);
    expect(cache.forEngine(user, Buffer.from('80000000010203', 'hex'))).not.toBe(first);
    expect([cache.phrases.misses, cache.engines.misses, cache.engines.hits]).toEqual([2, 2, 1]);
  });

  it('keeps users apart that differ in anything', () => {
    const cache = new KeyCache();
    const others: Partial<UsmUser>[] = [
      { auth_protocol: 'md5' },
      { auth_key: 'maplesyrup2' },
      { priv_protocol: 'aes256b' },
      { priv_key: 'yet-another' },
      { level: 'authNoPriv' },
    ];
    const all = new Set([user, ...others.map((more) => ({ ...user, ...more }))].map((u) => cache.forEngine(u, ENGINE)));
    expect(all.size).toBe(6);
    expect(cache.forEngine({ ...user, level: 'authNoPriv' }, ENGINE).priv).toBeUndefined();
    expect(cache.forEngine({ ...user, level: 'noAuthNoPriv' }, ENGINE).auth).toBeUndefined();
  });

  it('has what a digest is checked with, and remembers no engine for that', () => {
    const cache = new KeyCache();
    cache.prepare(user);
    expect([cache.phrases.size, cache.engines.size]).toEqual([2, 0]);
    const key = cache.unproven(user, ENGINE);
    expect(key).toEqual(hmacKey('sha', Buffer.from('6695febc9288e36282235fc7151f128497b38f3f', 'hex')));
    for (let n = 0; n < 100; n++) cache.unproven(user, Uint8Array.of(0x80, 0, 0, 0, 1, n));
    expect([cache.phrases.misses, cache.engines.size, cache.engines.misses]).toEqual([2, 0, 0]);
    const { auth } = cache.forEngine(user, ENGINE);
    expect(cache.unproven(user, ENGINE)).toBe(auth);
    expect(cache.unproven({ ...user, level: 'noAuthNoPriv' }, ENGINE)).toBeUndefined();
  });

  it('is bounded, forgets what was not used for longest, and counts it', () => {
    const cache = new KeyCache(2);
    const engine = (n: number) => Uint8Array.of(0x80, 0, 0, 0, 1, n);
    cache.forEngine(user, engine(1));
    cache.forEngine(user, engine(2));
    cache.forEngine(user, engine(1));
    cache.forEngine(user, engine(3));
    expect([cache.engines.size, cache.engines.evictions, cache.engines.misses]).toEqual([2, 1, 3]);
    cache.forEngine(user, engine(1));
    expect(cache.engines.misses).toBe(3);
    cache.forEngine(user, engine(2));
    expect(cache.engines.misses).toBe(4);
  });
});
