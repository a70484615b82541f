import { type HmacKey, hmacKey } from './authentication.ts';
import { assertAvailable, type EngineKeys, keysForEngine, localiseKey, passwordToKey, type UserKeys } from './keys.ts';
import { type AuthProtocol, levelOf, type PrivProtocol, type SecurityLevel } from './protocol.ts';

/** The part of a credential set that keys are made of. */
export interface UsmUser {
  readonly user: string;
  readonly level?: SecurityLevel | undefined;
  readonly auth_protocol: AuthProtocol;
  readonly auth_key?: string | undefined;
  readonly priv_protocol: PrivProtocol;
  readonly priv_key?: string | undefined;
}

/** A map that forgets what was not used for longest, and counts. */
export class BoundedCache<V> {
  readonly #most: number;
  readonly #entries = new Map<string, V>();
  hits = 0;
  misses = 0;
  evictions = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Looks without counting, and without keeping it for longer. */
  peek(key: string): V | undefined {
    return this.#entries.get(key);
  }

  get(key: string, make: () => V): V {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.hits++;
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found;
    }
    this.misses++;
    const made = make();
    this.#entries.set(key, made);
    if (this.#entries.size > this.#most) {
      this.evictions++;
      this.#entries.delete(this.#entries.keys().next().value!);
    }
    return made;
  }
}

/** Pass phrases remembered: a school has a handful. */
const MOST_PHRASES = 256;
/** Users by engines remembered; as many devices as one agent polls. About 0.5 kB each. */
const MOST_ENGINES = 8_192;

/**
 * Keys, worked out once: stretching a pass phrase costs 1 to 3 ms, localising a few microseconds (with Reeder's extension as much as stretching).
 * Both caches are bounded; their counts say whether the bounds fit.
 */
export class KeyCache {
  readonly phrases: BoundedCache<Uint8Array>;
  readonly engines: BoundedCache<EngineKeys>;

  constructor(mostEngines = MOST_ENGINES, mostPhrases = MOST_PHRASES) {
    this.engines = new BoundedCache(mostEngines);
    this.phrases = new BoundedCache(mostPhrases);
  }

  /** @throws BellwetherError BW_SNMP_AUTH for a protocol that this machine does not have. */
  forEngine(user: UsmUser, engineId: Uint8Array): EngineKeys {
    const level = levelOf(user);
    if (level === 'noAuthNoPriv') return { auth: undefined, priv: undefined };
    return this.engines.get(nameOf(user, level, engineId), () => keysForEngine(this.#userKeys(user, level), engineId));
  }

  /**
   * What a digest is checked with, for an engine of which anybody may have made up the id: that costs a few microseconds at most and takes no room.
   * Undefined for a user without keys.
   */
  unproven(user: UsmUser, engineId: Uint8Array): HmacKey | undefined {
    const level = levelOf(user);
    if (level === 'noAuthNoPriv') return undefined;
    const known = this.engines.peek(nameOf(user, level, engineId));
    if (known) return known.auth;
    const { auth_protocol, auth_key } = user;
    return hmacKey(auth_protocol, localiseKey(auth_protocol, this.#stretched(auth_protocol, auth_key ?? ''), engineId));
  }

  /** Stretches a user's pass phrases now, so that nothing has to wait for it later. @throws BellwetherError as forEngine, for the hash */
  prepare(user: UsmUser): void {
    const { auth_protocol, auth_key, priv_key } = user;
    const level = levelOf(user);
    if (level === 'noAuthNoPriv') return;
    assertAvailable(auth_protocol, undefined);
    this.#stretched(auth_protocol, auth_key ?? '');
    if (level === 'authPriv') this.#stretched(auth_protocol, priv_key ?? '');
  }

  #userKeys({ auth_protocol, auth_key, priv_protocol, priv_key }: UsmUser, level: SecurityLevel): UserKeys {
    const isPrivate = level === 'authPriv';
    assertAvailable(auth_protocol, isPrivate ? priv_protocol : undefined);
    return {
      auth: { protocol: auth_protocol, key: this.#stretched(auth_protocol, auth_key ?? '') },
      priv: isPrivate ? { protocol: priv_protocol, key: this.#stretched(auth_protocol, priv_key ?? '') } : undefined,
    };
  }

  #stretched(protocol: AuthProtocol, phrase: string): Uint8Array {
    return this.phrases.get(`${protocol} ${phrase}`, () => passwordToKey(protocol, phrase));
  }
}

function nameOf(user: UsmUser, level: SecurityLevel, engineId: Uint8Array): string {
  const { auth_protocol, auth_key, priv_protocol, priv_key } = user;
  const parts = [auth_protocol, auth_key, ...(level === 'authPriv' ? [priv_protocol, priv_key] : [])];
  // JSON keeps apart what a plain separator in a phrase would mix up.
  return JSON.stringify([Buffer.from(engineId).toString('latin1'), ...parts]);
}
