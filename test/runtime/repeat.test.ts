import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createLogger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import { FakeClock } from '../support/fake-clock.ts';

it('goes on after a step that failed, says so, and ends with its signal', async () => {
  const clock = new FakeClock();
  const lines = new PassThrough();
  const stop = new AbortController();
  const at: number[] = [];
  const begun = clock.now();
  const steps = async (): Promise<void> => {
    at.push(clock.now() - begun);
    if (at.length === 2) throw new Error('away');
  };
  const log = createLogger('test', 'info', lines);
  const waits = [1_000, 2_000, 3_000];
  const done = repeat({ clock, log, failure: 'not looked at', every: () => waits.shift()! }, steps, stop.signal);
  await clock.advance(4_000);
  stop.abort();
  await done;
  expect(at).toEqual([0, 1_000, 3_000]);
  expect(String(lines.read())).toMatch(/"err":"away".*"not looked at"/);
  expect(clock.sleeping).toBe(0);
});
