import { expect, it } from 'vitest';
import { fuzzReplies } from './fuzz.ts';

/** A million of them: `npx --no-install node --expose-gc test/bench/usm-fuzz.ts`. */
it('no mutated reply throws, or passes for authentic', () => {
  const { messages, responses, reports, refused } = fuzzReplies(20_000, 20_261_124);
  expect(responses + reports + refused).toBe(messages);
  // The mutations reach all that lies behind the outermost bytes.
  expect(Math.min(responses, reports, refused)).toBeGreaterThan(100);
});
