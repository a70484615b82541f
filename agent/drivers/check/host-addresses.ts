import { CANCELLED, CONNREFUSED, NODATA, NOTFOUND, Resolver, TIMEOUT } from 'node:dns';
import { isIP } from 'node:net';
import { errorMessage } from '../../../core/errors.ts';
import type { Resolve } from '../resolve.ts';
import type { Limits } from './deadline.ts';
import { Failed } from './fault.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Gives the addresses of a host, at least one. @throws Failed */
export type HostAddresses = (host: string, limits: Limits) => Promise<readonly Address[]>;

/**
 * Asks the name servers of this machine afresh at each attempt (a user's browser does), for IPv4 and IPv6 at once, and without the few
 * threads that getaddrinfo shares with all else: a dead name server holds up nothing but the check. The hosts file is not looked at, as those
 * who use the service do not have it either; a name without a dot, or in `.local`, goes the system's way (`system`).
 * `servers` is for tests; left out, those of /etc/resolv.conf as it is now.
 */
export function hostAddresses(system: Resolve, servers?: readonly string[]): HostAddresses {
  return async (host, limits) => {
    const family = isIP(host.replace(/%.*$/, ''));
    if (family !== 0) return [{ address: host, family: family === 6 ? 6 : 4 }];
    if (!host.replace(/\.$/, '').includes('.') || /\.local\.?$/i.test(host)) {
      try {
        const { address, family: found } = await system(host, limits.signal);
        return [{ address, family: found }];
      } catch (error) {
        throw new Failed('name', 'ours', errorMessage(error));
      }
    }
    return ask(host, limits, servers);
  };
}

/** No single server is waited for longer: the next one is asked. */
const SERVER_TIMEOUT_MS = 2_000;

async function ask(host: string, limits: Limits, servers: readonly string[] | undefined): Promise<Address[]> {
  const timeout = Math.max(250, Math.min(SERVER_TIMEOUT_MS, Math.floor(limits.timeoutMs / 2)));
  const resolver = new Resolver({ timeout, tries: 1 });
  if (servers) resolver.setServers([...servers]);
  const cancel = (): void => resolver.cancel();
  limits.signal.addEventListener('abort', cancel, { once: true });
  if (limits.signal.aborted) throw new Failed('name', 'ours', 'not wanted any more');
  try {
    let six: Answer | undefined;
    const later = lookup(resolver, host, 6).then((answer) => {
      six = answer;
      return answer;
    });
    const four = await lookup(resolver, host, 4);
    // With an IPv4 address in hand nobody waits for the other question.
    const other = four.addresses.length > 0 ? six : await later;
    const addresses = inTurn(four.addresses, other?.addresses ?? []);
    if (addresses.length > 0) return addresses;
    throw notFound(host, [four.code, other?.code]);
  } finally {
    limits.signal.removeEventListener('abort', cancel);
    resolver.cancel();
  }
}

/** So many are tried: each gets its share of the time, which many would leave too short for a slow line. */
const MOST = 4;

/** Both families in turn (RFC 8305, section 4), IPv4 first: a school whose IPv6 leads nowhere is common. */
function inTurn(four: readonly Address[], six: readonly Address[]): Address[] {
  const pairs = Array.from({ length: MOST }, (_, i) => [four[i], six[i]]);
  return pairs
    .flat()
    .filter((address) => address !== undefined)
    .slice(0, MOST);
}

interface Answer {
  readonly addresses: readonly Address[];
  readonly code: string | undefined;
}

function lookup(resolver: Resolver, host: string, family: 4 | 6): Promise<Answer> {
  return new Promise((resolve) => {
    const done = (error: NodeJS.ErrnoException | null, found: readonly string[] | undefined): void =>
      resolve({ addresses: (found ?? []).map((address) => ({ address, family })), code: error?.code });
    if (family === 4) resolver.resolve4(host, done);
    else resolver.resolve6(host, done);
  });
}

/** A server that says no, or cannot say, is one that the service's users meet too; one that says nothing is a fault on our side. */
function notFound(host: string, codes: readonly (string | undefined)[]): Failed {
  const code = codes.find((c) => c !== undefined && c !== NODATA) ?? NODATA;
  if (code === NOTFOUND || code === NODATA)
    return new Failed('name', 'no_name', `the name server knows no address of ${host}`);
  if (code === TIMEOUT || code === CONNREFUSED || code === CANCELLED)
    return new Failed('name', 'ours', `no answer from the name server about ${host} (${code})`);
  return new Failed('name', 'no_name', `the name server has no answer about ${host} (${code})`);
}
