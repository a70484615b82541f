import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateDb } from '../../../collector/state/database.ts';
import { TokenVerifier } from '../../../collector/state/token-verifier.ts';
import { createToken, findToken, listTokens, revokeToken } from '../../../collector/state/tokens.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { memoryState, tokenFor } from './state.ts';

let clock: FakeClock;
let db: StateDb;

beforeEach(async () => {
  clock = new FakeClock();
  db = await memoryState(clock);
});
afterEach(() => db.destroy());

describe('tokens', () => {
  it('carry 256 random bits, fix school and site, and are kept as a hash only', async () => {
    const { id, token } = await createToken(db, { school: 'north', site: 'main', note: 'closet' }, clock, randomBytes);
    expect(token).toMatch(/^bw_[A-Za-z0-9_-]{43}$/);
    expect(await findToken(db, token)).toEqual({ tokenId: id, school: 'north', site: 'main' });
    const row = await db.selectFrom('token').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(token.slice(3));
    expect(row.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('are found only whole', async () => {
    const { token } = await tokenFor(db, clock, 'north');
    for (const wrong of ['', 'bw_', token.slice(0, -1), `${token}x`, token.toUpperCase(), token.slice(3), `${token} `])
      expect(await findToken(db, wrong)).toBeUndefined();
  });

  it('end when revoked, and are still listed', async () => {
    const { id, token } = await tokenFor(db, clock, 'north');
    await tokenFor(db, clock, 'east', 'annex');
    expect(await revokeToken(db, id, clock)).toBe(true);
    expect(await revokeToken(db, id, clock)).toBe(false);
    expect(await revokeToken(db, 'nobody', clock)).toBe(false);
    expect(await findToken(db, token)).toBeUndefined();
    expect((await listTokens(db)).map((t) => [t.school, t.site, t.revokedAt])).toEqual([
      ['east', 'annex', null],
      ['north', 'main', clock.now()],
    ]);
  });
});

describe('the verifier', () => {
  it('does not ask the database again for a while', async () => {
    const { token } = await tokenFor(db, clock, 'north');
    const verifier = new TokenVerifier(db, clock);
    const first = await verifier.verify(token);
    expect(first).toMatchObject({ school: 'north' });
    await db.deleteFrom('token').execute();
    expect(await verifier.verify(token)).toEqual(first);
    await clock.advance(TokenVerifier.TTL_MS);
    expect(await verifier.verify(token)).toBeUndefined();
  });

  it('forgets at once what is revoked through it', async () => {
    const { id, token } = await tokenFor(db, clock, 'north');
    const verifier = new TokenVerifier(db, clock);
    await verifier.verify(token);
    expect(await verifier.revoke(id)).toBe(true);
    expect(await verifier.verify(token)).toBeUndefined();
  });

  it('does not keep an answer that was on its way while the token was revoked', async () => {
    const { id, token } = await tokenFor(db, clock, 'north');
    const verifier = new TokenVerifier(db, clock);
    await Promise.all([verifier.verify(token), verifier.revoke(id)]);
    expect(await verifier.verify(token)).toBeUndefined();
  });

  it('knows a token from the moment it is made, even if it was tried before', async () => {
    const verifier = new TokenVerifier(db, clock);
    const bytes = Buffer.alloc(32, 7);
    const token = `bw_${bytes.toString('base64url')}`;
    expect(await verifier.verify(token)).toBeUndefined();
    await createToken(db, { school: 'north', site: 'main', note: '' }, clock, (n) => bytes.subarray(0, n));
    expect(await verifier.verify(token)).toMatchObject({ school: 'north' });
  });
});
