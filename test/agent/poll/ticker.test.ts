import { afterEach, expect, it } from 'vitest';
import { Ticker } from '../../../agent/poll/ticker.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Its place in the minute, by its name: at 24.7 s. */
const NAME = 'sw';

let stop: AbortController;
afterEach(() => stop.abort());

/** One job each minute that takes `takes` ms; says when each run began, after the first. */
async function ticking(takes = 0) {
  const clock = new FakeClock(0);
  stop = new AbortController();
  const ticker = new Ticker(clock, createLogger('test', 'silent'), 1000);
  const begun: number[] = [];
  const ended: number[] = [];
  ticker.add({
    name: NAME,
    intervalMs: MINUTE,
    work: async (signal) => {
      begun.push(clock.monotonic());
      await clock.sleep(takes, signal);
      ended.push(clock.monotonic());
    },
    onSkipped: () => {},
  });
  const running = ticker.run(stop.signal);
  await clock.advance(MINUTE);
  const first = begun[0]!;
  // From here on times are told from the second tick.
  await clock.advance(first + 30 * SECOND - clock.monotonic() + (first + 30 * SECOND < clock.monotonic() ? MINUTE : 0));
  const zero = clock.monotonic() - 30 * SECOND;
  return {
    clock,
    ticker,
    running,
    since: () => begun.map((t) => t - zero).filter((t) => t > 0),
    ends: () => ended.map((t) => t - zero).filter((t) => t > 0),
  };
}

it('runs on its grid', async () => {
  const { clock, since } = await ticking();
  await clock.advance(2 * MINUTE);
  expect(since()).toEqual([MINUTE, 2 * MINUTE]);
});

it('runs at once when asked, and the grid stays where it was', async () => {
  const { clock, ticker, since } = await ticking();
  expect(ticker.ask(NAME)).toBe(true);
  await clock.advance(100 * SECOND);
  expect(since()).toEqual([30 * SECOND, MINUTE, 2 * MINUTE]);
  expect(ticker.ask('nobody')).toBeUndefined();
});

it('a hundred questions a second are a run every five seconds', async () => {
  const { clock, ticker, since } = await ticking();
  const asked: (boolean | undefined)[] = [];
  for (let i = 0; i < 1_000; i++) {
    asked.push(ticker.ask(NAME));
    await clock.advance(10);
  }
  await clock.advance(5 * SECOND);
  expect(since()).toEqual([30 * SECOND, 35 * SECOND, 40 * SECOND]);
  expect(asked.filter(Boolean)).toHaveLength(3);
});

it('a run that goes on is not answer enough: what is asked for meanwhile comes after it', async () => {
  const { clock, ticker, since } = await ticking(8 * SECOND);
  ticker.ask(NAME);
  await clock.advance(SECOND);
  ticker.ask(NAME);
  await clock.advance(20 * SECOND);
  expect(since()).toEqual([30 * SECOND, 38 * SECOND]);
});

it('a regular run that comes first is the one asked for', async () => {
  const { clock, ticker, since } = await ticking();
  await clock.advance(28 * SECOND);
  ticker.ask(NAME);
  await clock.advance(0);
  ticker.ask(NAME);
  await clock.advance(10 * SECOND);
  expect(since()).toEqual([58 * SECOND, MINUTE]);
});

it('a run that outlasts its budget is told to end', async () => {
  const { clock, since, ends } = await ticking(10 * MINUTE);
  await clock.advance(MINUTE);
  expect(since()).toEqual([MINUTE]);
  expect(ends().at(-1)).toBe(48 * SECOND);
});

it('ends with its signal, and what runs with it', async () => {
  const { clock, ticker, running, ends } = await ticking(10 * SECOND);
  ticker.ask(NAME);
  await clock.advance(SECOND);
  stop.abort();
  await running;
  expect(ends()).toContain(31 * SECOND);
  expect(clock.sleeping).toBe(0);
});
