import { expect, it } from 'vitest';
import { Nudge } from '../../../agent/poll/nudge.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Polls on a grid of a minute, as the poller does, each taking `takes` ms; says when each began. */
function polling(takes = 0) {
  const clock = new FakeClock(0);
  const nudge = new Nudge(clock);
  const stop = new AbortController();
  const begun: number[] = [];
  const run = async (): Promise<void> => {
    let due = MINUTE;
    while (!stop.signal.aborted) {
      await nudge.wait(due, stop.signal);
      if (stop.signal.aborted) return;
      nudge.begin();
      begun.push(clock.monotonic());
      await clock.sleep(takes);
      if (clock.monotonic() >= due) due += MINUTE;
    }
  };
  return { clock, nudge, begun, stop, running: run() };
}

it('polls at once, and the regular polls stay where they were', async () => {
  const { clock, nudge, begun } = polling();
  await clock.advance(20 * SECOND);
  expect(nudge.ask()).toBe(true);
  await clock.advance(100 * SECOND);
  expect(begun).toEqual([20 * SECOND, MINUTE, 2 * MINUTE]);
});

it('a hundred traps a second are a poll every five seconds', async () => {
  const { clock, nudge, begun } = polling();
  const asked: boolean[] = [];
  for (let i = 0; i < 1_000; i++) {
    asked.push(nudge.ask());
    await clock.advance(10);
  }
  await clock.advance(5 * SECOND);
  expect(begun).toEqual([0, 5 * SECOND, 10 * SECOND]);
  expect(asked.filter(Boolean)).toHaveLength(3);
});

it('a poll that goes on is not answer enough: what is asked for meanwhile comes after it', async () => {
  const { clock, nudge, begun } = polling(8 * SECOND);
  nudge.ask();
  await clock.advance(SECOND);
  nudge.ask();
  await clock.advance(20 * SECOND);
  expect(begun).toEqual([0, 8 * SECOND]);
});

it('a regular poll that comes first is the one asked for', async () => {
  const { clock, nudge, begun } = polling();
  await clock.advance(58 * SECOND);
  nudge.ask();
  await clock.advance(0);
  nudge.ask();
  await clock.advance(10 * SECOND);
  expect(begun).toEqual([58 * SECOND, MINUTE]);
});

it('waiting ends with the poller', async () => {
  const { clock, stop, running } = polling();
  await clock.advance(SECOND);
  stop.abort();
  await running;
  expect(clock.sleeping).toBe(0);
});
