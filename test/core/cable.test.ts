import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CableSighting, cablesOf, portsOf } from '../../core/cable.ts';

type Told = readonly [from: 'a' | 'b', aPort: string | undefined, bPort: string | undefined];
const _ = undefined;
const cables = (...told: Told[]) =>
  cablesOf(told.map(([from, aPort, bPort]): CableSighting => ({ from, aPort, bPort })))
    .map(portsOf)
    .map(({ aPort, bPort }) => [aPort, bPort]);

describe('the cables between two devices', () => {
  it.each<[string, Told[], (string | undefined)[][]]>([
    ['one, told by one end', [['a', 'Gi1', 'Te1']], [['Gi1', 'Te1']]],
    [
      'one, told by both ends',
      [
        ['a', 'Gi1/0/1', 'TenGigabitEthernet1/1'],
        ['b', 'GigabitEthernet1/0/1', 'Te1/1'],
      ],
      [['Gi1/0/1', 'Te1/1']],
    ],
    [
      'one, told over LLDP and CDP',
      [
        ['a', 'Gi1', 'eth0'],
        ['a', 'Gi1', 'eth0'],
      ],
      [['Gi1', 'eth0']],
    ],
    [
      'one, of which each end knows its own port',
      [
        ['a', 'Gi1', _],
        ['b', _, 'Te1'],
      ],
      [['Gi1', 'Te1']],
    ],
    [
      'one, the far port known by its address',
      [
        ['a', 'Gi1', '00:11:22:33:44:55'],
        ['b', '66:77:88:99:aa:bb', 'Te1'],
      ],
      [['Gi1', 'Te1']],
    ],
    [
      'one, whose ports each end calls by names of its own',
      [
        ['a', 'uplink', 'Te1'],
        ['b', 'Gi1', 'to wing a'],
      ],
      [['uplink', 'to wing a']],
    ],
    [
      'one, without any port',
      [
        ['a', _, _],
        ['b', _, _],
      ],
      [[_, _]],
    ],
    [
      'two',
      [
        ['a', 'Gi1', 'Te1'],
        ['a', 'Gi2', 'Te2'],
        ['b', 'Gi2', 'Te2'],
        ['b', 'Gi1', 'Te1'],
      ],
      [
        ['Gi1', 'Te1'],
        ['Gi2', 'Te2'],
      ],
    ],
    [
      'two, of which each end knows its own ports',
      [
        ['a', 'Gi1', _],
        ['a', 'Gi2', _],
        ['b', _, 'Te1'],
        ['b', _, 'Te2'],
      ],
      [
        ['Gi1', 'Te1'],
        ['Gi2', 'Te2'],
      ],
    ],
    [
      'two, the second told first where the first may be it too',
      [
        ['a', 'Gi1', _],
        ['a', 'Gi2', 'Te2'],
        ['b', _, 'Te2'],
      ],
      [
        ['Gi1', _],
        ['Gi2', 'Te2'],
      ],
    ],
    ['none', [], []],
  ])('%s', (_what, told, expected) => expect(cables(...told)).toEqual(expected));

  const port = fc.constantFrom('Gi1', 'Gi2', 'GigabitEthernet2', '00:11:22:33:44:55', 'port 3', undefined);
  const told = fc.tuple(fc.constantFrom('a' as const, 'b' as const), port, port);

  it('whatever is told, each telling is of just one of them', () =>
    fc.assert(
      fc.property(fc.array(told, { maxLength: 20 }), (all) => {
        const sightings = all.map(([from, aPort, bPort]): CableSighting => ({ from, aPort, bPort }));
        const gathered = cablesOf(sightings).flat();
        expect(gathered).toHaveLength(sightings.length);
        expect(new Set(gathered)).toEqual(new Set(sightings));
      }),
    ));

  it('a bundle of which both ends tell all ports has as many as there are, in whatever order it is told', () => {
    const bundle = fc.integer({ min: 1, max: 8 }).chain((size) => {
      const all = Array.from({ length: size }, (_none, n): Told[] => [
        ['a', `Gi1/0/${n}`, `TenGigabitEthernet2/${n}`],
        ['b', `GigabitEthernet1/0/${n}`, `Te2/${n}`],
      ]).flat();
      return fc.tuple(fc.constant(size), fc.shuffledSubarray(all, { minLength: all.length }));
    });
    fc.assert(
      fc.property(bundle, ([size, all]) => {
        const ends = cables(...all).sort();
        expect(ends).toEqual(Array.from({ length: size }, (_none, n) => [`Gi1/0/${n}`, `Te2/${n}`]));
      }),
    );
  });
});
