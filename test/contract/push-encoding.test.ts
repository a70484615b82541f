import { zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { announcesZstd, ENCODINGS, encodeBody } from '../../agent/push/encoding.ts';
import { ACCEPT_ENCODING, inflate } from '../../collector/http/inflate.ts';

const texts = Array.from({ length: 256 }, (_, i) => `m,n=${i} v=${i}i 1\n`.repeat(1 + (i % 60)));
const frames = texts.map((text) => zstdCompressSync(text));
const whole = texts.join('');

it.each(ENCODINGS)('the collector reads every record of a full batch in %s', async (encoding) => {
  const body = Buffer.from(await encodeBody(frames, whole.length, encoding));
  const text = await inflate(body, encoding, { limit: whole.length, reserve: () => {} });
  expect(text.toString('utf8')).toBe(whole);
});

it('the agent understands what the collector announces', () => expect(announcesZstd(ACCEPT_ENCODING)).toBe(true));
