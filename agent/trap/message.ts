import { BerReader, type Element, MalformedError } from './ber.ts';

/** v1 and v2c (RFC 1157, RFC 3584): a community in clear and a PDU. */
export interface CommunityMessage {
  readonly version: '1' | '2c';
  readonly community: Uint8Array;
  /** Stands before the PDU. */
  readonly pdu: BerReader;
}

/** v3 (RFC 3412 section 6) with the user-based security model (RFC 3414 section 2.4). */
export interface UserMessage {
  readonly version: '3';
  readonly id: number;
  readonly auth: boolean;
  readonly priv: boolean;
  /** The sender wants a Report when it gets something wrong. */
  readonly reportable: boolean;
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  readonly user: string;
  /** Where the digest stands: it counts as zeros while it is worked out. */
  readonly digest: Element;
  readonly salt: Uint8Array;
  /** The scoped PDU, or an OCTET STRING with it encrypted. */
  readonly data: BerReader;
}

const USER_SECURITY_MODEL = 3;

/**
 * The outside of a message: as much as is needed to tell whether its sender may speak. Undefined for a version or a security model that
 * is not ours. @throws MalformedError
 */
export function readMessage(bytes: Uint8Array): CommunityMessage | UserMessage | undefined {
  const message = new BerReader(bytes).enter(0x30);
  const version = message.integer();
  if (version === 0 || version === 1)
    return { version: version === 0 ? '1' : '2c', community: message.octets(), pdu: message };
  return version === 3 ? readUserMessage(message) : undefined;
}

function readUserMessage(message: BerReader): UserMessage | undefined {
  const header = message.enter(0x30);
  const id = header.integer();
  header.integer();
  const flags = header.octets();
  if (flags.length !== 1) throw new MalformedError('flags of another size than one octet');
  if (header.integer() !== USER_SECURITY_MODEL) return undefined;
  const [auth, priv] = [(flags[0]! & 1) !== 0, (flags[0]! & 2) !== 0];
  if (priv && !auth) throw new MalformedError('privacy without authentication');
  const outer = message.expect(0x04);
  const security = new BerReader(message.bytes, outer.start, outer.end).enter(0x30);
  const engineId = security.octets();
  const [boots, time] = [security.integer(), security.integer()];
  if (engineId.length > 32 || !isCount(boots) || !isCount(time)) throw new MalformedError('an engine that cannot be');
  const user = new TextDecoder().decode(security.octets());
  const digest = security.expect(0x04);
  const salt = security.octets();
  return {
    version: '3',
    id,
    auth,
    priv,
    reportable: (flags[0]! & 4) !== 0,
    engineId,
    boots,
    time,
    user,
    digest,
    salt,
    data: message,
  };
}

/** INTEGER (0..2147483647), as both are defined. */
function isCount(value: number): boolean {
  return value >= 0 && value <= 2_147_483_647;
}
