import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBits,
  formatDay,
  formatMs,
  formatPercent,
  formatSpan,
  formatTime,
} from '../../console/format.ts';

describe('numbers as people read them', () => {
  it.each([
    [0, '0 bit/s'],
    [999, '999 bit/s'],
    [999.6, '1 kbit/s'],
    [1_500, '1.5 kbit/s'],
    [94_230_000, '94.2 Mbit/s'],
    [999_900_000, '1 Gbit/s'],
    [12e12, '12 Tbit/s'],
    [-5, '0 bit/s'],
  ])('%d bit/s is %s', (value, text) => expect(formatBits(value)).toBe(text));

  it.each([
    [0, '0 %'],
    [0.01, '<0.1 %'],
    [12.34, '12.3 %'],
    [100, '100 %'],
  ])('%d percent is %s', (value, text) => expect(formatPercent(value)).toBe(text));

  it('milliseconds', () => expect([0.4, 4.25, 250.2].map(formatMs)).toEqual(['0.4 ms', '4.3 ms', '250 ms']));
});

describe('lengths of time', () => {
  it.each([
    [-1, '0 s'],
    [0, '0 s'],
    [8_400, '8 s'],
    [262_000, '4 min 22 s'],
    [600_000, '10 min'],
    [662_000, '11 min'],
    [3_800_000, '1 h 3 min'],
    [86_400_000 * 18 + 3_600_000 * 22, '18 d 22 h'],
    [86_400_000, '1 d'],
  ])('%d ms is %s', (ms, text) => expect(formatSpan(ms)).toBe(text));

  it.each([
    [-5_000, 'just now'],
    [1_999, 'just now'],
    [2_000, '2 s ago'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [90_000_000, '1 d ago'],
  ])('%d ms ago is %s', (ms, text) => expect(formatAge(ms)).toBe(text));
});

describe('times of day', () => {
  const at = Date.UTC(2026, 9, 5, 3, 30, 5);

  it("today is the time alone, in the viewer's zone", () => {
    expect(formatTime(at, at + 60_000, 'America/New_York')).toBe('23:30:05');
  });

  it("another day has its date: midnight is the viewer's, not Greenwich's", () => {
    expect(formatTime(at, at + 3_600_000, 'America/New_York')).toContain('Oct 4');
    expect(formatTime(at, at + 3_600_000, 'UTC')).toBe('03:30:05');
  });

  it('a day ahead has its weekday in the zone asked for, and its year once it is far', () => {
    expect(formatDay(at, at - 3_600_000, 'America/New_York')).toBe('Sun, Oct 4, 23:30');
    expect(formatDay(at, at - 200 * 86_400_000, 'UTC')).toBe('Mon, Oct 5, 2026, 03:30');
  });
});
