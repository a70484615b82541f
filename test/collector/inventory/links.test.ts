import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceLinks } from '../../../collector/inventory/device-links.ts';
import { currentLinks } from '../../../collector/inventory/links.ts';
import type { DeviceFacts, NeighborFacts } from '../../../core/device-facts.ts';
import { beside, documentOf, macOf, standing } from './documents.ts';

type Site = Readonly<Record<string, Partial<DeviceFacts> & { readonly host?: string }>>;

function links(site: Site) {
  const devices = Object.entries(site).map(([device, { host, ...facts }]) => ({
    device,
    links: deviceLinks(documentOf(device, facts, host === undefined ? {} : { host })),
    seenAt: 1,
  }));
  return currentLinks(devices);
}
/** Whom sw1 is found to stand beside when it says this of port 1; else why nobody. */
function found(neighbor: Partial<NeighborFacts>, others: Site): string {
  const sw1 = standing('sw1', [{ protocol: 'lldp', ifIndex: 1, ...neighbor }]);
  const { links: all, unmatched } = links({ sw1, ...others });
  const [link] = all;
  return link ? (link.a === 'sw1' ? link.b : link.a) : (unmatched[0]?.reason ?? 'nothing');
}

const CORE: Site = { core1: { ...standing('core1', []), serial: 'FOC1234X0YZ', host: '10.1.0.1' } };
const NOBODY = 'none of the devices that are polled here';

describe('who a neighbour is', () => {
  it.each<[string, Partial<NeighborFacts>, Site, string]>([
    ['the address of its chassis', { chassisId: macOf('core1') }, CORE, 'core1'],
    [
      'the same, written with colons',
      {
        chassisId: macOf('core1')
          .replace(/(..)(?=.)/g, '$1:')
          .toUpperCase(),
      },
      CORE,
      'core1',
    ],
    [
      'the address of an interface',
      { chassisId: '0a0000000001' },
      { ap1: { interfaces: [{ ifIndex: 1, physAddress: '0a0000000001' }] } },
      'ap1',
    ],
    ['its name', { sysName: 'CORE1.lincoln.example' }, CORE, 'core1'],
    ['its name as a chassis id', { chassisIdSubtype: 7, chassisId: 'core1' }, CORE, 'core1'],
    ['CDP: a name with the serial number', { protocol: 'cdp', deviceId: 'renamed(FOC1234X0YZ)' }, CORE, 'core1'],
    ['CDP: the serial number alone', { protocol: 'cdp', deviceId: 'foc1234x0yz' }, CORE, 'core1'],
    ['CDP: a name', { protocol: 'cdp', deviceId: 'core1.lincoln' }, CORE, 'core1'],
    ['the address it is polled at', { address: '10.1.0.1' }, CORE, 'core1'],
    ['nobody that is polled', { chassisId: '0a0b0c0d0e0f', sysName: 'phone' }, CORE, NOBODY],
    ['nothing is said', {}, CORE, NOBODY],
    ['an address is no name', { sysName: '10.1.0.1' }, { a: { sysName: '10.1.0.1' } }, NOBODY],
    [
      'the address of a virtual router',
      { chassisId: '00005e000101' },
      { fw1: { chassisIds: ['00005e000101'] } },
      NOBODY,
    ],
    [
      'a name that two have',
      { sysName: 'sw-lab' },
      { a: { sysName: 'SW-LAB' }, b: { sysName: 'SW-LAB' } },
      'several devices say the same of themselves',
    ],
    [
      'an address that two have',
      { chassisId: '0a0000000001' },
      { a: { chassisIds: ['0a0000000001'] }, b: { chassisIds: ['0a0000000001'] } },
      'several devices say the same of themselves',
    ],
    [
      'the name of one that has another address: an unmonitored switch of the same name',
      { sysName: 'sw-lab', chassisId: '0a0b0c0d0e0f' },
      { a: { sysName: 'sw-lab', chassisIds: ['0a0000000001'] } },
      'it is called like a, which has another address',
    ],
    [
      'the name of one whose addresses are not known',
      { sysName: 'sw-lab', chassisId: '0a0b0c0d0e0f' },
      { a: { sysName: 'sw-lab' } },
      'a',
    ],
    [
      'the name of one and the address of another',
      { sysName: 'a', address: '10.1.0.1' },
      { a: {}, ...CORE },
      'its name and address are those of a and core1',
    ],
    ['an address is more than a name', { sysName: 'a', chassisId: macOf('core1') }, { a: {}, ...CORE }, 'core1'],
    ['a name that nobody gave it', { sysName: 'Switch' }, { a: { sysName: 'Switch' } }, NOBODY],
    ['itself, by a loop', { chassisId: macOf('sw1') }, CORE, 'it is the device itself'],
  ])('%s', (_what, neighbor, others, expected) => expect(found(neighbor, others)).toBe(expected));
});

describe('links', () => {
  it('both sides tell of one cable, LLDP and CDP each: it is one, by the names that each has for its port', () => {
    const site = {
      core1: standing('core1', [
        beside('sw1', 2, 'GigabitEthernet1/0/1'),
        { protocol: 'cdp', ifIndex: 2, deviceId: 'sw1', portId: 'GigabitEthernet1/0/1' },
      ]),
      sw1: standing('sw1', [beside('core1', 1, 'gi1/0/2')]),
    };
    expect(links(site)).toEqual({
      links: [
        {
          a: 'core1',
          b: 'sw1',
          ports: [{ a: 'Gi1/0/2', b: 'Gi1/0/1' }],
          saidBy: ['core1', 'sw1'],
          since: 1,
          seenAt: 1,
        },
      ],
      unmatched: [],
    });
  });

  it('a bundle is one link of several ports; what only one side says is enough', () => {
    const site = {
      core1: standing('core1', [beside('sw1', 1, 'x1'), beside('sw1', 2, 'x2')]),
      sw1: standing('sw1', []),
    };
    expect(links(site).links).toMatchObject([
      {
        a: 'core1',
        b: 'sw1',
        saidBy: ['core1'],
        ports: [
          { a: 'Gi1/0/1', b: 'x1' },
          { a: 'Gi1/0/2', b: 'x2' },
        ],
      },
    ]);
  });

  it('one cable, of which each side tells its own port only, has both', () => {
    const site = {
      core1: standing('core1', [{ protocol: 'lldp', ifIndex: 2, chassisId: macOf('sw1') }]),
      sw1: standing('sw1', [{ protocol: 'lldp', ifIndex: 1, chassisId: macOf('core1') }]),
    };
    expect(links(site).links[0]!.ports).toEqual([{ a: 'Gi1/0/2', b: 'Gi1/0/1' }]);
  });

  it('lldpRemLocalPortNum is no ifIndex: the port is named only as far as it is known', () => {
    const neighbor = { protocol: 'lldp', localPortNum: 2, localPort: 'Port 2', chassisId: macOf('core1') } as const;
    expect(links({ sw1: standing('sw1', [neighbor]), ...CORE }).links[0]!.ports).toEqual([{ a: null, b: 'Port 2' }]);
  });

  it('a neighbour nobody polls is named once, though LLDP and CDP both tell of it', () => {
    const site = {
      sw1: standing('sw1', [
        { protocol: 'lldp', ifIndex: 3, chassisId: '0a0b0c0d0e0f', sysName: 'SEP0A0B' },
        { protocol: 'cdp', ifIndex: 3, deviceId: 'SEP0A0B', platform: 'Cisco IP Phone 8841' },
      ]),
    };
    expect(links(site).unmatched).toHaveLength(1);
    expect(links(site).unmatched[0]).toMatchObject({ device: 'sw1', port: 'Gi1/0/3', name: 'SEP0A0B', reason: NOBODY });
  });
});

it('whatever is monitored, called alike or told of in part: every link that is found is there', () => {
  const network = fc.record({
    names: fc.array(fc.constantFrom('sw-a', 'sw-b', 'sw-c'), { minLength: 8, maxLength: 8 }),
    polled: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    /** Which say their own addresses. */
    knowsItself: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    cables: fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.boolean()), { maxLength: 14 }),
  });
  fc.assert(
    fc.property(network, ({ names, polled, knowsItself, cables }) => {
      const macs = names.map((_, n) => `0a000000000${n}`);
      const isUnique = (n: number): boolean => names.filter((name) => name === names[n]).length === 1;
      const real = new Set<string>();
      const said: NeighborFacts[][] = names.map(() => []);
      for (const [a, b, withAddress] of cables) {
        if (a === b) continue;
        real.add([`d${a}`, `d${b}`].sort().join('-'));
        // One that tells of no address is only known by a name that nobody else in the building has.
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const)
          if (withAddress || isUnique(to))
            said[from]!.push({
              protocol: 'lldp',
              ifIndex: to + 1,
              sysName: names[to]!,
              ...(withAddress && { chassisId: macs[to]! }),
            });
      }
      const site = Object.fromEntries(
        names.flatMap((name, n) =>
          polled[n]
            ? [
                [
                  `d${n}`,
                  { sysName: name, chassisIds: knowsItself[n] || !isUnique(n) ? [macs[n]!] : [], neighbors: said[n]! },
                ],
              ]
            : [],
        ),
      );
      for (const { a, b } of links(site).links) expect(real).toContain(`${a}-${b}`);
    }),
    { numRuns: 2_000 },
  );
});
