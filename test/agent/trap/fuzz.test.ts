import { expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';

it('20,000 mutated datagrams: none is thrown at, all are counted, and no answer is much longer than its question', () => {
  const { outcomes, events, longestExcess } = fuzz(20_000, 7);
  expect(Object.values(outcomes).reduce((a, b) => a + b)).toBe(20_000);
  expect(outcomes['failed']).toBeUndefined();
  // It gets everywhere, and not only to the first check.
  for (const outcome of [
    'accepted',
    'malformed',
    'bad_community',
    'unknown_user',
    'bad_digest',
    'undecryptable',
    'discovery',
    'not_a_trap',
  ])
    expect(outcomes[outcome], outcome).toBeGreaterThan(5);
  expect(events).toBeGreaterThan(1_000);
  // An answer that is far longer would make a weapon of us.
  expect(longestExcess).toBeLessThan(120);
});
