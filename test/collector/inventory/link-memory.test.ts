import { describe, expect, it } from 'vitest';
import { linkDifferences } from '../../../collector/inventory/link-difference.ts';
import { rememberLinks } from '../../../collector/inventory/link-memory.ts';
import type { Link } from '../../../collector/inventory/links.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 100 * DAY;

/** `core-sw!` : said by both; `core-sw` by core alone. */
function link(text: string, more: Partial<Link> = {}): Link {
  const [a, b] = text.replace('!', '').split('-') as [string, string];
  const saidBy = text.endsWith('!') ? [a, b] : [a];
  return { a, b, ports: [{ a: 'p1', b: null }], saidBy, since: NOW - 30 * DAY, seenAt: NOW - HOUR, ...more };
}

function remember(before: readonly Link[], current: readonly Link[], seen: Record<string, number> = {}) {
  const devices = ['core', 'sw', 'tap', 'xap'].map((device) => ({
    device,
    seenAt: seen[device] ?? NOW,
    links: { chassisIds: [], ports: [], neighbors: [] },
  }));
  const parents: Record<string, string[]> = { sw: ['core'], tap: ['sw'], xap: ['sw'] };
  const present = devices.filter(({ device }) => seen[device] !== -1);
  const { links, dropped } = rememberLinks(before, current, present, (device) => parents[device] ?? [], NOW);
  return {
    links: links.map(({ a, b, saidBy }) => `${a}-${b} ${saidBy.join()}`),
    dropped: dropped.map(({ child }) => child),
    all: links,
  };
}

describe('a link that nobody tells of any more', () => {
  it('is remembered: a device that is down vanishes from its neighbour’s table', () => {
    expect(remember([link('sw-tap')], [])).toMatchObject({ links: ['sw-tap '], dropped: [] });
  });
  it('ends when the device says that it stands elsewhere', () => {
    const current = [link('core-tap', { saidBy: ['tap'], seenAt: NOW })];
    expect(remember([link('sw-tap')], current)).toMatchObject({ links: ['core-tap tap'], dropped: ['tap'] });
  });
  it('ends when others say newly that it stands elsewhere', () => {
    expect(remember([link('sw-tap')], [link('core-tap', { seenAt: NOW })])).toMatchObject({ dropped: ['tap'] });
  });
  it('does not end because others have said so all along: there are two ways to it', () => {
    const before = [link('sw-tap'), link('core-tap')];
    expect(remember(before, [link('core-tap', { seenAt: NOW })])).toMatchObject({
      links: ['core-tap core', 'sw-tap '],
      dropped: [],
    });
  });
  it('ends when one of the two is gone, and after 14 days', () => {
    expect(remember([link('sw-tap')], [], { tap: -1 }).links).toEqual([]);
    expect(remember([link('sw-tap', { seenAt: NOW - 14 * DAY - 1 })], []).links).toEqual([]);
  });
  it('keeps since when it was', () => {
    const { all } = remember([link('core-sw!')], [link('core-sw!', { since: NOW, seenAt: NOW })]);
    expect(all[0]).toMatchObject({ since: NOW - 30 * DAY, seenAt: NOW });
    expect(remember([], [link('core-sw!', { since: 1 })]).all[0]!.since).toBe(NOW);
  });
});

describe('what is told of links', () => {
  const ports = (...pairs: [string | null, string | null][]) => ({ ports: pairs.map(([a, b]) => ({ a, b })) });
  const told = (before: Link, after: Link) =>
    linkDifferences([before], [after], []).map(({ change }) => change.message);
  const from = link('core-sw!', ports(['Gi1/0/1', 'Gi1/0/24']));

  it.each<[string, Link, string[]]>([
    ['the same', link('core-sw!', ports(['gigabitethernet1/0/1', 'Gi1/0/24'])), []],
    ['one side is known no more', link('core-sw!', ports(['Gi1/0/1', null])), []],
    ['a second cable beside it', link('core-sw!', ports(['Gi1/0/1', 'Gi1/0/24'], ['Gi1/0/2', 'Gi1/0/23'])), []],
    ['nobody says so any more', link('core-sw!', { ...ports(['Gi1/0/9', null]), saidBy: [] }), []],
    [
      'another port',
      link('core-sw!', ports(['Gi1/0/9', 'Gi1/0/24'])),
      ['core and sw are linked over Gi1/0/9 to Gi1/0/24, before over Gi1/0/1 to Gi1/0/24'],
    ],
  ])('%s', (_what, after, expected) => expect(told(from, after)).toEqual(expected));
});
