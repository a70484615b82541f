import { describe, expect, it } from 'vitest';
import {
  buildTopology,
  countBehind,
  findCircle,
  type Uplink,
  unknownNames,
} from '../../../collector/alert/topology.ts';

const on = (device: string, site = 'main') => ({ site, device });
const topology = (...uplinks: Uplink[]) => buildTopology({ uplinks, patienceMs: 60_000 });
const up = (devices: string | string[], parents: string | string[], site?: string): Uplink => ({
  devices: [devices].flat(),
  parents: [parents].flat(),
  ...(site !== undefined && { site }),
});

describe('who is above whom', () => {
  const school = topology(
    up('sw-*', 'core1', 'main'),
    up('sw-lab', ['core1', 'core2']),
    up(['ap-*', 'cam-?'], 'sw-idf1'),
    up('core1', 'fw1'),
    up('annex-sw', 'main/core1', 'annex'),
    up('*', 'core1', 'main'),
  );

  it.each([
    [on('sw-idf1'), [on('core1')]],
    // A name wins over a glob, wherever it stands.
    [on('sw-lab'), [on('core1'), on('core2')]],
    [on('AP-12'), [on('sw-idf1')]],
    [on('cam-7'), [on('sw-idf1')]],
    [on('cam-77'), [on('core1')]],
    // A glob of another site does not count, one without a site does.
    [on('sw-idf1', 'annex'), []],
    [on('ap-1', 'annex'), [on('sw-idf1', 'annex')]],
    [on('annex-sw', 'annex'), [on('core1')]],
    // "Everything hangs on core1" leaves out core1 and what core1 hangs on.
    [on('core1'), [on('fw1')]],
    [on('fw1'), []],
    [on('printer'), [on('core1')]],
  ])('%j: %j', (of, parents) => expect(school.parentsOf(of)).toEqual(parents));

  it('counts what can only be reached through a device', () => {
    const devices = ['fw1', 'core1', 'core2', 'sw-idf1', 'sw-lab', 'ap-1', 'printer'].map((name) => on(name));
    const behind = (name: string) => countBehind(school, on(name), devices);
    // core2 hangs on core1 by "*", so sw-lab does whichever way it goes.
    expect([behind('fw1'), behind('core1'), behind('sw-idf1'), behind('printer')]).toEqual([6, 5, 1, 0]);
    const redundant = topology(up('sw-lab', ['core1', 'core2']));
    expect(countBehind(redundant, on('core1'), devices)).toBe(0);
  });

  it('is not led in circles, whoever drew them', () => {
    const round = topology(up('a', 'b'), up('b', 'c'), up('c', 'a'));
    expect(countBehind(round, on('x'), [on('a'), on('b'), on('c')])).toBe(0);
  });
});

describe('circles', () => {
  it.each([
    ['none', [up('a', 'b'), up('b', 'c'), up('*', 'a')], undefined],
    ['a plain one', [up('a', 'b'), up('b', 'a')], ['a', 'b', 'a']],
    ['over a second parent', [up('a', ['x', 'b']), up('b', 'c'), up('c', 'a')], ['a', 'b', 'c', 'a']],
    ['over a glob', [up('core1', 'sw-1'), up('sw-*', 'core1')], undefined],
    [
      'nor over a glob of what it hangs on by name in the end',
      [up('a', 'sw-1'), up('sw-*', 'b'), up('b', 'a')],
      undefined,
    ],
    ['on one site only', [up('a', 'b', 'main'), up('b', 'a')], ['main/a', 'main/b', 'main/a']],
    ['between sites', [up('a', 'annex/b', 'main'), up('b', 'main/a', 'annex')], ['main/a', 'annex/b', 'main/a']],
    ['not where the sites differ', [up('a', 'b', 'main'), up('b', 'a', 'annex')], undefined],
  ])('%s', (_what, uplinks, circle) => {
    const found = findCircle(uplinks);
    if (circle === undefined) return expect(found).toBeUndefined();
    expect(new Set(found)).toEqual(new Set(circle));
    expect(found!.at(0)).toBe(found!.at(-1));
  });
});

it('names what no agent has pinged, as it was written', () => {
  const uplinks = [up('sw-*', 'core1'), up('cor1', 'fw1'), up('x', 'annex/y', 'main')];
  expect(unknownNames(uplinks, [on('core1'), on('fw1'), on('x', 'annex')])).toEqual(['annex/y', 'cor1', 'main/x']);
});
