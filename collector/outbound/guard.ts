import ipaddr from 'ipaddr.js';

/**
 * Keeps requests to addresses that somebody typed in (webhooks, calendar feeds) from reaching into the collector's own network (server-side
 * request forgery): https to public addresses only, unless the configuration allows a range. Pure: the caller resolves the name, gives every address found, and connects to one of those.
 */
export interface GuardPolicy {
  /** CIDR ranges that may be reached although they are not public; http and any port are allowed there. */
  readonly allow: readonly string[];
  /** Ports besides 443 for public https addresses. */
  readonly ports: readonly number[];
}

export type GuardVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const OK: GuardVerdict = { ok: true };
const SOME_PUBLIC_ADDRESS = '9.9.9.9';

/** The part that needs no resolving: an absolute http(s) URL without user information. Returns the reason it is refused. */
export function parseOutboundUrl(text: string): URL | string {
  if (!URL.canParse(text)) return 'not a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `scheme ${url.protocol.slice(0, -1)}, not https`;
  if (url.username !== '' || url.password !== '') return 'user information in the URL';
  return url;
}

/**
 * The address of a URL whose host is one, however it was spelled: WHATWG parsing has already turned `0x7f.1`, `2130706433` and
 * `0177.0.0.1` into `127.0.0.1`. Undefined for a name.
 */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return ipaddr.isValid(host) ? host : undefined;
}

/** Whether `url` may be called when its host has these addresses. One bad address refuses them all. */
export function checkAddresses(url: URL, addresses: readonly string[], policy: GuardPolicy): GuardVerdict {
  if (addresses.length === 0) return { ok: false, reason: 'the name has no address' };
  let allAllowed = true;
  for (const address of addresses) {
    if (isAllowed(address, policy.allow)) continue;
    allAllowed = false;
    const kind = specialRange(address);
    if (kind !== undefined) return { ok: false, reason: `${address} is not public (${kind})` };
  }
  if (allAllowed) return OK;
  if (url.protocol !== 'https:') return { ok: false, reason: 'http to a public address: https only' };
  const port = url.port === '' ? 443 : Number(url.port);
  if (port !== 443 && !policy.ports.includes(port)) return { ok: false, reason: `port ${port}: only 443 is allowed` };
  return OK;
}

function isAllowed(address: string, ranges: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  // ::ffff:10.0.0.1 connects to 10.0.0.1.
  const parsed = ipaddr.process(address);
  return ranges.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range);
    return network.kind() === parsed.kind() && parsed.match(network, bits);
  });
}

/** Why an address is not a plain public one, in IANA's words; undefined when it is. */
function specialRange(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return 'not an address';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range !== 'unicast') return range;
  // Everything public in IPv6 is inside 2000::/3 (RFC 4291); outside lie ::a.b.c.d and whatever is not assigned yet.
  if (parsed.kind() === 'ipv6' && !parsed.match(ipaddr.parseCIDR('2000::/3'))) return 'not global unicast';
  return undefined;
}

/**
 * Why an address would be refused whatever its name resolves to; undefined when that is to be seen at delivery. For checking a configuration
 * before it is used. The path of the URL, which may be secret, is not in the answer.
 */
export function refusedUnresolved(text: string, policy: GuardPolicy): string | undefined {
  const url = parseOutboundUrl(text);
  if (typeof url === 'string') return url;
  const literal = literalAddress(url);
  if (literal === undefined && policy.allow.length > 0) return undefined;
  // A name is taken for a public address, the most that it can be good for.
  const verdict = checkAddresses(url, [literal ?? SOME_PUBLIC_ADDRESS], policy);
  return verdict.ok ? undefined : `${url.origin}: ${verdict.reason}`;
}
