import { BerReader, TAG } from '../drivers/ber.ts';
import { ForeignMessageError, readV3, type V3Message } from '../drivers/usm/message.ts';

/** v1 and v2c (RFC 1157, RFC 3584): a community in clear and a PDU. */
export interface CommunityMessage {
  readonly version: '1' | '2c';
  readonly community: Uint8Array;
  /** Stands before the PDU. */
  readonly pdu: BerReader;
}

/**
 * The outside of a message: as much as is needed to tell whether its sender may speak. Undefined for a version or a security model that
 * is not ours. @throws BerError
 */
export function readMessage(bytes: Uint8Array): CommunityMessage | V3Message | undefined {
  const message = new BerReader(bytes).enter(TAG.Sequence);
  const version = message.integer();
  if (version === 0 || version === 1)
    return { version: version === 0 ? '1' : '2c', community: message.octets(), pdu: message };
  try {
    return readV3(bytes);
  } catch (error) {
    if (error instanceof ForeignMessageError) return undefined;
    throw error;
  }
}
