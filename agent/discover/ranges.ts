import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What may be swept, as it was typed in. */
export interface RangeRequest {
  /** Networks (`10.1.0.0/22`) and single addresses; overlaps count once. */
  readonly ranges: readonly string[];
  readonly exclude: readonly string[];
  /** Most addresses in all. */
  readonly maxHosts: number;
  readonly allowPublic: boolean;
}

export interface SweepRange {
  /** Each address once, in ascending order; IPv6 in the form of RFC 5952. */
  readonly addresses: readonly string[];
  /** Why nothing may be swept: one line for each thing wrong. Empty: it may. */
  readonly problems: readonly string[];
}

/** Addresses of one kind: `4`, `6`, or `6%eth0` for link-local ones of an interface. */
interface Interval {
  readonly kind: string;
  readonly first: bigint;
  readonly last: bigint;
}

interface Network extends Interval {
  readonly text: string;
  readonly prefix: number;
}

const PRIVATE = networks(
  '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 127.0.0.0/8 fc00::/7 fe80::/10 ::1/128',
);
const PRIVATE_WORDS = 'private (RFC 1918, RFC 6598, RFC 4193, link-local, loopback)';
/** "This network", multicast, reserved and broadcast (RFC 6890): no device has these. */
const NEVER = networks('0.0.0.0/8 224.0.0.0/4 240.0.0.0/4 ::/128 ff00::/8');

/**
 * Turns what was typed in into addresses. The first and last address of a network (IPv6: the first, which is any router's) are no devices and
 * left out, unless one is named by itself. Pure.
 */
export function sweepRange(request: RangeRequest): SweepRange {
  const wrong = (text: string): string => `"${text}": expected an address or a network such as 10.1.0.0/22`;
  const wanted = request.ranges.map((text) => parseNetwork(text) ?? wrong(text));
  const excluded = request.exclude.map((text) => parseNetwork(text) ?? wrong(text));
  const problems = [...wanted, ...excluded].filter((n) => typeof n === 'string');
  const ranges = wanted.filter((n) => typeof n !== 'string');
  problems.push(...ranges.flatMap((n) => refusal(n, request) ?? []));
  if (problems.length > 0) return { addresses: [], problems };
  const edges = subtract(ranges.flatMap(edgesOf), ranges.filter(isNamed));
  const left = subtract(merge(ranges), [...excluded.filter((n) => typeof n !== 'string'), ...edges]);
  const count = left.reduce((sum, i) => sum + sizeOf(i), 0n);
  if (count > BigInt(request.maxHosts)) return { addresses: [], problems: [tooMany(count, request.maxHosts)] };
  return { addresses: left.flatMap(expand), problems: [] };
}

/** Whether an address stands in one of some networks; false where either cannot be read. */
export function isWithin(address: string, ranges: readonly string[]): boolean {
  const one = parseNetwork(address);
  return one !== undefined && ranges.some((text) => contains(parseNetwork(text), one));
}

/** An address in the one form that is used as a key here, or undefined where it is none. */
export function canonicalAddress(text: string): string | undefined {
  const one = isIP(text) === 0 ? undefined : parseNetwork(text);
  return one && addressText(one.kind, one.first);
}

/** Orders addresses by number, IPv4 first. */
export function compareAddresses(a: string, b: string): number {
  const left = parseNetwork(a);
  const right = parseNetwork(b);
  if (!left || !right || left.kind !== right.kind) return (left?.kind ?? '~') < (right?.kind ?? '~') ? -1 : 1;
  return left.first < right.first ? -1 : left.first > right.first ? 1 : 0;
}

/** Whether `b` is the address after `a`. */
export function isNext(a: string, b: string): boolean {
  const [left, right] = [parseNetwork(a), parseNetwork(b)];
  return left !== undefined && right !== undefined && left.kind === right.kind && right.first === left.last + 1n;
}

function parseNetwork(text: string): Network | undefined {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  const width = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (family === 0 || more.length > 0 || prefix < 0 || prefix > width) return undefined;
  const [bare = '', zone] = address.split('%');
  const parsed = ipaddr.parse(bare);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && prefix >= 96)
    return parseNetwork(`${parsed.toIPv4Address()}/${prefix - 96}`);
  const value = BigInt(`0x${Buffer.from(parsed.toByteArray()).toString('hex')}`);
  const rest = (1n << BigInt(width - prefix)) - 1n;
  const kind = family === 4 ? '4' : zone === undefined ? '6' : `6%${zone}`;
  return { text, kind, prefix, first: value & ~rest, last: value | rest };
}

function networks(text: string): Network[] {
  return text.split(' ').map((one) => parseNetwork(one)!);
}

function refusal(n: Network, { allowPublic, maxHosts }: RangeRequest): string | undefined {
  if (sizeOf(n) > BigInt(maxHosts) + 2n) return `${n.text}: ${tooMany(sizeOf(n), maxHosts)}`;
  const bare = { ...n, kind: n.kind.slice(0, 1) };
  const touches = (list: readonly Network[]): boolean =>
    list.some((i) => i.kind === bare.kind && i.first <= n.last && n.first <= i.last);
  if (touches(NEVER)) return `${n.text}: no device has such an address`;
  if (allowPublic || PRIVATE.some((i) => contains(i, bare))) return undefined;
  return `${n.text} is not ${PRIVATE_WORDS}: sweep only networks that are yours, with --allow-public`;
}

function tooMany(count: bigint, most: number): string {
  const shown = count > 1_000_000_000n ? 'more than a thousand million' : count.toLocaleString('en-US');
  return `${shown} addresses, more than ${most.toLocaleString('en-US')}: a smaller range, or --max-hosts`;
}

/** Written as one or two addresses (RFC 3021): then each is meant. */
function isNamed(n: Network): boolean {
  return n.prefix >= (n.kind === '4' ? 31 : 127);
}

function edgesOf(n: Network): Interval[] {
  if (isNamed(n)) return [];
  const ends = n.kind === '4' ? [n.first, n.last] : [n.first];
  return ends.map((at) => ({ kind: n.kind, first: at, last: at }));
}

function contains(outer: Interval | undefined, inner: Interval): boolean {
  return outer !== undefined && outer.kind === inner.kind && outer.first <= inner.first && inner.last <= outer.last;
}

function sizeOf(i: Interval): bigint {
  return i.last - i.first + 1n;
}

function byStart(a: Interval, b: Interval): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  return a.first < b.first ? -1 : a.first > b.first ? 1 : 0;
}

function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const next of [...intervals].sort(byStart)) {
    const last = merged.at(-1);
    if (last && last.kind === next.kind && next.first <= last.last + 1n)
      merged[merged.length - 1] = { ...last, last: next.last > last.last ? next.last : last.last };
    else merged.push({ kind: next.kind, first: next.first, last: next.last });
  }
  return merged;
}

function subtract(from: readonly Interval[], what: readonly Interval[]): Interval[] {
  const holes = merge(what);
  return from.flatMap((interval) => {
    const parts: Interval[] = [];
    let { first } = interval;
    for (const hole of holes) {
      if (hole.kind !== interval.kind || hole.last < first || hole.first > interval.last) continue;
      if (hole.first > first) parts.push({ ...interval, first, last: hole.first - 1n });
      first = hole.last + 1n;
    }
    return first <= interval.last ? [...parts, { ...interval, first }] : parts;
  });
}

function expand({ kind, first, last }: Interval): string[] {
  const found: string[] = [];
  for (let at = first; at <= last; at++) found.push(addressText(kind, at));
  return found;
}

function addressText(kind: string, value: bigint): string {
  const octets = Buffer.from(value.toString(16).padStart(kind === '4' ? 8 : 32, '0'), 'hex');
  const zone = kind.slice(1);
  return `${ipaddr.fromByteArray([...octets]).toString()}${zone}`;
}
