import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deviceFields,
  deviceState,
  type Evidence,
  type PingEvidence,
  type SnmpEvidence,
} from '../../../agent/poll/device-state.ts';
import { pingGroups } from '../../../agent/poll/ping-group.ts';
import { planPoll } from '../../../agent/poll/plan.ts';
import { ReplySize } from '../../../agent/poll/reply-size.ts';
import { budgetOf, firstTick, nextTick } from '../../../agent/poll/tick.ts';
import { EVERY_POLL_PROFILE } from '../../../agent/profile/bundle.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import { target } from './fixture.ts';

describe('deviceState', () => {
  const cases: [PingEvidence | undefined, SnmpEvidence | undefined, string][] = [
    ['alive', 'ok', 'up'],
    ['alive', 'silent', 'snmp_problem'],
    ['alive', 'failing', 'snmp_problem'],
    ['alive', 'pending', 'up'],
    ['alive', undefined, 'up'],
    ['silent', 'ok', 'ping_problem'],
    ['silent', 'failing', 'ping_problem'],
    ['silent', 'silent', 'down'],
    ['silent', 'pending', 'unknown'],
    ['silent', 'unknown', 'unknown'],
    ['silent', undefined, 'down'],
    ['unknown', 'ok', 'up'],
    ['unknown', 'silent', 'snmp_problem'],
    ['unknown', 'unknown', 'unknown'],
    ['unknown', undefined, 'unknown'],
    ['pending', 'ok', 'up'],
    ['pending', 'silent', 'unknown'],
    ['pending', undefined, 'unknown'],
    [undefined, 'ok', 'up'],
    [undefined, 'silent', 'snmp_problem'],
    [undefined, 'failing', 'snmp_problem'],
    [undefined, 'pending', 'unknown'],
  ];
  it.each(cases)('ping %s, SNMP %s: %s', (ping, snmp, expected) => expect(deviceState({ ping, snmp })).toBe(expected));

  it('is down only when ping is silent and SNMP is silent or not configured', () => {
    const ping = fc.constantFrom<Evidence['ping']>('alive', 'silent', 'unknown', 'pending', undefined);
    const snmp = fc.constantFrom<Evidence['snmp']>('ok', 'failing', 'silent', 'unknown', 'pending', undefined);
    fc.assert(
      fc.property(fc.record({ ping, snmp }), (evidence) => {
        const nobodyAnswers = evidence.ping === 'silent' && (evidence.snmp === 'silent' || evidence.snmp === undefined);
        expect(deviceState(evidence) === 'down').toBe(nobodyAnswers);
        expect(deviceFields(evidence)['down'] === 1n).toBe(nobodyAnswers);
      }),
    );
  });

  it('leaves out what is not known, and has one problem at a time', () => {
    expect(deviceFields({ ping: 'pending', snmp: 'silent' })).toEqual({ state: 'unknown' });
    expect(deviceFields({ ping: 'alive', snmp: 'pending' })).toEqual({ state: 'up', down: 0n, ping_problem: 0n });
    expect(deviceFields({ ping: 'silent', snmp: 'silent' })).toEqual({
      state: 'down',
      down: 1n,
      snmp_problem: 0n,
      ping_problem: 0n,
    });
    expect(deviceFields({ ping: 'unknown', snmp: 'silent' })).toEqual({
      state: 'snmp_problem',
      down: 0n,
      snmp_problem: 1n,
    });
  });
});

describe('ticks', () => {
  it('stay on their grid, skip what passed, and never lie in the past', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: 100, max: 1e5 }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (due, interval, took) => {
          const now = due + took;
          const next = nextTick(due, interval, now);
          expect((next.due - due) % interval).toBe(0);
          expect(next.due).toBeGreaterThanOrEqual(now);
          expect(next.due - now).toBeLessThanOrEqual(interval);
          expect((next.due - due) / interval).toBe(next.skipped + 1);
        },
      ),
    );
  });

  it('start spread over the interval, always at the same place', () => {
    const starts = Array.from({ length: 1000 }, (_, i) => firstTick(`switch-${i}`, 5000, 10_000));
    expect(starts).toEqual(Array.from({ length: 1000 }, (_, i) => firstTick(`switch-${i}`, 5000, 10_000)));
    const tenths = new Array<number>(10).fill(0);
    for (const at of starts) {
      expect(at).toBeGreaterThanOrEqual(5000);
      tenths[Math.floor((at - 5000) / 1000)]!++;
    }
    for (const n of tenths) expect(n).toBeGreaterThan(60);
  });

  it('leave a fifth of the interval', () => expect(budgetOf(10_000)).toBe(8000));
});

describe('ReplySize', () => {
  it('halves on failure and remembers, down to one column of one row', () => {
    const size = new ReplySize(20);
    expect(size.shape()).toEqual({ repetitions: 20, columns: 3 });
    size.failed();
    expect(size.shape()).toEqual({ repetitions: 10, columns: 3 });
    for (let i = 0; i < 5; i++) size.failed();
    expect(size.shape()).toEqual({ repetitions: 1, columns: 1 });
  });

  it('asks for more columns of a device with few rows, never for more in total', () => {
    const size = new ReplySize(20);
    size.rows = 3;
    expect(size.shape()).toEqual({ repetitions: 4, columns: 15 });
  });

  it('grows back after a long good time', () => {
    const size = new ReplySize(20);
    size.failed();
    for (let i = 0; i < 500; i++) size.succeeded();
    expect(size.shape().repetitions).toBe(20);
  });
});

describe('planPoll', () => {
  it('keeps names and speeds apart from counters, and 32-bit ones apart from both', () => {
    const plan = planPoll(loadProfiles().profiles.get(EVERY_POLL_PROFILE)!);
    const [table] = plan.tables;
    expect(table?.measurement).toBe('interface');
    expect(table?.slow.map((s) => s.name).sort()).toEqual([
      'ifAdminStatus',
      'ifAlias',
      'ifDescr',
      'ifHighSpeed',
      'ifName',
      'ifSpeed',
      'ifType',
    ]);
    expect(table?.fallback.map((s) => s.name)).toContain('ifInOctets');
    expect(table?.fast.map((s) => s.name)).toEqual(
      expect.arrayContaining(['ifHCInOctets', 'ifInErrors', 'ifOperStatus']),
    );
    expect(table?.fast.map((s) => s.name)).not.toContain('ifInOctets');
    expect(plan.scalars.map((s) => s.name)).toEqual([
      'sysUpTimeInstance',
      'sysDescr',
      'sysObjectID',
      'sysLocation',
      'sysName',
    ]);
  });
});

describe('pingGroups', () => {
  it('puts equal settings together and fits the packets into the interval', () => {
    const slow = { interval: 20_000, count: 5, timeout: 1000 };
    const quick = { interval: 2000, count: 5, timeout: 300 };
    const groups = pingGroups([
      target('a', { ping: slow }),
      target('b', { ping: quick }),
      target('c', { ping: { ...slow } }),
      target('d', { ping: undefined }),
    ]);
    expect(groups.map((g) => [g.targets.map((t) => t.name), g.periodMs, g.timeoutMs])).toEqual([
      [['a', 'c'], 500, 1000],
      [['b'], 180, 300],
    ]);
  });

  it.each([
    [20, 500],
    [400, 500],
    [1_000, 1_250],
    // No more than the interval has room for: fping's driver takes several processes.
    [5_000, 2_200],
  ])('gives %i hosts a period of %i ms, so that one process asks them all', (hosts, periodMs) => {
    const ping = { interval: 20_000, count: 5, timeout: 1000 };
    const [group] = pingGroups(Array.from({ length: hosts }, (_, i) => target(`t${i}`, { ping })));
    expect([group!.periodMs, group!.timeoutMs, group!.withinMs]).toEqual([periodMs, 1000, 15_000]);
  });

  it('always ends within the budget of its interval', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 600_000 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 100, max: 10_000 }),
        fc.constantFrom(1, 50, 2_000),
        (interval, count, timeout, hosts) => {
          const one = target('a', { ping: { interval, count, timeout } });
          const [group] = pingGroups(Array<typeof one>(hosts).fill(one));
          expect(group!.periodMs * count + group!.timeoutMs).toBeLessThan(budgetOf(interval));
        },
      ),
    );
  });
});
