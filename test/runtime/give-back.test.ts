import v8 from 'node:v8';
import { expect, it } from 'vitest';
import { giveBackMemory } from '../../runtime/give-back.ts';

it('gives the pages of a burst back, again and again, and leaves no global behind', () => {
  const size = (): number => v8.getHeapStatistics().total_physical_size;
  for (let round = 0; round < 2; round++) {
    let burst: unknown[] = Array.from({ length: 400_000 }, (_, i) => ({ i, text: `burst ${i}` }));
    const full = size();
    expect(burst).toHaveLength(400_000);
    burst = [];
    giveBackMemory();
    expect(size()).toBeLessThan(full - 10_000_000);
  }
  expect('gc' in globalThis).toBe(false);
});
