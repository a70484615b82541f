import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sweepOrder } from '../../../agent/discover/order.ts';
import { canonicalAddress, compareAddresses, isWithin, sweepRange } from '../../../agent/discover/ranges.ts';
import { random } from '../../support/random.ts';

const request = { exclude: [], maxHosts: 4096, allowPublic: false };
const swept = (ranges: readonly string[], more: Partial<Parameters<typeof sweepRange>[0]> = {}) =>
  sweepRange({ ...request, ranges, ...more });

describe('what is swept', () => {
  it.each([
    ['a network without its ends', ['10.0.0.0/30'], {}, ['10.0.0.1', '10.0.0.2']],
    ['a network named by one of its hosts', ['10.0.0.9/30'], {}, ['10.0.0.9', '10.0.0.10']],
    ['two addresses of a link (RFC 3021)', ['10.0.0.0/31'], {}, ['10.0.0.0', '10.0.0.1']],
    [
      'an address by itself, an end of a network or not',
      ['10.0.0.0/30', '10.0.0.3'],
      {},
      [1, 2, 3].map((i) => `10.0.0.${i}`),
    ],
    ['overlaps once', ['10.0.0.0/30', '10.0.0.0/30', '10.0.0.2', '10.0.0.2/32'], {}, ['10.0.0.1', '10.0.0.2']],
    [
      'less what is excluded',
      ['10.0.0.0/29'],
      { exclude: ['10.0.0.2/31', '10.0.0.6'] },
      ['10.0.0.1', '10.0.0.4', '10.0.0.5'],
    ],
    ['a small network of IPv6', ['fd00::10/126'], {}, ['fd00::11', 'fd00::12', 'fd00::13']],
    ['a link-local address of an interface', ['fe80::1%eth0'], {}, ['fe80::1%eth0']],
    ['IPv4 written as IPv6', ['::ffff:10.0.0.1'], {}, ['10.0.0.1']],
    ['loopback', ['127.0.0.1', '::1'], {}, ['127.0.0.1', '::1']],
    ['public when told', ['9.9.9.9'], { allowPublic: true }, ['9.9.9.9']],
    ['shared address space (RFC 6598)', ['100.64.0.1'], {}, ['100.64.0.1']],
    ['nothing when all is excluded', ['10.0.0.0/24'], { exclude: ['10.0.0.0/8'] }, []],
  ] as const)('%s', (_name, ranges, more, expected) => {
    expect(swept(ranges, more)).toEqual({ addresses: expected, problems: [] });
  });

  it.each([
    ['a public address', ['8.8.8.0/24'], {}, /8\.8\.8\.0\/24 is not private .*--allow-public/],
    ['partly private', ['172.16.0.0/11'], { maxHosts: 65536 ** 2 }, /not private/],
    ['next to shared address space', ['100.128.0.1'], {}, /not private/],
    ['global IPv6', ['2001:db8::1'], {}, /not private/],
    ['IPv4 hidden in IPv6', ['64:ff9b::10.0.0.1'], {}, /not private/],
    ['next to loopback', ['128.0.0.1'], {}, /not private/],
    ['multicast, always', ['224.0.0.1'], { allowPublic: true }, /no device has/],
    ['broadcast, always', ['255.255.255.255'], { allowPublic: true }, /no device has/],
    ['the unspecified address', ['::'], { allowPublic: true }, /no device has/],
    ['a network above the limit', ['10.0.0.0/19'], {}, /8,192 addresses, more than 4,096.*--max-hosts/],
    ['networks above it together', ['10.0.0.0/20', '10.1.0.0/20'], {}, /8,188 addresses/],
    ['a whole IPv6 network', ['fd00::/64'], {}, /more than a thousand million/],
    ['a name', ['school.example'], {}, /"school\.example": expected an address/],
    ['an address in parts', ['10.1'], {}, /expected an address/],
    ['an octal address', ['010.0.0.1'], {}, /expected an address/],
    ['a prefix that is none', ['10.0.0.0/33'], {}, /expected an address/],
    ['two slashes', ['10.0.0.0/24/1'], {}, /expected an address/],
    ['an empty prefix', ['10.0.0.0/'], {}, /expected an address/],
    ['a bad exclusion', ['10.0.0.1'], { exclude: ['here'] }, /"here": expected/],
  ] as const)('not %s', (_name, ranges, more, expected) => {
    const { addresses, problems } = swept(ranges, more);
    expect(addresses).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it('says all that is wrong at once', () => {
    expect(swept(['8.8.8.8', 'x', '10.0.0.0/8'], { exclude: ['y'] }).problems).toHaveLength(4);
  });
});

/** A network within 10.77.0.0/22, any prefix from /22 to /32. */
const network = fc
  .tuple(fc.integer({ min: 0, max: 1023 }), fc.integer({ min: 22, max: 32 }))
  .map(([n, prefix]) => ({ n, prefix, text: `10.77.${n >> 8}.${n & 255}/${prefix}` }));

it('holds each address once and none outside, whatever networks are given', () => {
  fc.assert(
    fc.property(fc.array(network, { minLength: 1, maxLength: 6 }), fc.array(network, { maxLength: 4 }), (want, not) => {
      const ends = (c: { n: number; prefix: number }): [number, number] => {
        const size = 2 ** (32 - c.prefix);
        const first = c.n - (c.n % size);
        return [first, first + size - 1];
      };
      const inside = (list: typeof want, i: number): boolean => list.some((c) => i >= ends(c)[0] && i <= ends(c)[1]);
      const named = want.filter((c) => c.prefix >= 31);
      const edge = (i: number): boolean => want.some((c) => c.prefix < 31 && ends(c).includes(i));
      const expected = Array.from({ length: 1024 }, (_, i) => i)
        .filter((i) => inside(want, i) && !inside(not, i) && (!edge(i) || inside(named, i)))
        .map((i) => `10.77.${i >> 8}.${i & 255}`);
      const texts = (list: typeof want): string[] => list.map((c) => c.text);
      expect(swept(texts(want), { exclude: texts(not) }).addresses).toEqual(expected);
    }),
  );
});

describe('the order of asking', () => {
  it('has every address once, whatever comes', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(fc.uniqueArray(address, { maxLength: 80 }), fc.integer(), (addresses, seed) => {
        expect(sweepOrder(addresses, random(seed)).sort()).toEqual([...addresses].sort());
      }),
    );
  });

  it('takes the networks in turn', () => {
    const { addresses } = swept(['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']);
    const order = sweepOrder(addresses, random(7));
    const third = (a: string): string => a.split('.')[2]!;
    for (let i = 0; i + 2 < order.length; i += 3) expect(new Set(order.slice(i, i + 3).map(third)).size).toBe(3);
    expect(order).not.toEqual(addresses);
  });
});

it('knows and orders addresses', () => {
  expect(isWithin('10.1.2.3', ['192.168.0.0/16', '10.1.0.0/16'])).toBe(true);
  expect(isWithin('10.2.2.3', ['10.1.0.0/16'])).toBe(false);
  expect(isWithin('core1', ['10.1.0.0/16'])).toBe(false);
  expect(canonicalAddress('FD00:0:0::1')).toBe('fd00::1');
  expect(canonicalAddress('10.0.0.0/8')).toBeUndefined();
  expect(['fd00::1', '10.0.0.10', '10.0.0.9'].sort(compareAddresses)).toEqual(['10.0.0.9', '10.0.0.10', 'fd00::1']);
});
