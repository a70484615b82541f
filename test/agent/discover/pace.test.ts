import { expect, it } from 'vitest';
import { Channel } from '../../../agent/discover/channel.ts';
import { Pace } from '../../../agent/discover/pace.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;

it('lets no more go than its rate, counted over every second, however many wait', async () => {
  const clock = new FakeClock();
  const pace = new Pace(50, clock);
  void Promise.all(Array.from({ length: 400 }, () => pace.take(1, never)));
  let before = 0;
  for (let second = 0; second < 5; second++) {
    await clock.advance(1000);
    // The first second has the burst of the start in it.
    expect(pace.taken - before).toBeLessThanOrEqual(second === 0 ? 52 : 50);
    expect(pace.taken - before).toBeGreaterThanOrEqual(50);
    before = pace.taken;
  }
});

it('counts a batch by its packets', async () => {
  const clock = new FakeClock();
  const pace = new Pace(100, clock);
  void Promise.all(Array.from({ length: 40 }, () => pace.take(25, never)));
  await clock.advance(2000);
  expect(pace.taken).toBeLessThanOrEqual(225 + 25);
  await clock.advance(10_000);
  expect(pace.taken).toBe(1000);
});

it('makes up for no long pause', async () => {
  const clock = new FakeClock();
  const pace = new Pace(10, clock);
  await pace.take(1, never);
  await clock.advance(60_000);
  void Promise.all(Array.from({ length: 100 }, () => pace.take(1, never)));
  await clock.advance(1000);
  expect(pace.taken).toBeLessThanOrEqual(12);
});

it('ends a wait when told to', async () => {
  const stop = new AbortController();
  const pace = new Pace(1, new FakeClock());
  await pace.take(1, stop.signal);
  const waiting = pace.take(1, stop.signal);
  stop.abort();
  await waiting;
  expect(pace.taken).toBe(1);
});

it('a channel gives each value once and ends', async () => {
  const channel = new Channel<number>();
  const first = channel.take();
  channel.push(1);
  channel.push(2);
  channel.close();
  channel.push(3);
  expect([await first, await channel.take(), await channel.take()]).toEqual([1, 2, undefined]);
});
