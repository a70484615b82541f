import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safePattern } from '../../../collector/alert/safe-pattern.ts';

describe('matches whole values, as RE2 anchored at both ends', () => {
  it.each([
    ['core1', ['core1'], ['core', 'core11', 'CORE1']],
    ['sw-.*|ap-.*', ['sw-', 'ap-12'], ['xsw-1', 'fw1']],
    ['sw-(idf|mdf)[0-9]{1,2}', ['sw-idf1', 'sw-mdf12'], ['sw-idf', 'sw-idf123', 'sw-cdf1']],
    ['(?:a|b)+', ['a', 'abba'], ['', 'abc']],
    ['x?y*', ['', 'x', 'yyy', 'xyy'], ['xx']],
    ['a{2}', ['aa'], ['a', 'aaa']],
    ['a{2,}b', ['aab', 'aaaaab'], ['ab']],
    ['a{0}', [''], ['a']],
    ['[^a-c]', ['d', 'é', '😀'], ['a', 'dd']],
    ['[-a]+', ['-a-'], ['b']],
    ['[a-]+', ['a-'], ['b']],
    ['\\d+\\.\\w', ['12.x', '1._'], ['1x', 'a.b']],
    ['[\\d\\]]+', ['1]2'], ['x']],
    ['^a$', ['a'], ['^a$']],
    ['.', ['a', '😀', '\n'], ['', 'ab']],
    ['', [''], ['a']],
    ['a||b', ['a', '', 'b'], ['ab']],
    ['()', [''], ['x']],
  ])('%s', (pattern, fits, not) => {
    const test = safePattern(pattern);
    expect(fits.filter((value) => !test(value))).toEqual([]);
    expect(not.filter((value) => test(value))).toEqual([]);
  });
});

describe('refuses, with words', () => {
  it.each([
    ['(?=a)', 'a group with'],
    ['(?<n>a)', 'a group with'],
    ['(?i)a', 'a group with'],
    ['(a)\\1', '\\1'],
    ['\\bword', '\\b'],
    ['a**', 'a repeat of a repeat'],
    ['a+?', 'a repeat of a repeat'],
    ['*a', '* here'],
    ['a{', '{ without'],
    ['a{1,200}', 'a repeat of more than 100'],
    ['a{3,2}', 'or of less than none'],
    ['(a', 'a ) missing'],
    ['a)', 'a ) too many'],
    ['[]', 'an empty [...]'],
    ['[a', 'an end here'],
    ['[z-a]', 'the range z-a'],
    ['a\\', 'an end here'],
    ['a^b', '^ here'],
    ['(((a{100}){100}){100})', 'too large'],
    ['('.repeat(50) + ')'.repeat(50), 'groups too deep'],
    ['a'.repeat(201), 'longer than 200'],
  ])('%s', (pattern, words) => expect(() => safePattern(pattern)).toThrow(words));
});

it('says what JavaScript says, where both take the pattern', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\.', '(a|b)', '(?:ab)', '(b*)');
  const piece = fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{2,}')).map((p) => p.join(''));
  const pattern = fc
    .array(
      fc.array(piece, { maxLength: 4 }).map((p) => p.join('')),
      { minLength: 1, maxLength: 3 },
    )
    .map((alternatives) => alternatives.join('|'));
  const value = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, value, (text, of) => {
      expect(safePattern(text)(of)).toBe(new RegExp(`^(?:${text})$`, 's').test(of));
    }),
    { numRuns: 2_000 },
  );
});

it('takes time by the length of the value only, where a backtracking engine would never end', () => {
  const test = safePattern('(a*)*(a|aa)+(a*)*b');
  expect(test('a'.repeat(1_000))).toBe(false);
  expect(test(`${'a'.repeat(1_000)}b`)).toBe(true);
});
