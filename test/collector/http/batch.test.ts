import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchDecoder, type DecodedBatch, type DecodeOptions } from '../../../collector/http/batch.ts';
import { SeriesCache } from '../../../collector/http/lines/series-cache.ts';
import { type LineError, parseLines } from '../../../core/line-protocol.ts';
import { type Sample, seriesKey } from '../../../core/sample.ts';

const NOW = 1_790_000_000_000;
const MAX_TIME_MS = 9_223_372_036_854;
const NORTH: DecodeOptions = { school: 'north', site: 'main', unit: { precision: 'ns', scale: 1 }, now: NOW };

/** What a body means, worked out the plain way: every line read by itself, its tags copied and stamped. */
function plain(body: Buffer, { school, site, unit: { precision, scale }, now }: DecodeOptions): DecodedBatch {
  const errors: LineError[] = [];
  const readable = body
    .toString('latin1')
    .split('\n')
    .map((line, i) => {
      const bytes = Buffer.from(line, 'latin1');
      if (isUtf8(bytes)) return bytes.toString();
      errors.push({ line: i + 1, message: 'not valid UTF-8' });
      return '';
    });
  const text = isUtf8(body) ? body.toString() : readable.join('\n');
  const parsed = parseLines(text, { precision, now: scale === 1 ? now : -1 });
  errors.push(...parsed.errors);
  const samples: Sample[] = [];
  const lines: number[] = [];
  let restamped = 0;
  parsed.samples.forEach((sample, i) => {
    const time = scale === 1 ? sample.time : sample.time === -1 ? now : sample.time * scale;
    const field = ['school', 'site'].find((name) => Object.hasOwn(sample.fields, name));
    const message =
      field !== undefined
        ? `"${field}" is a tag set by the collector and cannot be a field`
        : Math.abs(time) > MAX_TIME_MS
          ? 'timestamp outside the years 1677 to 2262: check the precision'
          : undefined;
    if (message !== undefined) {
      errors.push({ line: parsed.lines[i]!, message });
      return;
    }
    const { school: saidSchool = school, site: saidSite = site } = sample.tags;
    if (saidSchool !== school || saidSite !== site) restamped++;
    samples.push({ ...sample, time, tags: { ...sample.tags, school, site } });
    lines.push(parsed.lines[i]!);
  });
  return { samples, lines, errors, restamped };
}

/** -0 and 0 are not the same value, and names may stand in any order. */
function expectSame(found: DecodedBatch, body: Buffer, options: DecodeOptions): void {
  expect(found).toEqual(plain(body, options));
  for (const sample of found.samples) {
    expect(seriesKey(sample.measurement, sample.tags)).toBe(seriesKey(sample.measurement, { ...sample.tags }));
  }
}

const word = fc.constantFrom(
  'a',
  'if',
  'sw-1',
  'Gi1/0/1',
  'Ü',
  '日本',
  'x\\ y',
  'x\\,y',
  'k\\=v',
  'C:\\t',
  'a\\b',
  '__proto__',
  '#',
  'e"e',
  '',
  ' ',
  '\u00a0',
);
const tagName = fc.oneof(fc.constantFrom('device', 'ifName', 'school', 'site', 'role'), word);
const fieldName = fc.oneof(fc.constantFrom('v', 'w', 'ifHCInOctets', 'in_bits_per_s', 'up', '1', 'school'), word);
const value = fc.oneof(
  fc.constantFrom(
    '0i',
    '-0i',
    '255i',
    '256i',
    '-1i',
    '9007199254740993i',
    '-9223372036854775808i',
    '18446744073709551615u',
    '5u',
    '-5u',
    '00012i',
    '9223372036854775808i',
  ),
  fc.constantFrom(
    '0',
    '-0',
    '1.',
    '.5',
    '-.5',
    '1.5e3',
    '+4',
    '1e999',
    'NaN',
    '123456789012345.5',
    '0.1',
    '1e-7',
    '--1',
    '1.2.3',
    '-',
    '.',
    '12345678901234567890',
    '9'.repeat(400),
  ),
  fc.constantFrom(
    't',
    'F',
    'true',
    'False',
    'tru',
    '""',
    '"x"',
    '"a \\"b\\" c"',
    '"two\nlines"',
    '"open',
    '"a\\"',
    '"x"y',
    '"Ü, = 日"',
    '',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => `${n}i`),
  fc.integer().map((n) => `${n}i`),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
);
const stamp = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    ' 1',
    ' 0',
    ' -1',
    ' 1790000000000000000',
    ' 1790000000123456789',
    ' 9999999999999999999',
    ' 00000000000000000001',
    ' 1790000000000',
    ' 29833333',
    ' soon',
    '  1790000000  ',
    ' 1790000000\r',
    ' 1\u00a0',
    ' 9007199254740993',
  ),
  fc.bigInt({ min: 0n, max: 2n ** 64n }).map((n) => ` ${n}`),
);
const pairs = (name: fc.Arbitrary<string>, of: fc.Arbitrary<string>, minLength: number) =>
  fc.array(fc.tuple(name, of), { minLength, maxLength: 4 }).map((list) => list.map(([n, v]) => `${n}=${v}`));
const line = fc
  .record({
    measurement: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('interface', 'ping') }, word),
    tags: pairs(tagName, word, 0),
    fields: pairs(fieldName, value, 1),
    gap: fc.constantFrom(' ', ' ', ' ', '  '),
    stamp,
  })
  .map(
    ({ measurement, tags, fields, gap, stamp: end }) =>
      `${[measurement, ...tags].join(',')}${gap}${fields.join(',')}${end}`,
  );
/** Few different lines, so that the same series come again. */
const text = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 4 }), fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 12 }))
  .chain(([lines, order]) =>
    fc
      .constantFrom('\n', '\r\n', '\n\n', '\n# no line\n', '\n  ')
      .map((between) => order.map((n) => lines[n % lines.length]!).join(between)),
  );
/** One byte somewhere becomes another, or a piece goes. */
const mutation = fc.record({
  at: fc.nat(),
  byte: fc.oneof(fc.constantFrom(10, 13, 32, 34, 44, 61, 92, 0xc3, 0xff), fc.nat({ max: 255 })),
  cut: fc.nat({ max: 3 }),
});
const body = fc.tuple(text, fc.array(mutation, { maxLength: 3 }), fc.boolean()).map(([from, mutations, ended]) => {
  let bytes = Buffer.from(ended ? `${from}\n` : from);
  for (const { at, byte, cut } of mutations) {
    const pos = at % (bytes.length + 1);
    bytes = Buffer.concat([bytes.subarray(0, pos), Buffer.of(byte), bytes.subarray(Math.min(bytes.length, pos + cut))]);
  }
  return bytes;
});
const unit = fc.constantFrom<DecodeOptions['unit']>(
  { precision: 'ns', scale: 1 },
  { precision: 'us', scale: 1 },
  { precision: 'ms', scale: 1 },
  { precision: 's', scale: 1 },
  { precision: 's', scale: 60 },
  { precision: 's', scale: 3600 },
);
const TENANTS = [
  { school: 'north', site: 'main' },
  { school: 'north', site: 'annex' },
  { school: 'south', site: 'main' },
];
const requests = fc.array(fc.record({ body, unit }), { minLength: 1, maxLength: 4 });

/** Heads and values that end one way or another by a single byte; they come after one another. */
const NEAR_MISSES = [
  'm,t=x\\ y v=1 1',
  'm,t=x\\ v=1 1',
  'm,t=x\\ v=1',
  'm,t=x\\\\ v=1 1',
  'm,t=x v=1 1',
  'm,t=x,v=1 1',
  'm\\=,t=x v=1 1',
  'm= v=1 1',
  'm v="a\\",w="b" 1',
  'm v="a\\",w=" 1',
  'm v="a",w="b" 1',
  'm w="b",v="a" 1',
  'm v=1,v=2 1',
  'm v=2,w=1,v=3 1',
  'm v=1,,w=1 1',
  'm v=1, 1',
  'm vv=1 1',
  'm v=1 1 1',
  'm v=1,w=2,school=1 1',
  'm v=1i1 1',
  'm v=1.5i 1',
  'm v=- 1',
  'm v=1',
];

describe('a decoder that remembers series', () => {
  it('reads what reading each line by itself reads, whoever sent what before', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const decoder = new BatchDecoder();
        // Each body comes twice from everybody: the second time its series are known.
        for (const { body: bytes, unit: counted } of [...list, ...list]) {
          for (const from of TENANTS) {
            const options = { ...NORTH, ...from, unit: counted };
            expectSame(decoder.decode(bytes, options), bytes, options);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('tells near misses apart, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...NEAR_MISSES), { minLength: 2, maxLength: 12 }), (list) => {
        const decoder = new BatchDecoder();
        const bytes = Buffer.from(list.join('\n'));
        for (let round = 0; round < 2; round++) expectSame(decoder.decode(bytes, NORTH), bytes, NORTH);
      }),
      { numRuns: 1_000 },
    );
  });

  it('needs no care for lines it knows, in any order of lines and fields', () => {
    const decoder = new BatchDecoder();
    const ports = (order: readonly number[]): Buffer =>
      Buffer.from(
        order
          .map(
            (i) =>
              `if,alias=Raum\\ Ü\\,\\ ${i},port=${i} ${(i % 2 ? ['a=1i', 'b=2.5', 'c="Ü"', 'd=t'] : ['d=F', 'b=1e3', 'a=-9223372036854775808i', 'c=""']).join(',')} 179000000000000000${i}\r\n`,
          )
          .join(''),
      );
    decoder.decode(ports([1, 2, 3, 4]), NORTH);
    const careful = decoder.careful;
    expect(careful).toBeGreaterThan(0);
    for (const order of [
      [1, 2, 3, 4],
      [4, 2, 3, 1],
      [2, 2],
    ])
      expectSame(decoder.decode(ports(order), NORTH), ports(order), NORTH);
    expect(decoder.careful).toBe(careful);
  });

  it('never lets a tenant have what another sent, though their lines are the same to the byte', () => {
    const decoder = new BatchDecoder();
    const bytes = Buffer.from('m,device=a,school=east v=1 1\nm,device=b v=1i 1\n');
    for (let round = 0; round < 3; round++) {
      for (const from of [
        { school: 'north', site: 'main' },
        { school: 'north', site: 'annex' },
        { school: 'south', site: 'main' },
        // Names that would run together if they were only put side by side.
        { school: 'north","main', site: '' },
      ]) {
        const { samples, restamped } = decoder.decode(bytes, { ...NORTH, ...from });
        expect(samples.map(({ tags }) => [tags['school'], tags['site'], tags['device']])).toEqual([
          [from.school, from.site, 'a'],
          [from.school, from.site, 'b'],
        ]);
        expect(restamped).toBe(1);
      }
    }
  });

  it('shares the tags of a series, and nobody can change them', () => {
    const decoder = new BatchDecoder();
    const once = () => decoder.decode(Buffer.from('m,device=a v=1 1\n'), NORTH).samples[0]!.tags;
    once();
    const tags = once();
    expect(once()).toBe(tags);
    expect(() => Object.assign(tags, { school: 'south' })).toThrow(TypeError);
  });

  it('reads on when what it remembers must make room, and counts what went', () => {
    const decoder = new BatchDecoder(new SeriesCache(40_000));
    const ports = Buffer.from(Array.from({ length: 50 }, (_, i) => `m,port=${i} v=${i}i 1\n`).join(''));
    for (let round = 0; round < 5; round++) {
      for (const site of ['main', 'annex', 'gym', 'library', 'pool']) {
        const options = { ...NORTH, site };
        expectSame(decoder.decode(ports, options), ports, options);
      }
    }
    expect(decoder.cache.size).toBeLessThan(100);
    expect(decoder.cache.evicted).toBeGreaterThan(500);
  });

  it('keeps no more of measurements and fields than it has room for, and still reads the others', () => {
    const decoder = new BatchDecoder();
    const many = Buffer.from(
      Array.from({ length: 700 }, (_, i) => `m${i},t=1 f${i}=1i,g${i % 7}=2 1\nm f${i}=1i 1\n`).join(''),
    );
    for (let round = 0; round < 2; round++) expectSame(decoder.decode(many, NORTH), many, NORTH);
  });
});

describe('numbers', () => {
  it('are the nearest double, however they are written', () => {
    const decoder = new BatchDecoder();
    const read = (written: string) => decoder.decode(Buffer.from(`m v=${written} 1\n`), NORTH).samples[0]!.fields['v'];
    read('1');
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 19n }), fc.nat({ max: 20 }), fc.boolean(), (digits, dot, minus) => {
        const all = String(digits).padStart(dot + 1, '0');
        const written = `${minus ? '-' : ''}${all.slice(0, all.length - dot)}.${all.slice(all.length - dot)}`;
        expect(read(written)).toBe(Number(written));
      }),
      { numRuns: 5_000 },
    );
  });

  it('are the integer, to the last digit', () => {
    const decoder = new BatchDecoder();
    const read = (written: string) => decoder.decode(Buffer.from(`m v=${written} 1\n`), NORTH).samples[0]!.fields['v'];
    read('1i');
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat({ max: 63 }), (n, shift) => {
        const small = n >> BigInt(shift);
        expect(read(`${small}i`)).toBe(small);
      }),
      { numRuns: 5_000 },
    );
  });
});
