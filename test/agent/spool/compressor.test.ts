import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Compressor } from '../../../agent/spool/compressor.ts';
import { noise } from './fixture.ts';

it('uses its compressor again on the Node that the project brings', () => {
  expect(new Compressor().isKept).toBe(true);
});

it('makes one whole frame of each text, whatever came before it, and leaves earlier frames alone', () => {
  const text = fc.oneof(
    fc.constant(Buffer.alloc(0)),
    fc
      .integer({ min: 1, max: 200 })
      .map((lines) => Buffer.from('interface,device=sw ifHCInOctets=1i 1\n'.repeat(lines))),
    fc.integer({ min: 1, max: 400_000 }).map((bytes) => randomBytes(bytes)),
    fc.integer({ min: 1, max: 9 }).map((seed) => Buffer.from(noise(150_000, 10, seed))),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (texts) => {
      const compressor = new Compressor();
      const frames = texts.map((one) => compressor.compress(one));
      for (const [n, frame] of frames.entries()) expect(zstdDecompressSync(frame).equals(texts[n]!)).toBe(true);
      expect(compressor.isKept).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it('takes a text of several MiB too', () => {
  const text = Buffer.from(noise(3_000_000, 100, 7));
  const compressor = new Compressor();
  expect(zstdDecompressSync(compressor.compress(text)).equals(text)).toBe(true);
  expect(compressor.isKept).toBe(true);
});

it('adds a checksum: a frame damaged in its middle is refused', () => {
  const frame = new Compressor().compress(Buffer.from(noise(20_000, 20, 3)));
  frame[Math.floor(frame.length / 2)]! ^= 1;
  expect(() => zstdDecompressSync(frame)).toThrow();
});
