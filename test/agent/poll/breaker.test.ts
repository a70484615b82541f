import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../agent/poll/breaker.ts';

const MINUTE = 60_000;

function silent(times: number, now = 0): Breaker {
  const breaker = new Breaker(MINUTE);
  for (let k = 0; k < times; k++) breaker.wasSilent(now, 1);
  return breaker;
}

describe('a silent device', () => {
  it('is polled in full until it was silent twice', () => {
    expect(silent(1).verdict(0, undefined)).toEqual({ ask: 'all' });
    expect(silent(2).verdict(0, undefined)).toEqual({ ask: 'none', againInMs: MINUTE });
  });

  it('is asked for one value at growing intervals, of 4 polls at most', () => {
    const breaker = silent(2);
    const asked: number[] = [];
    for (let minute = 1; minute <= 15; minute++) {
      if (breaker.verdict(minute * MINUTE, false).ask === 'none') continue;
      asked.push(minute);
      breaker.wasSilent(minute * MINUTE, 1);
    }
    expect(asked).toEqual([1, 3, 7, 11, 15]);
  });

  it('is polled in full again once it answers', () => {
    const breaker = silent(5);
    breaker.answered();
    expect(breaker.verdict(0, undefined)).toEqual({ ask: 'all' });
    breaker.wasSilent(0, 1);
    expect(breaker.isOpen).toBe(false);
  });

  it('is asked at once when ping hears it again, and only then', () => {
    const breaker = silent(4);
    expect(breaker.verdict(1, false).ask).toBe('none');
    expect(breaker.verdict(2, true).ask).toBe('probe');
    breaker.wasSilent(3, 1);
    expect(breaker.verdict(4, true).ask).toBe('none');
  });

  it('does not wait longer than five minutes, nor shorter than its interval', () => {
    const slow = new Breaker(10 * MINUTE);
    for (let k = 0; k < 20; k++) slow.wasSilent(0, 1);
    expect(slow.verdict(0, undefined)).toEqual({ ask: 'none', againInMs: 10 * MINUTE });
    const two = new Breaker(2 * MINUTE);
    for (let k = 0; k < 20; k++) two.wasSilent(0, 1);
    expect(two.verdict(0, undefined)).toEqual({ ask: 'none', againInMs: 5 * MINUTE });
  });
});
