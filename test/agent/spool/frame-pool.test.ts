import { describe, expect, it } from 'vitest';
import { FramePool } from '../../../agent/spool/frame-pool.ts';

describe('memory of frames', () => {
  it('is used again for one of about the same size, and for no other', () => {
    const pool = new FramePool();
    const first = pool.take(5000);
    expect(first).toHaveLength(5000);
    pool.give(first);
    expect(pool.take(100).buffer).not.toBe(first.buffer);
    expect(pool.take(8192).buffer).toBe(first.buffer);
    expect(pool.take(8192).buffer).not.toBe(first.buffer);
  });

  it('is given to one at a time', () => {
    const pool = new FramePool();
    const frames = Array.from({ length: 50 }, (_, k) => pool.take(1 + k * 300).fill(k));
    for (const frame of frames.slice(0, 25)) pool.give(frame);
    const next = Array.from({ length: 50 }, (_, k) => pool.take(1 + k * 300));
    expect(new Set([...frames.slice(25), ...next].map((f) => f.buffer)).size).toBe(75);
    for (const [k, frame] of frames.entries()) if (k >= 25) expect(frame.every((octet) => octet === k)).toBe(true);
  });

  it('of somebody else is left alone, and what is kept is bounded', () => {
    const pool = new FramePool();
    pool.give(Buffer.alloc(8192));
    expect(pool.bytes).toBe(0);
    for (const frame of Array.from({ length: 1000 }, () => pool.take(16_384))) pool.give(frame);
    expect(pool.bytes).toBe(2 * 1024 ** 2);
  });
});
