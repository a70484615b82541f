import { describe, expect, it } from 'vitest';
import { SimulatedSchool } from '../../sim/school.ts';
import { DEMO_TIMELINE, playTimeline, type TimelineStep } from '../../sim/timeline.ts';
import { FakeClock } from '../support/fake-clock.ts';

const fault = { name: 'f', happens: 'f', ends: 'f', inject: () => {}, clear: () => {} };

describe('playTimeline', () => {
  function play(steps: readonly TimelineStep[]) {
    const clock = new FakeClock();
    const startedAt = clock.monotonic();
    const stop = new AbortController();
    const seen: [number, string][] = [];
    const done = playTimeline(steps, (s) => seen.push([clock.monotonic() - startedAt, s.action]), {
      clock,
      startedAt,
      signal: stop.signal,
    });
    return { clock, seen, stop, done };
  }

  it('performs each step when it is due, in order of time', async () => {
    const { clock, seen, done } = play([
      { at: 300, action: 'clear', fault },
      { at: 100, action: 'inject', fault },
    ]);
    await clock.advance(99);
    expect(seen).toEqual([]);
    await clock.advance(500);
    await done;
    expect(seen).toEqual([
      [100, 'inject'],
      [300, 'clear'],
    ]);
  });

  it('performs nothing more once stopped, and returns', async () => {
    const { clock, seen, stop, done } = play(DEMO_TIMELINE);
    await clock.advance(15_000);
    const before = seen.length;
    expect(before).toBeGreaterThan(0);
    stop.abort();
    await done;
    await clock.advance(60_000);
    expect(seen).toHaveLength(before);
  });
});

describe('the timeline of the demo', () => {
  it('injects at 15 s, and repairs everything it injected early enough for resolves by 50 s', () => {
    const injected = DEMO_TIMELINE.filter((s) => s.action === 'inject');
    const cleared = DEMO_TIMELINE.filter((s) => s.action === 'clear');
    expect(new Set(injected.map((s) => s.at))).toEqual(new Set([15_000]));
    expect(cleared.map((s) => s.fault.name).sort()).toEqual(injected.map((s) => s.fault.name).sort());
    for (const step of cleared) expect(step.at).toBeLessThanOrEqual(40_000);
  });

  it('works on the school it is written for: 3 of 8 access points die and come back', async () => {
    const clock = new FakeClock();
    const school = new SimulatedSchool({ clock });
    const stop = new AbortController();
    const done = playTimeline(DEMO_TIMELINE, ({ action, fault: f }) => f[action](school), {
      clock,
      startedAt: clock.monotonic(),
      signal: stop.signal,
    });
    const dead = (): number => school.devices.filter((d) => d.spec.role === 'ap' && !d.alive).length;
    expect(dead()).toBe(0);
    await clock.advance(15_000);
    expect(dead()).toBe(3);
    await clock.advance(45_000);
    await done;
    expect(dead()).toBe(0);
  });
});
