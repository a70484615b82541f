import { describe, expect, it } from 'vitest';
import { identifier, latestQueries, literal, rangeQuery } from '../../../collector/storage/influxql.ts';

// That the server reads each of these as meant is in the contract suite ("any tag value", "of any name", "never shows").
describe('InfluxQL text', () => {
  it.each([
    ['plain', '"plain"', "'plain'"],
    ['a"b', '"a\\"b"', "'a\"b'"],
    ["a'b", '"a\'b"', "'a\\'b'"],
    ['a\\', '"a\\\\"', "'a\\\\'"],
    ['\\" OR 1=1', '"\\\\\\" OR 1=1"', "'\\\\\" OR 1=1'"],
    ["\\' OR 1=1 --", '"\\\\\' OR 1=1 --"', "'\\\\\\' OR 1=1 --'"],
    ['line\nbreak', '"line\\nbreak"', "'line\\nbreak'"],
    ['été 教室', '"été 教室"', "'été 教室'"],
    ['', '""', "''"],
  ])('quotes %j', (text, asIdentifier, asLiteral) => {
    expect(identifier(text)).toBe(asIdentifier);
    expect(literal(text)).toBe(asLiteral);
  });

  it('always names the school', () => {
    const filter = { school: "x' OR 'a'='a", measurement: 'interface', tags: { ifName: 'Gi1' } };
    const range = rangeQuery({ ...filter, field: 'v', from: 0, to: 60_000, step: 1000 }, undefined);
    expect(range).toBe(
      `SELECT mean("v") AS "v" FROM "interface" WHERE "school" = 'x\\' OR \\'a\\'=\\'a' AND "ifName" = 'Gi1'` +
        ' AND time >= 0ms AND time < 60000ms GROUP BY time(1000ms), * fill(none)',
    );
    const [, ...selects] = latestQueries({ ...filter, since: 5 }, 'two weeks').split('; ');
    expect(selects).toHaveLength(2);
    for (const select of selects) {
      expect(select).toContain(
        `FROM "two weeks"."interface" WHERE "school" = 'x\\' OR \\'a\\'=\\'a' AND "ifName" = 'Gi1' AND time >= 5ms`,
      );
    }
  });

  it('keeps open ends inside what the server can count', () => {
    const query = {
      school: 's',
      measurement: 'm',
      field: 'v',
      from: Number.NEGATIVE_INFINITY,
      to: Number.MAX_SAFE_INTEGER,
    };
    expect(rangeQuery(query, undefined)).toContain('time >= -9223372036854ms AND time < 9223372036854ms');
  });
});
