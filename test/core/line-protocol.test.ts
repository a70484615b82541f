import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Precision, parseLines } from '../../core/line-protocol.ts';
import { encodeLines } from '../../core/line-protocol-encode.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';

const NOW = 1_790_000_000_000;
const parse = (body: string, precision: Precision = 'ns') => parseLines(body, { precision, now: NOW });
const one = (body: string, precision: Precision = 'ns'): Sample => {
  const { samples, errors } = parse(body, precision);
  expect(errors).toEqual([]);
  expect(samples).toHaveLength(1);
  return samples[0]!;
};

describe('parseLines', () => {
  it.each<[string, Sample]>([
    [
      'cpu,host=a value=1 1790000000000000000',
      { measurement: 'cpu', tags: { host: 'a' }, fields: { value: 1 }, time: NOW },
    ],
    ['cpu value=1i', { measurement: 'cpu', tags: {}, fields: { value: 1n }, time: NOW }],
    [
      'cpu a=18446744073709551615u,b=-9223372036854775808i',
      { measurement: 'cpu', tags: {}, fields: { a: 18446744073709551615n, b: -9223372036854775808n }, time: NOW },
    ],
    ['cpu a=t,b=F,c=TRUE', { measurement: 'cpu', tags: {}, fields: { a: true, b: false, c: true }, time: NOW }],
    [
      'c\\ p\\,u,my\\ tag=a\\,b\\=c f\\=1="x \\"y\\" \\\\z, w=1"',
      { measurement: 'c p,u', tags: { 'my tag': 'a,b=c' }, fields: { 'f=1': 'x "y" \\z, w=1' }, time: NOW },
    ],
    ['m=x,t=C:\\temp v=1e3', { measurement: 'm=x', tags: { t: 'C:\\temp' }, fields: { v: 1000 }, time: NOW }],
    ['m v=-.5e-1  1790000000000000000  ', { measurement: 'm', tags: {}, fields: { v: -0.05 }, time: NOW }],
    ['m s="two\nlines",v=1', { measurement: 'm', tags: {}, fields: { s: 'two\nlines', v: 1 }, time: NOW }],
    ['m v=1\r', { measurement: 'm', tags: {}, fields: { v: 1 }, time: NOW }],
    ['m,t=ü v="日本"', { measurement: 'm', tags: { t: 'ü' }, fields: { v: '日本' }, time: NOW }],
  ])('%j', (line, sample) => expect(one(line)).toEqual(sample));

  it.each<[Precision, string, number]>([
    ['ns', '1790000000000999999', NOW],
    ['us', '1790000000000999', NOW],
    ['ms', '1790000000000', NOW],
    ['s', '1790000000', NOW],
    ['ns', '-1', -1],
    ['ns', '5', 0],
  ])('timestamps in %s: %s', (precision, stamp, time) => expect(one(`m v=1 ${stamp}`, precision).time).toBe(time));

  it.each<[string, RegExp]>([
    ['m', /missing fields/],
    ['m,t=1', /missing fields/],
    ['m ', /missing fields/],
    [',t=1 v=1', /missing measurement/],
    ['m,t= v=1', /missing value of tag "t"/],
    ['m,t v=1', /missing "=" after tag key "t"/],
    ['m,t=1,t=2 v=1', /tag "t" stands twice/],
    ['m v', /missing "=" after field key "v"/],
    ['m v=', /invalid value of field "v": nothing/],
    ['m v=abc', /invalid value of field "v": abc/],
    ['m v=NaN', /invalid value/],
    ['m v=1e999', /invalid value/],
    ['m v=9223372036854775808i', /invalid value/],
    ['m v=-1u', /invalid value/],
    ['m v="open', /missing closing quote of field "v"/],
    ['m v=1 soon', /invalid timestamp "soon"/],
    ['m v=1 1.5', /invalid timestamp/],
    ['m v=1 17900000000000000000000', /invalid timestamp/],
    ['m,__proto__=1 v=1', /not allowed/],
  ])('refuses %j', (line, message) => {
    const { samples, errors } = parse(line);
    expect(samples).toEqual([]);
    expect(errors).toEqual([{ line: 1, message: expect.stringMatching(message) }]);
  });

  it('keeps the good lines around bad ones and names the bad by number', () => {
    const { samples, lines, errors } = parse('# comment\n\na v=1\nb v=\nc s="x\ny" \nd v="open\ne v=2\n');
    expect(samples.map((s) => s.measurement)).toEqual(['a', 'c', 'e']);
    expect(lines).toEqual([3, 5, 8]);
    expect(errors.map((e) => e.line)).toEqual([4, 7]);
  });

  it('never throws, whatever the bytes, and a broken line never eats a good one before it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { samples } = parse(`good v=1\n${text}`);
        expect(samples[0]).toMatchObject({ measurement: 'good', fields: { v: 1 } });
      }),
      { numRuns: 2_000 },
    );
  });
});

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((s) => !/[\n\r\\]/.test(s) && s.trim() === s && !s.startsWith('#') && s !== '__proto__');
const value: fc.Arbitrary<FieldValue> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.boolean(),
  fc.string({ unit: 'grapheme' }),
);
const sample: fc.Arbitrary<Sample> = fc.record({
  measurement: name,
  tags: fc.dictionary(name, name, { maxKeys: 4, noNullPrototype: true }),
  fields: fc.dictionary(name, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
  time: fc.integer({ min: 0, max: 4_102_444_800_000 }),
});

describe('encodeLines', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(
        fc.array(sample, { maxLength: 5 }),
        fc.constantFrom<Precision>('ns', 'us', 'ms'),
        (samples, precision) => {
          const { samples: back, errors } = parse(encodeLines(samples, precision), precision);
          expect(errors).toEqual([]);
          expect(back).toEqual(samples);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('leaves out what the format cannot hold and keeps the rest', () => {
    const text = encodeLines(
      [
        {
          measurement: 'm',
          tags: { empty: '', alias: 'two\nlines\\' },
          fields: { bad: Number.NaN, inf: Number.POSITIVE_INFINITY, ok: 1, big: 2n ** 70n },
          time: NOW,
        },
        { measurement: 'none', tags: {}, fields: { bad: Number.NaN }, time: NOW },
      ],
      'ms',
    );
    expect(text).toBe(`m,alias=two\\ lines ok=1 ${NOW}\n`);
  });
});
