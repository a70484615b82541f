import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, cutBytes, fitting, withReference } from '../../../../collector/notify/channels/text-limit.ts';

describe('a text that is too long', () => {
  it.each([
    ['short enough', 12, 'short enough'],
    ['is cut at a word', 12, 'is cut at a…'],
    ['is cut at a word', 13, 'is cut at a…'],
    ['is cut after a space', 7, 'is cut…'],
    ['w'.repeat(60), 10, `${'w'.repeat(9)}…`],
    ['🏫🏫🏫', 5, '🏫🏫…'],
    ['🏫🏫🏫', 4, '🏫…'],
    ['anything', 0, ''],
    ['half \ud83c', 20, 'half \ufffd'],
  ])('%j at %i: %j', (text, limit, expected) => expect(cut(text, limit)).toBe(expected));

  it('by bytes', () => {
    expect(cutBytes('é'.repeat(10), 10)).toBe(`${'é'.repeat(3)}…`);
    expect(cutBytes('é'.repeat(5), 10)).toBe('é'.repeat(5));
  });

  it('is within its limit and well-formed, whatever it is', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 150 }), (any, limit) => {
        expect(cut(any, limit).length).toBeLessThanOrEqual(limit);
        expect(Buffer.byteLength(cutBytes(any, limit))).toBeLessThanOrEqual(limit);
        expect(cut(any, limit).isWellFormed() && cutBytes(any, limit).isWellFormed()).toBe(true);
      }),
    );
  });
});

it('the reference is left whole', () => {
  expect(withReference('a long text it is', 'msg_1', 20)).toBe('a long…\nRef msg_1');
});

it('a body is made with less text until it fits', () => {
  expect(fitting(1_000, 600, (limit) => '"'.repeat(limit)).length).toBe(500);
});
