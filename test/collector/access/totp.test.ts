import { describe, expect, it } from 'vitest';
import { toBase32, totpCode, totpStep, totpUri } from '../../../collector/access/totp.ts';

/** RFC 6238, appendix B: this secret, SHA-1; the last six of its eight digits. */
const SECRET = toBase32(Buffer.from('12345678901234567890'));

describe('codes', () => {
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('at %d s: %s', (seconds, code) => {
    expect(totpCode(SECRET, Math.floor(seconds / 30))).toBe(code);
    expect(totpStep(SECRET, code, seconds * 1000, 0)).toBe(Math.floor(seconds / 30));
  });

  it('are good a step early and late, once, and not after a later one', () => {
    const now = 1_111_111_111_000;
    const step = Math.floor(now / 30_000);
    const at = (offset: number, after = 0) => totpStep(SECRET, totpCode(SECRET, step + offset), now, after);
    expect([at(-2), at(-1), at(0), at(1), at(2)]).toEqual([undefined, step - 1, step, step + 1, undefined]);
    expect([at(0, step), at(-1, step), at(1, step)]).toEqual([undefined, undefined, step + 1]);
    for (const wrong of ['', '12345', '0000000', 'abcdef']) expect(totpStep(SECRET, wrong, now, 0)).toBeUndefined();
  });

  it('base32 and the address for apps', () => {
    expect(SECRET).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    expect(totpUri('kim@example.org', SECRET)).toBe(
      `otpauth://totp/Bellwether:kim%40example.org?secret=${SECRET}&issuer=Bellwether&algorithm=SHA1&digits=6&period=30`,
    );
  });
});
