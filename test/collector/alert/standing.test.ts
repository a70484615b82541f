import { describe, expect, it } from 'vitest';
import { Reachability } from '../../../collector/alert/reachability.ts';
import { above, type Cause, type Fault, type Reach } from '../../../collector/alert/standing.ts';
import { buildTopology, refKey } from '../../../collector/alert/topology.ts';
import type { FieldValue } from '../../../core/sample.ts';

const uplinks = [
  { devices: ['ap'], parents: ['sw'] },
  { devices: ['sw'], parents: ['core'] },
  { devices: ['core'], parents: ['fw'] },
  { devices: ['twin'], parents: ['core', 'core2'] },
];
const topology = buildTopology({ uplinks, patienceMs: 60_000 });
/** Began at 100, certain at 160, nobody told yet. */
const FAULT: Fault = { pendingAt: 100, openedAt: 160, tentative: true };

type Known = Readonly<Record<string, Partial<Cause> | undefined>>;
type Seen = Readonly<Record<string, readonly [time: number, alive: boolean]>>;

function reach(down: Known, seen: Seen): Reach {
  const causes = Object.entries(down).map(([device, more]): [string, Cause] => {
    const cause = {
      id: `of ${device}`,
      meaning: 'down',
      site: 'main',
      device,
      pendingAt: 100,
      openedAt: 160,
      value: 1,
    } as const;
    return [refKey({ site: 'main', device }), { ...cause, state: 'open', ...more }];
  });
  return {
    topology,
    down: new Map(causes),
    sighting: ({ device }) => (seen[device] ? { time: seen[device][0], alive: seen[device][1] } : undefined),
  };
}

function standing(device: string, down: Known, seen: Seen, fault = FAULT): string {
  const found = above({ site: 'main', device }, fault, reach(down, seen));
  if (found.is === 'gone') return `gone ${found.root.id}`;
  return found.is === 'unsure' ? `ask ${found.ask.map((ref) => ref.device).join(' ')}` : found.is;
}

describe('what is above a device', () => {
  const pending = { state: 'pending', openedAt: null } as const;
  it.each<[string, string, Known, Seen, Partial<Fault>, string]>([
    ['nothing', 'fw', {}, {}, {}, 'reachable'],
    ['nothing is known of it yet', 'ap', {}, {}, {}, 'ask sw core fw'],
    ['it answers, later than the fault was certain', 'ap', {}, { sw: [160, true] }, {}, 'reachable'],
    ['it answered before that', 'ap', {}, { sw: [159, true] }, {}, 'ask sw core fw'],
    [
      'it answers at the moment of a fault that is certain at once',
      'ap',
      {},
      { sw: [100, true] },
      { openedAt: 100 },
      'ask sw core fw',
    ],
    ['it is down', 'ap', { sw: {} }, {}, {}, 'gone of sw'],
    ['it is down, and so is what is above it: the uppermost', 'ap', { sw: {}, core: {}, fw: {} }, {}, {}, 'gone of fw'],
    [
      'it is silent since the fault, and about to be down',
      'ap',
      { sw: pending },
      { sw: [120, false] },
      {},
      'gone of sw',
    ],
    [
      'the same for one that was told of: only what is certain counts',
      'ap',
      { sw: pending },
      { sw: [120, false] },
      { tentative: false },
      'ask sw core fw',
    ],
    ['it was about to be down, and answers', 'ap', { sw: pending }, { sw: [170, true] }, {}, 'reachable'],
    ['it has yet to be noticed, what is above it is down', 'ap', { core: {} }, {}, {}, 'gone of core'],
    ['it is suppressed itself', 'ap', { sw: { state: 'suppressed' }, core: {} }, {}, {}, 'gone of core'],
    ['one way of two is down', 'twin', { core: {} }, { core2: [170, true] }, {}, 'reachable'],
    ['one way of two is down, the other has to be asked', 'twin', { core: {} }, {}, {}, 'ask core2'],
    ['both ways are down', 'twin', { core: {}, core2: {} }, {}, {}, 'gone of core'],
  ])('%s', (_what, device, down, seen, fault, expected) => {
    // Nobody is above core2 and fw.
    expect(standing(device, down, seen, { ...FAULT, ...fault })).toBe(expected);
  });

  it('a circle explains nothing', () => {
    const round = buildTopology({
      uplinks: [
        { devices: ['a'], parents: ['b'] },
        { devices: ['b'], parents: ['a'] },
      ],
      patienceMs: 0,
    });
    expect(above({ site: 'main', device: 'a' }, FAULT, { ...reach({}, {}), topology: round }).is).toBe('unsure');
    expect(above({ site: 'main', device: 'a' }, FAULT, { ...reach({ b: {} }, {}), topology: round })).toMatchObject({
      is: 'gone',
      root: { id: 'of b' },
    });
  });
});

describe('what is above a device by discovery alone', () => {
  const discovered = {
    ...topology,
    isDiscovered: () => true,
    behind: ({ device }: { device: string }) =>
      device === 'core'
        ? [
            { site: 'main', device: 'sw' },
            { site: 'main', device: 'ap' },
          ]
        : [],
  };
  const found = (down: Known, seen: Seen, fault: Partial<Fault> = {}): string => {
    const { is } = above(
      { site: 'main', device: 'sw' },
      { ...FAULT, ...fault },
      { ...reach(down, seen), topology: discovered },
    );
    return is;
  };
  it.each<[string, Known, Seen, Partial<Fault>, string]>([
    ['it is down, and nothing behind it answers', { core: {} }, { sw: [130, false], ap: [99, true] }, {}, 'gone'],
    [
      'it is down, and something behind it has answered since',
      { core: {} },
      { sw: [130, false], ap: [101, true] },
      {},
      'reachable',
    ],
    [
      'it is about to be down, and something behind it has answered since',
      { core: { state: 'pending' } },
      { core: [120, false], ap: [101, true] },
      {},
      'reachable',
    ],
    [
      'it was down long before',
      { core: { pendingAt: 100 } },
      {},
      { pendingAt: 600_101, openedAt: 600_161 },
      'reachable',
    ],
    [
      'it was down a little before',
      { core: { pendingAt: 100 } },
      {},
      { pendingAt: 600_100, openedAt: 600_161 },
      'gone',
    ],
    ['it is in doubt, and what is above it is down', { core: {}, fw: {} }, { ap: [101, true] }, {}, 'gone'],
    ['nobody doubts what was not found down', {}, {}, {}, 'unsure'],
  ])('%s', (_what, down, seen, fault, expected) => expect(found(down, seen, fault)).toBe(expected));

  it('what the file says is not doubted', () => {
    expect(standing('sw', { core: {} }, { ap: [101, true] })).toBe('gone of core');
  });
});

describe('who answers ping', () => {
  const sample = (
    device: string | undefined,
    time: number,
    fields: Record<string, FieldValue>,
    measurement = 'ping',
  ) => ({
    measurement,
    tags: { school: 's', site: 'main', ...(device !== undefined && { device }) },
    fields,
    time,
  });
  it('is what the newest ping says, whatever comes late, twice or from elsewhere', () => {
    const seen = new Reachability();
    const news = seen.observe([
      sample('a', 10, { packets_received: 5n }),
      sample('a', 9, { packets_received: 0n }),
      sample('a', 10, { packets_received: 0n }),
      sample('b', 10, { percent_packet_loss: 100 }),
      sample('c', 10, { result_code: 2n }),
      sample(undefined, 10, { packets_received: 5n }),
      sample('d', 10, { down: 0n }, 'device'),
    ]);
    expect(news.map(({ device }) => device)).toEqual(['a', 'b']);
    expect(seen.last('s', { site: 'main', device: 'a' })).toMatchObject({ time: 10, alive: true });
    expect(seen.last('s', { site: 'main', device: 'b' })).toMatchObject({ alive: false });
    expect(seen.last('s', { site: 'annex', device: 'a' })).toBeUndefined();
    expect(seen.last('other', { site: 'main', device: 'a' })).toBeUndefined();
    expect(seen.devices('s').map(({ device }) => device)).toEqual(['a', 'b']);
  });
});
