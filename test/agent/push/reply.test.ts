import { STATUS_CODES } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, type Outcome } from '../../../agent/push/reply.ts';

const NOW = Date.UTC(2026, 9, 5, 14);

function reply(status: number, body = '', headers: Record<string, string> = {}): Outcome {
  return classify({ status, headers, body }, NOW);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('each status has its class', () => {
  const table: readonly [Outcome['kind'] | 'operator', readonly number[]][] = [
    ['done', range(200, 299)],
    ['reject', [400, 409, 422]],
    ['split', [413]],
    ['recode', [415]],
    ['retry', [408, 423, 424, 425, 429, ...range(500, 510), ...range(512, 599), 600, 999]],
    ['operator', [...range(100, 199), ...range(300, 399), 401, 402, 403, 404, 405, 406, 407, 410, 411, 412, 414]],
    ['operator', [416, 417, 418, 421, 426, 428, 431, 451, 499, 511]],
  ];
  it.each(table)('%s: %j', (kind, statuses) => {
    for (const status of statuses) {
      const outcome = reply(status);
      const got = outcome.kind === 'retry' && outcome.needsOperator ? 'operator' : outcome.kind;
      expect([status, got]).toEqual([status, kind]);
    }
  });

  it('the table has every status of HTTP', () => {
    const listed = new Set(table.flatMap(([, statuses]) => statuses));
    expect(Object.keys(STATUS_CODES).filter((code) => !listed.has(Number(code)))).toEqual([]);
  });

  it('drops only where the data is at fault: any other status keeps the batch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.string(), (status, body) => {
        const { kind } = reply(status, body);
        if (![400, 409, 422].includes(status)) expect(kind).not.toBe('reject');
        if (status >= 300 && status !== 400) expect(kind).not.toBe('done');
      }),
    );
  });
});

describe('a partial write is done: the good lines are stored', () => {
  const cases: readonly [name: string, body: string, lines: number][] = [
    ['v2', '{"code":"invalid","message":"partial write: 3 lines dropped: line 17: no field"}', 3],
    ['v2, one line', '{"code":"invalid","message":"partial write: 1 line dropped: line 2: bad time"}', 1],
    ['v1', '{"error":"partial write: 12 lines dropped: line 1: no field"}', 12],
    [
      'InfluxDB 1.x, type conflict',
      '{"error":"partial write: field type conflict: input field \\"v\\" ... dropped=2"}',
      2,
    ],
    [
      'InfluxDB 1.x, unreadable line',
      '{"error":"partial write: unable to parse \'m v\': invalid field format dropped=0"}',
      1,
    ],
    ['no number', '{"error":"partial write: something"}', 1],
    ['plain text', 'partial write: 4 lines dropped', 4],
  ];
  for (const [name, body, lines] of cases)
    it(name, () => expect(reply(400, body)).toMatchObject({ kind: 'done', rejectedLines: lines }));

  it('but another 400 is a rejection, with its reason', () => {
    expect(reply(400, '{"code":"invalid","message":"cannot decompress the body"}')).toEqual({
      kind: 'reject',
      reason: '400: the collector cannot read the batch (cannot decompress the body)',
    });
  });

  it('and a partial write is not believed under another status', () => {
    expect(reply(500, '{"error":"partial write: 3 lines dropped"}').kind).toBe('retry');
  });
});

describe('what else the reply says', () => {
  it.each([
    [429, '7', 7_000],
    [503, new Date(NOW + 90_000).toUTCString(), 90_000],
    [401, '120', 120_000],
    [503, 'soon', undefined],
    [503, '999999999', 3_600_000],
  ])('%i with Retry-After %s', (status, header, afterMs) => {
    const outcome = reply(status, '', { 'retry-after': header });
    expect(outcome.kind === 'retry' ? outcome.afterMs : 'no retry').toBe(afterMs);
  });

  it('a web page with 200 is a captive portal or filter, and nothing was stored', () => {
    const page = { 'content-type': 'text/html; charset=utf-8' };
    expect(reply(200, '<html>Log in</html>', page)).toMatchObject({ kind: 'retry', needsOperator: true });
    expect(reply(204, '', page).kind).toBe('done');
  });

  it('the reason is one short line whatever the body is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (body) => {
        const outcome = reply(500, body);
        const reason = outcome.kind === 'retry' ? outcome.reason : '';
        expect(reason.length).toBeLessThan(300);
        expect(reason).not.toMatch(/[\n\r\0\x1b]/);
      }),
    );
  });
});
