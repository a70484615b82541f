import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NeighborFacts } from '../../core/device-facts.ts';
import { isSamePort, portKey, toldPort } from '../../core/port-name.ts';

describe('one port by two names', () => {
  it.each([
    ['GigabitEthernet1/0/1', 'Gi1/0/1', true],
    ['Gig 1/0/1', 'gi1/0/1', true],
    ['Ten-GigabitEthernet1/1/1', 'Te1/1/1', true],
    ['Bridge-Aggregation10', 'Br10', true],
    ['Ethernet1/1', 'Eth1/1', true],
    [' ge-0/0/1 ', 'GE-0/0/1', true],
    ['GigabitEthernet1/0/1', 'GigabitEthernet1/0/11', false],
    ['Te1/1/1', 'Twe1/1/1', false],
    ['5', 'Port 5', false],
    ['x1', 'y1', false],
    ['uplink', 'Uplink', true],
  ])('%s and %s: %s', (a, b, same) => expect(isSamePort(a, b)).toBe(same));

  it('however short the words before the numbers are cut, down to two letters; other numbers are another port', () =>
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z]{2}[A-Za-z-]{0,20}$/),
        fc.stringMatching(/^\d{1,2}(\/\d{1,2}){0,2}$/),
        fc.nat(),
        (word, numbers, n) => {
          const cut = word.slice(0, 2 + (n % (word.length - 1)));
          expect(isSamePort(`${word}${numbers}`, `${cut.toUpperCase()} ${numbers}`)).toBe(true);
          expect(isSamePort(`${word}${numbers}`, `${cut}${numbers}/1`)).toBe(false);
        },
      ),
    ));

  it('the key of a key is the key', () =>
    fc.assert(fc.property(fc.string(), (name) => portKey(portKey(name)) === portKey(name))));
});

it.each<[string, Partial<NeighborFacts>, string | undefined]>([
  ['its name', { portIdSubtype: 5, portId: 'Gi1/0/1', portDesc: 'to wing a' }, 'Gi1/0/1'],
  ['its name that is a number', { portIdSubtype: 5, portId: '5', portDesc: 'to wing a' }, '5'],
  ['the description, for an address', { portIdSubtype: 3, portId: '001122334455', portDesc: 'eth0' }, 'eth0'],
  ['the same without subtype', { portId: '00:11:22:33:44:55', portDesc: 'eth0' }, 'eth0'],
  [
    "the description, for a number of the vendor's own",
    { portIdSubtype: 7, portId: '512', portDesc: 'ge-0/0/1' },
    'ge-0/0/1',
  ],
  ['the description, for an index', { portId: '10101', portDesc: 'Gi1/0/1' }, 'Gi1/0/1'],
  ['the number where nothing else is said', { portIdSubtype: 7, portId: '512' }, '512'],
  ['the description where nothing else is said', { portId: '', portDesc: 'eth0' }, 'eth0'],
  ['nothing', { portId: '', portDesc: '' }, undefined],
])("of a neighbour's port: %s", (_what, said, expected) =>
  expect(toldPort({ protocol: 'lldp', ...said })).toBe(expected),
);
