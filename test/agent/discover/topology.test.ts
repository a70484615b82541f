import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Link } from '../../../agent/discover/cables.ts';
import { linksOf, type Node } from '../../../agent/discover/links.ts';
import { uplinksOf } from '../../../agent/discover/uplinks.ts';
import type { Role } from '../../../core/domain.ts';
import { node, sees } from './fixture.ts';

const core = node('core', {
  hardware: ['001122334455'],
  addresses: ['10.0.0.1'],
  serials: ['FDO123'],
  sysName: 'core.example.org',
});

describe('a neighbour is known', () => {
  it.each([
    ['by its chassis', { chassisId: '001122334455' }, 'chassis'],
    ['by its chassis in another writing', { chassisId: '00:11:22:33:44:55' }, 'chassis'],
    ['by its address (CDP)', { protocol: 'cdp', deviceId: 'x', address: '10.0.0.1' }, 'address'],
    ['by an address as chassis (LLDP subtype 5)', { chassisIdSubtype: 5, chassisId: '10.0.0.1' }, 'address'],
    ['by its name', { sysName: 'CORE.example.org' }, 'name'],
    ['by its name without domain', { sysName: 'core' }, 'name'],
    ['by its name with serial, as NX-OS tells it', { protocol: 'cdp', deviceId: 'core.example.org(FDO123)' }, 'serial'],
    ['by its serial alone', { protocol: 'cdp', deviceId: 'FDO123' }, 'serial'],
    ['by a hardware address as name (CDP)', { protocol: 'cdp', deviceId: '001122334455' }, 'chassis'],
  ] as const)('%s', (_, neighbor, by) => {
    const sw = node('sw', { neighbors: [{ protocol: 'lldp', localPort: 'Gi1', ...neighbor }] });
    expect(linksOf([core, sw]).links).toMatchObject([{ a: 'core', b: 'sw', bPort: 'Gi1', by }]);
  });

  it('by nothing that two devices have', () => {
    const twin = node('twin', { sysName: 'core.example.org' });
    const sw = node('sw', { neighbors: [sees('core.example.org', 'Gi1', 'Gi2')] });
    const { links, unknown } = linksOf([core, twin, sw]);
    expect(links).toEqual([]);
    expect(unknown).toMatchObject([{ seenBy: 'sw', port: 'Gi1', name: 'core.example.org' }]);
  });

  it('a phone that tells only its address is counted, not listed', () => {
    const sw = node('sw', { neighbors: [{ protocol: 'lldp', localPort: 'Gi7', chassisId: 'aabbccddeeff' }] });
    expect(linksOf([sw])).toEqual({ links: [], unknown: [], anonymous: 1 });
  });
});

describe('a cable', () => {
  it('seen from both ends, over both protocols and in short and long names is one link', () => {
    const a = node('a', {
      neighbors: [
        sees('b', 'Gi1/0/1', 'Te1/1/1'),
        { protocol: 'cdp', deviceId: 'b', localPort: 'Gi1/0/1', portId: 'TenGigabitEthernet1/1/1' },
      ],
    });
    const b = node('b', { neighbors: [sees('a', 'Te1/1/1', 'GigabitEthernet1/0/1')] });
    expect(linksOf([a, b]).links).toMatchObject([{ a: 'a', b: 'b', aPort: 'Gi1/0/1', bPort: 'Te1/1/1' }]);
  });

  it('has each port as its own device calls it, though the other end has another name for it', () => {
    const a = node('a', { neighbors: [sees('b', 'uplink to b', 'Te1/1/1')] });
    const b = node('b', { neighbors: [sees('a', 'to wing a', 'Gi1/0/1')] });
    expect(linksOf([b, a]).links).toMatchObject([{ aPort: 'uplink to b', bPort: 'to wing a' }]);
    const silent = node('b', { sysName: 'b' });
    expect(linksOf([a, silent]).links).toMatchObject([{ aPort: 'uplink to b', bPort: 'Te1/1/1' }]);
  });

  it('beside another one is a link of its own', () => {
    const a = node('a', { neighbors: [sees('b', 'Gi1', 'Gi11'), sees('b', 'Gi2', 'Gi12')] });
    const b = node('b', { neighbors: [sees('a', 'Gi11', 'Gi1'), sees('a', 'Gi12', 'Gi2')] });
    expect(linksOf([a, b]).links.map((l) => l.aPort)).toEqual(['Gi1', 'Gi2']);
  });

  it('to itself is none', () => {
    expect(linksOf([node('a', { neighbors: [sees('a', 'Gi1', 'Gi2')] })]).links).toEqual([]);
  });
});

const link = (a: string, b: string): Link => ({
  a,
  b,
  aPort: undefined,
  bPort: undefined,
  protocol: 'lldp',
  by: 'name',
});
const parentsOf = (nodes: readonly Node[], links: readonly Link[], root?: string): Record<string, string[]> =>
  Object.fromEntries([...uplinksOf(nodes, links, root)].map(([name, p]) => [name, p.parents.map((x) => x.device)]));

describe('who hangs on whom', () => {
  const fw = node('fw', { role: 'firewall' });
  const ap = node('ap', { role: 'ap' });
  it.each<[string, Node[], Link[], Record<string, string[]>]>([
    [
      'a tree hangs on its firewall',
      [ap, node('sw'), node('core'), fw],
      [link('ap', 'sw'), link('core', 'sw'), link('core', 'fw')],
      { ap: ['sw'], sw: ['core'], core: ['fw'], fw: [] },
    ],
    [
      'two ways up are two parents',
      [node('c1'), node('c2'), node('sw'), fw],
      [link('c1', 'fw'), link('c2', 'fw'), link('c1', 'sw'), link('c2', 'sw'), link('c1', 'c2')],
      { c1: ['fw'], c2: ['fw'], sw: ['c1', 'c2'], fw: [] },
    ],
    [
      'a cluster of two firewalls is two roots',
      [fw, node('fw2', { role: 'firewall' }), node('core')],
      [link('core', 'fw'), link('core', 'fw2'), link('fw', 'fw2')],
      { fw: [], fw2: [], core: ['fw', 'fw2'] },
    ],
    [
      'without firewall and router the switch that routes',
      [node('a'), node('b', { forwards: true }), node('c')],
      [link('a', 'b'), link('a', 'c')],
      { b: [], a: ['b'], c: ['a'] },
    ],
    [
      'nothing hangs on a server with two cards, where there is another way',
      [fw, node('core'), node('sw'), node('srv', { role: 'server' })],
      [link('core', 'fw'), link('core', 'srv'), link('srv', 'sw'), link('core', 'sw')],
      { fw: [], core: ['fw'], srv: ['core'], sw: ['core'] },
    ],
    [
      'an AP carries a mesh where nothing else does',
      [node('sw'), ap, node('ap2', { role: 'ap' })],
      [link('sw', 'ap'), link('ap', 'ap2')],
      { sw: [], ap: ['sw'], ap2: ['ap'] },
    ],
    ['what nobody sees hangs on nothing', [fw, node('lost')], [], { fw: [], lost: [] }],
  ])('%s', (_, nodes, links, expected) => {
    expect(parentsOf(nodes, links)).toEqual(expected);
  });

  it('a root that was told is the root', () => {
    expect(parentsOf([fw, node('core')], [link('core', 'fw')], 'core')).toEqual({ core: [], fw: ['core'] });
  });

  const roles: Role[] = ['router', 'firewall', 'switch', 'ap', 'server', 'ups', 'other'];
  const network = fc
    .record({
      roles: fc.array(fc.constantFrom(...roles), { minLength: 1, maxLength: 14 }),
      cables: fc.array(fc.tuple(fc.nat(13), fc.nat(13)), { maxLength: 30 }),
    })
    .map(({ roles: given, cables }) => {
      const nodes = given.map((role, i) => node(`n${i}`, { role, addresses: [`10.0.0.${i + 1}`] }));
      const links = cables
        .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
        .filter(([a, b]) => a !== b && b < nodes.length)
        .map(([a, b]) => link(`n${a}`, `n${b}`));
      return { nodes, links };
    });

  it('never goes in a circle, and hangs only along cables', () => {
    fc.assert(
      fc.property(network, ({ nodes, links }) => {
        const placed = uplinksOf(nodes, links);
        for (const { name } of nodes) {
          const { parents } = placed.get(name)!;
          for (const { device, links: own } of parents) {
            expect(own.length).toBeGreaterThan(0);
            for (const l of own) expect([l.a, l.b].sort()).toEqual([name, device].sort());
          }
          const above = new Set<string>();
          const climb = (at: string): void => {
            for (const { device } of placed.get(at)!.parents) {
              expect(device).not.toBe(name);
              if (!above.has(device)) {
                above.add(device);
                climb(device);
              }
            }
          };
          climb(name);
        }
      }),
    );
  });

  it('does not depend on the order in which devices and cables were found', () => {
    fc.assert(
      fc.property(network, ({ nodes, links }) => {
        const turned = parentsOf([...nodes].reverse(), [...links].reverse());
        expect(turned).toEqual(parentsOf(nodes, links));
      }),
    );
  });
});
