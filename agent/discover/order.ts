import { canonicalAddress } from './ranges.ts';

/**
 * The order in which addresses are asked: those of one /24 (IPv6: the last 8 bits) shuffled, and the networks in turn, so that no switch and no
 * ARP table gets all of it at once. `random` is in [0, 1).
 */
export function sweepOrder(addresses: readonly string[], random: () => number): string[] {
  const networks = new Map<string, string[]>();
  for (const address of addresses) {
    const key = networkOf(address);
    const members = networks.get(key);
    if (members) members.push(address);
    else networks.set(key, [address]);
  }
  const lists = [...networks.values()].map((members) => shuffled(members, random));
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list[i] ?? [])).flat();
}

function networkOf(address: string): string {
  if (!address.includes(':')) return address.slice(0, address.lastIndexOf('.'));
  const bare = canonicalAddress(address) ?? address;
  const group = bare.replace(/%.*$/, '').split(':').at(-1) ?? '';
  return `${bare.slice(0, bare.lastIndexOf(':'))}:${group.padStart(4, '0').slice(0, 2)}`;
}

function shuffled(list: readonly string[], random: () => number): string[] {
  const mixed = [...list];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}
