import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LeaseSituation, planLeases } from '../../collector/lease-plan.ts';
import type { Lease } from '../../collector/state/lease-rows.ts';

const NOW = 1_000_000;
const TTL = 6_000;

function lease(school: string, holder: string | null, more: Partial<Lease> = {}): Lease {
  const expiresAt = holder === null ? NOW : NOW + TTL;
  return { school, holder, url: null, epoch: 1, expiresAt, wantedBy: null, ...more };
}

function plan(leases: readonly Lease[], more: Partial<LeaseSituation> = {}) {
  const schools = new Set(leases.map(({ school }) => school));
  const situation = { leases, members: ['a', 'b'], me: 'a', schools, now: NOW, ttlMs: TTL, settled: true, ...more };
  const { take, give, ask } = planLeases(situation);
  const names = (of: readonly Lease[]) => of.map(({ school }) => school).join('');
  return { take: names(take), give: names(give), ask: names(ask) };
}

const dead = { expiresAt: NOW - 1 };
const long = { expiresAt: NOW - TTL };

describe('what a collector does about its leases', () => {
  it.each([
    ['alone it takes all', [lease('1', null), lease('2', null)], { members: ['a'] }, '12', '', ''],
    ['of free ones it takes its share', ['1', '2', '3'].map((s) => lease(s, null)), {}, '12', '', ''],
    ['what a dead one held', [lease('1', 'x', dead), lease('2', 'b')], {}, '1', '', ''],
    ['not what another holds', [lease('1', 'b'), lease('2', 'a')], {}, '', '', ''],
    ['not above its share, while another may', [lease('1', 'a'), lease('2', null)], {}, '', '', ''],
    ['above its share, when nobody does', [lease('1', 'a'), lease('2', null, long)], {}, '2', '', ''],
    ['not one it does not know', [lease('1', null, long)], { schools: new Set<string>() }, '', '', ''],
    ['not one that was given to another', [lease('1', null, { wantedBy: 'b' }), lease('2', 'b')], {}, '', '', ''],
    ['that one after all, if it does not come', [lease('1', null, { ...long, wantedBy: 'b' })], {}, '1', '', ''],
    ['one that was given to it', [lease('1', null, { wantedBy: 'a' }), lease('2', 'b')], {}, '1', '', ''],
    ['with fewer it asks', ['1', '2', '3', '4'].map((s) => lease(s, 'b')), {}, '', '', '12'],
    ['not at once', [lease('1', 'b'), lease('2', 'b')], { settled: false }, '', '', ''],
    ['not for the odd one', [lease('1', 'b'), lease('2', 'b'), lease('3', 'a')], {}, '', '', ''],
    ['once', [lease('1', 'b', { wantedBy: 'a' }), lease('2', 'b')], {}, '', '', ''],
    ['with more it gives', [lease('1', 'a', { wantedBy: 'b' }), lease('2', 'a')], {}, '', '1', ''],
    ['not to one that is gone', [lease('1', 'a', { wantedBy: 'x' }), lease('2', 'a')], {}, '', '', ''],
    ['not below its share', [lease('1', 'a', { wantedBy: 'b' }), lease('2', 'b')], {}, '', '', ''],
  ] as const)('%s', (_name, leases, more, take, give, ask) => {
    expect(plan([...leases], more)).toEqual({ take, give, ask });
  });

  it('comes to rest with even shares, whatever it begins with, and moves nothing from then on', () => {
    const ids = ['a', 'b', 'c'];
    const start = fc.array(fc.constantFrom(null, 'a', 'b', 'c', 'gone'), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(start, fc.integer({ min: 1, max: 3 }), fc.infiniteStream(fc.nat(5)), (holders, count, order) => {
        const members = ids.slice(0, count);
        let leases = holders.map((holder, i) =>
          members.includes(holder ?? '') ? lease(`${i}`, holder) : lease(`${i}`, holder, { expiresAt: NOW - 1 }),
        );
        const moves = (round: number): number => {
          let moved = 0;
          const rotated = members.map((_, i) => members[(i + order.next().value!) % members.length]!);
          for (const me of new Set([...rotated, ...members])) {
            const now = NOW + round * 100;
            const schools = new Set(leases.map(({ school }) => school));
            const { take, give, ask } = planLeases({ leases, members, me, schools, now, ttlMs: TTL, settled: true });
            moved += take.length + give.length + ask.length;
            leases = leases.map((l) => {
              if (take.includes(l))
                return { ...l, holder: me, expiresAt: NOW + 1e9, wantedBy: null, epoch: l.epoch + 1 };
              if (give.includes(l)) return { ...l, holder: null, expiresAt: now };
              return ask.includes(l) ? { ...l, wantedBy: me } : l.holder === me ? { ...l, expiresAt: NOW + 1e9 } : l;
            });
          }
          return moved;
        };
        for (let round = 0; round < 60; round++) moves(round);
        expect(moves(61)).toBe(0);
        const held = members.map((me) => leases.filter((l) => l.holder === me).length);
        expect(held.reduce((a, b) => a + b, 0)).toBe(leases.length);
        expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
