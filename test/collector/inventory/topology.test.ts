import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCircle, refKey, type TopologyConfig } from '../../../collector/alert/topology.ts';
import { knownTopology, type SiteGraph, siteTree } from '../../../collector/inventory/topology.ts';

/** `fw:firewall core sw` and `fw-core core-sw`. */
function graph(devices: string, links: string): SiteGraph {
  const pairs = links.split(' ').filter(Boolean);
  return {
    roles: new Map(
      devices.split(' ').flatMap((one) => (one.includes(':') ? [one.split(':') as [string, string]] : [])),
    ),
    links: pairs.map((pair) => {
      const [a, b] = pair.split('-') as [string, string];
      return { a, b };
    }),
  };
}

const file = (uplinks: Record<string, string[]>): TopologyConfig => ({
  uplinks: Object.entries(uplinks).map(([device, parents]) => ({ devices: [device], parents })),
  patienceMs: 60_000,
});

function parents(of: SiteGraph, config: TopologyConfig | undefined, ...devices: string[]): string[][] {
  const topology = knownTopology(config, new Map([['main', of]]));
  return devices.map((device) => topology.parentsOf({ site: 'main', device }).map((one) => one.device));
}

describe('on what a site hangs', () => {
  it.each<[string, SiteGraph, TopologyConfig | undefined, string[], string | null]>([
    ['its firewalls', graph('fw:firewall r:router core sw', 'fw-r r-core core-sw'), undefined, ['fw'], 'role'],
    ['its routers', graph('r:router core', 'r-core'), undefined, ['r'], 'role'],
    ['nothing that is known', graph('core sw', 'core-sw'), undefined, [], null],
    ['a firewall that tells of no neighbours is no help', graph('fw:firewall core sw', 'core-sw'), undefined, [], null],
    ['what the file says', graph('core sw', 'core-sw'), file({ core: ['isp'] }), ['isp'], 'configured'],
    [
      'what its firewall hangs on by the file',
      graph('fw:firewall core', 'fw-core'),
      file({ fw: ['isp'] }),
      ['isp'],
      'role',
    ],
  ])('%s', (_what, of, config, roots, by) => {
    expect(siteTree('main', of, config)).toMatchObject({ roots, rootsBy: by });
  });
});

describe('what hangs on what', () => {
  const SITE = graph('fw:firewall core sw ap', 'fw-core core-sw sw-ap');

  it('by discovery, and by the file where it says something', () => {
    expect(parents(SITE, undefined, 'fw', 'core', 'sw', 'ap')).toEqual([[], ['fw'], ['core'], ['sw']]);
    expect(parents(SITE, file({ sw: ['core2'] }), 'sw', 'ap')).toEqual([['core2'], ['sw']]);
    // A switch of which the file says where it hangs, behind which more was found.
    expect(parents(SITE, file({ sw: ['core'] }), 'core', 'sw', 'ap')).toEqual([['fw'], ['core'], ['sw']]);
  });

  it('says who was only discovered, and who is behind whom', () => {
    const topology = knownTopology(file({ sw: ['core'] }), new Map([['main', SITE]]));
    const at = (device: string) => ({ site: 'main', device });
    expect(['fw', 'core', 'sw', 'ap'].map((one) => topology.isDiscovered!(at(one)))).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(topology.isParent(at('fw'))).toBe(true);
    expect(topology.isParent(at('ap'))).toBe(false);
    expect(topology.behind!(at('core'))).toEqual([at('ap')]);
    expect(topology.behind!(at('fw'))).toEqual(expect.arrayContaining([at('core'), at('ap')]));
    expect(topology.parentsOf({ site: 'annex', device: 'ap' })).toEqual([]);
  });

  it('what was found and the file together make no circle: the file stands', () => {
    // The file has core behind gw; gw's only link leads to what hangs on core.
    const config = file({ sw: ['gw', 'isp'], gw: ['core'] });
    const site = graph('fw:firewall core sw gw', 'core-sw fw-sw');
    expect(parents(site, config, 'sw', 'gw', 'core')).toEqual([['gw', 'isp'], ['core'], []]);
  });

  it('nothing discovered: the file alone', () => {
    const config = file({ sw: ['core'] });
    expect(knownTopology(config, undefined).parentsOf({ site: 'main', device: 'sw' })).toEqual([
      { site: 'main', device: 'core' },
    ]);
    expect(knownTopology(undefined, new Map()).parentsOf({ site: 'main', device: 'sw' })).toEqual([]);
  });
});

it('whatever was found and written, nothing ever hangs on itself, and the file is never contradicted', () => {
  const name = fc.nat(9).map((n) => `d${n}`);
  const world = fc.record({
    links: fc.array(fc.tuple(name, name), { maxLength: 16 }),
    written: fc.dictionary(name, fc.array(name, { minLength: 1, maxLength: 2 }), { maxKeys: 4 }),
    roles: fc.dictionary(name, fc.constantFrom('firewall', 'router', 'switch'), { maxKeys: 4 }),
  });
  fc.assert(
    fc.property(world, ({ links, written, roles }) => {
      const config = file(written);
      // `check` refuses files with circles.
      fc.pre(findCircle(config.uplinks) === undefined);
      const pairs = links.filter(([a, b]) => a !== b).map(([a, b]) => (a < b ? { a, b } : { a: b, b: a }));
      const topology = knownTopology(
        config,
        new Map([['main', { roles: new Map(Object.entries(roles)), links: pairs }]]),
      );
      const seen = new Set<string>();
      const walk = (device: string, path: readonly string[]): void => {
        expect(path).not.toContain(device);
        if (seen.has(device)) return;
        for (const parent of topology.parentsOf({ site: 'main', device })) walk(parent.device, [...path, device]);
        seen.add(device);
      };
      for (let n = 0; n < 10; n++) {
        const device = `d${n}`;
        walk(device, []);
        const expected = written[device]?.filter((parent) => parent !== device);
        const found = topology.parentsOf({ site: 'main', device }).map(refKey);
        if (expected?.length) expect(found).toEqual(expected.map((one) => `main/${one}`));
      }
    }),
    { numRuns: 3_000 },
  );
});
