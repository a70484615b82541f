import { describe, expect, it } from 'vitest';
import { confirmationReasons } from '../../../../collector/engagement/calendar/feed-change.ts';
import type { CalendarEvent } from '../../../../collector/engagement/school.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Monday, 1 March 2027, 08:00 in New York. */
const NOW = Date.UTC(2027, 2, 1, 13);
const ZONE = 'America/New_York';

/** Hours from now. */
function event(from: number, to: number, summary = 'State test', categories = ['TESTING']): CalendarEvent {
  return { start: NOW + from * HOUR, end: NOW + to * HOUR, summary, categories };
}

const reasons = (old: readonly CalendarEvent[], next: readonly CalendarEvent[]) =>
  confirmationReasons(old, next, NOW, ZONE);

/** Enough that is far ahead, so that one event more or less is no shrinking. */
const FAR = Array.from({ length: 10 }, (_, i) => event(1000 + i * 100, 1050 + i * 100, `far ${i}`));

describe('a boundary within 72 h', () => {
  it.each([
    ['nothing changes', [event(10, 20)], [event(10, 20)], []],
    ['only the name', [event(10, 20, 'a')], [event(10, 20, 'b')], []],
    [
      'a start moves',
      [event(10, 20)],
      [event(12, 20)],
      [
        '"State test" (TESTING) moves from Mon 1 Mar, 18:00 to Tue 2 Mar, 04:00 to Mon 1 Mar, 20:00 to Tue 2 Mar, 04:00',
      ],
    ],
    ['an end moves', [event(-10, 20)], [event(-10, 100)], ['moves from']],
    ['it moves away', [event(71, 80)], [event(200, 209)], ['moves from']],
    ['it moves here', [event(200, 209)], [event(71, 80)], ['moves from']],
    ['it vanishes', [event(10, 20)], [], ['"State test" (TESTING), Mon 1 Mar, 18:00 to Tue 2 Mar, 04:00, is gone']],
    ['it appears', [], [event(10, 20)], ['"State test" (TESTING), Mon 1 Mar, 18:00 to Tue 2 Mar, 04:00, is new']],
    ['its category changes', [event(10, 20)], [event(10, 20, 'State test', ['EVENT'])], ['is gone', 'is new']],
    ['one of two alike vanishes', [event(10, 20), event(10, 20)], [event(10, 20)], ['is gone']],
    ['what goes on ends later, far ahead', [event(-10, 300)], [event(-10, 400)], ['moves from']],
    ['what goes on is over', [event(-10, 300)], [event(-10, -1)], ['is gone']],
    ['what begins soon ends later, far ahead', [event(10, 300)], [event(10, 400)], []],
    ['a start at 72 h', [event(72, 80)], [event(73, 80)], []],
    ['a start just before', [event(71.9, 80)], [event(73, 80)], ['moves from']],
    ['further ahead', [event(100, 110)], [event(101, 111)], []],
    ['what is over', [event(-20, -10)], [], []],
  ])('%s', (_name, old, next, wanted) => {
    const found = reasons([...old, ...FAR], [...next, ...FAR]);
    expect(found).toHaveLength(wanted.length);
    for (const [i, text] of wanted.entries()) expect(found[i]).toContain(text);
  });

  it('each of several that moved finds its own new place', () => {
    const week = (shift: number) => [0, 24, 48].map((h) => event(h + 5 + shift, h + 7 + shift));
    const found = reasons([...week(0), ...FAR], [...week(1), ...FAR]);
    expect(found).toEqual([
      '"State test" (TESTING) moves from Mon 1 Mar, 13:00 to Mon 1 Mar, 15:00 to Mon 1 Mar, 14:00 to Mon 1 Mar, 16:00',
      '"State test" (TESTING) moves from Tue 2 Mar, 13:00 to Tue 2 Mar, 15:00 to Tue 2 Mar, 14:00 to Tue 2 Mar, 16:00',
      '"State test" (TESTING) moves from Wed 3 Mar, 13:00 to Wed 3 Mar, 15:00 to Wed 3 Mar, 14:00 to Wed 3 Mar, 16:00',
    ]);
  });

  it('lists no more than anybody reads', () => {
    const many = Array.from({ length: 60 }, (_, i) => event(i, i + 0.5, `e${i}`));
    const found = reasons(FAR, [...many, ...FAR]);
    expect([found.length, found.at(-1)]).toEqual([21, 'and 40 more changes within 72 h']);
  });
});

describe('shrinking', () => {
  it.each([
    [10, 8, []],
    [10, 7, ['30 % of the events ahead are gone: 7 of 10 are left']],
    [10, 12, []],
    [10, 0, ['100 % of the events ahead are gone: 0 of 10 are left', 'no TESTING is ahead any more: 10 were']],
    [0, 10, []],
  ])('from %i to %i events', (before, after, wanted) => {
    const far = (n: number) => Array.from({ length: n }, (_, i) => event(1000 + i, 1001 + i, `far ${i}`));
    expect(reasons(far(before), far(after))).toEqual(wanted);
  });

  it('what is over does not count: many feeds drop it', () => {
    const over = Array.from({ length: 100 }, (_, i) => event(-5000 + i, -4999 + i));
    expect(reasons([...over, ...FAR], FAR)).toEqual([]);
  });

  it('the last event of a category is missed, however many others are left', () => {
    const closing = event(24 * 90, 24 * 95, 'Close-out', ['CLOSE_OUT']);
    expect(reasons([closing, ...FAR], FAR)).toEqual(['no CLOSE_OUT is ahead any more: 1 was']);
    expect(reasons([closing, ...FAR], [{ ...closing, start: closing.start + DAY }, ...FAR])).toEqual([]);
  });
});
