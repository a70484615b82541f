import { lookup } from 'node:dns/promises';
import { isIP, SocketAddress } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError, errorMessage } from '../../core/errors.ts';

export interface HostAddress {
  /** As it can be given to a socket or a program: never a name, so never an option either. */
  readonly address: string;
  /** Without scope and in the one form that sockets report. */
  readonly canonical: string;
  readonly family: 4 | 6;
}

/** What is no name needs no look-up and no wait. */
export type Resolve = (host: string, signal: AbortSignal) => HostAddress | Promise<HostAddress>;

const LOOKUP_TIMEOUT_MS = 3_000;
const KEEP_MS = 300_000;
/** More than any agent has targets. */
const MOST_LITERALS = 20_000;

/**
 * Looks names up with a time limit and keeps an answer for five minutes, so that a slow name server holds up nobody but the device
 * that needs it. @throws BW_HOST_UNKNOWN
 */
export function createResolver(clock: Clock): Resolve {
  const kept = new Map<string, { readonly at: number; readonly found: HostAddress }>();
  // Asked for at every poll: worked out once.
  const literals = new Map<string, HostAddress>();
  const look = async (host: string, signal: AbortSignal): Promise<HostAddress> => {
    const known = kept.get(host);
    if (known && clock.monotonic() - known.at < KEEP_MS) return known.found;
    const limit = new AbortController();
    const end = AbortSignal.any([signal, limit.signal]);
    try {
      const late = clock.sleep(LOOKUP_TIMEOUT_MS, end).then(() => {
        throw new Error(`no answer from the name server within ${LOOKUP_TIMEOUT_MS} ms`);
      });
      const { address, family: found } = await Promise.race([lookup(host), late]);
      const entry = addressOf(address, found === 6 ? 6 : 4);
      kept.set(host, { at: clock.monotonic(), found: entry });
      return entry;
    } catch (error) {
      throw new BellwetherError('BW_HOST_UNKNOWN', `"${host}" has no address: ${errorMessage(error)}`, {
        cause: error,
        retryable: true,
      });
    } finally {
      limit.abort();
    }
  };
  return (host, signal) => {
    const literal = literals.get(host);
    if (literal) return literal;
    const family = isIP(host.replace(/%.*$/, ''));
    if (family === 0) return look(host, signal);
    const address = addressOf(host, family === 6 ? 6 : 4);
    if (literals.size < MOST_LITERALS) literals.set(host, address);
    return address;
  };
}

function addressOf(address: string, family: 4 | 6): HostAddress {
  return { address, family, canonical: canonicalAddress(address) };
}

/** A literal address without scope and in one form, IPv4 as such also where a socket for both families reports it. */
export function canonicalAddress(literal: string): string {
  const address = literal.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
