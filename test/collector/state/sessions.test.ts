import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateDb } from '../../../collector/state/database.ts';
import {
  closeSession,
  createAdminToken,
  isAdminToken,
  openSession,
  replaceAdminToken,
  SESSION_MS,
  sessionPrincipal,
} from '../../../collector/state/sessions.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { memoryState } from './state.ts';

let clock: FakeClock;
let db: StateDb;

beforeEach(async () => {
  clock = new FakeClock();
  db = await memoryState(clock);
});
afterEach(() => db.destroy());

const isOpen = async (session: string, now: number) => (await sessionPrincipal(db, session, now)) !== undefined;

describe('the admin token', () => {
  it('is told once', async () => {
    expect(await isAdminToken(db, '')).toBe(false);
    const token = await createAdminToken(db, randomBytes);
    expect(token).toMatch(/^bwa_/);
    expect(await createAdminToken(db, randomBytes)).toBeUndefined();
    expect(await isAdminToken(db, token!)).toBe(true);
    expect(await isAdminToken(db, `${token}x`)).toBe(false);
    expect(JSON.stringify(await db.selectFrom('meta').selectAll().execute())).not.toContain(token!.slice(4));
  });

  it('can be replaced, which ends the old one and every login', async () => {
    const old = await createAdminToken(db, randomBytes);
    const session = await openSession(db, clock, randomBytes);
    const fresh = await replaceAdminToken(db, randomBytes, clock.now());
    expect(await isAdminToken(db, old!)).toBe(false);
    expect(await isAdminToken(db, fresh)).toBe(true);
    expect(await isOpen(session, clock.now())).toBe(false);
  });
});

describe('sessions', () => {
  it('last twelve hours, are kept hashed, and leave the database when they have run out', async () => {
    const session = await openSession(db, clock, randomBytes);
    expect(JSON.stringify(await db.selectFrom('session').selectAll().execute())).not.toContain(session);
    expect(await isOpen(session, clock.now() + SESSION_MS - 1)).toBe(true);
    expect(await isOpen(session, clock.now() + SESSION_MS)).toBe(false);
    await clock.advance(SESSION_MS);
    await openSession(db, clock, randomBytes);
    expect(await db.selectFrom('session').selectAll().execute()).toHaveLength(1);
  });

  it('end at logout, one at a time', async () => {
    const [a, b] = [await openSession(db, clock, randomBytes), await openSession(db, clock, randomBytes)];
    await closeSession(db, a);
    expect(await isOpen(a, clock.now())).toBe(false);
    expect(await isOpen(b, clock.now())).toBe(true);
  });
});
