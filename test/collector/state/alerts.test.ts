import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldEvents, type StoredAlert, UNTOUCHED } from '../../../collector/alert/life.ts';
import {
  appendEvent,
  findActiveAlert,
  findAlert,
  listAlerts,
  listEvents,
  saveAlert,
} from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import {
  countWaiting,
  dueMessages,
  enqueue,
  type NewMessage,
  nextDueAt,
  purgeFinished,
} from '../../../collector/state/outbox.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { alert, decision, T0, testState } from '../notify/fixtures.ts';

let db: StateDb;
beforeEach(async () => {
  db = await testState(new FakeClock(T0));
});
afterEach(() => db.destroy());

function stored(overrides: Partial<StoredAlert> = {}): StoredAlert {
  return { ...UNTOUCHED, ...alert(), owner: 'provider', why: 'infra#0', decision: decision(), ...overrides };
}

describe('alerts', () => {
  it('come back as they were saved', async () => {
    const odd = stored({
      labels: { ifName: 'Gi1/0/1 "uplink" ✓' },
      value: 0.1 + 0.2,
      owner: null,
      why: null,
      decision: null,
    });
    await saveAlert(db, odd);
    expect(await findAlert(db, odd.id)).toEqual(odd);
    await saveAlert(db, stored());
    expect(await findAlert(db, odd.id)).toEqual(stored());
    expect(await findAlert(db, 'nobody')).toBeUndefined();
  });

  it('one unresolved alert per key, whatever the code does', async () => {
    await saveAlert(db, stored());
    await expect(saveAlert(db, stored({ id: 'other' }))).rejects.toThrow(/UNIQUE|duplicate key/);
    expect((await findActiveAlert(db, stored().key))?.id).toBe(stored().id);
    await saveAlert(db, stored({ state: 'resolved', resolvedAt: T0 + 1 }));
    expect(await findActiveAlert(db, stored().key)).toBeUndefined();
    await saveAlert(db, stored({ id: 'other' }));
    expect((await findActiveAlert(db, stored().key))?.id).toBe('other');
  });

  it('lists newest first, by school and state, never another school', async () => {
    const rows: [string, string, StoredAlert['state'], number][] = [
      ['a', 'lincoln', 'open', 1],
      ['b', 'lincoln', 'resolved', 2],
      ['c', 'adams', 'open', 3],
      ['d', 'lincoln', 'pending', 4],
    ];
    for (const [id, school, state, n] of rows)
      await saveAlert(db, stored({ id, key: id, school, state, pendingAt: T0 + n }));
    await saveAlert(db, stored({ id: 'e', key: 'e', state: 'resolved', openedAt: null, pendingAt: T0 + 5 }));
    const ids = async (filter: Parameters<typeof listAlerts>[1]) => (await listAlerts(db, filter)).map((a) => a.id);
    expect(await ids({})).toEqual(['d', 'c', 'b', 'a']);
    expect(await ids({ school: 'lincoln' })).toEqual(['d', 'b', 'a']);
    expect(await ids({ school: 'lincoln', states: ['open', 'pending'] })).toEqual(['d', 'a']);
    expect(await ids({ limit: 1 })).toEqual(['d']);
  });
});

describe('events', () => {
  it('come back in the order they were appended', async () => {
    const event = (type: 'opened' | 'notified', at: number) =>
      ({ alertId: 'a', school: 'lincoln', type, at, decidedAt: at + 1, detail: { n: at } }) as const;
    for (const next of [event('opened', 5), event('notified', 3), event('notified', 3)]) await appendEvent(db, next);
    expect((await listEvents(db, 'a')).map((e) => [e.type, e.at, e.decidedAt, e.detail])).toEqual([
      ['opened', 5, 6, { n: 5 }],
      ['notified', 3, 4, { n: 3 }],
      ['notified', 3, 4, { n: 3 }],
    ]);
    expect(await listEvents(db, 'b')).toEqual([]);
  });

  it('that tell only of messages make no alert', () => expect(foldEvents([])).toBeUndefined());
});

describe('outbox rows', () => {
  const message = (id: string, overrides: Partial<NewMessage> = {}): NewMessage => ({
    id,
    alertId: 'a',
    school: 'lincoln',
    kind: 'open',
    round: 0,
    party: 'provider',
    contact: 'kim',
    channel: 'phone',
    step: 0,
    repeat: 0,
    repeatMs: null,
    transfer: false,
    body: '{}',
    dueAt: T0,
    createdAt: T0,
    ...overrides,
  });

  it('the same id twice is one message, and the first stays', async () => {
    await enqueue(db, [message('m')]);
    await enqueue(db, [message('m', { body: 'other', dueAt: T0 - 5 })]);
    expect(await countWaiting(db)).toBe(1);
    expect(await dueMessages(db, T0 - 1, 10)).toEqual([]);
  });

  it('due ones oldest first, so many for each contact and channel', async () => {
    for (let n = 0; n < 5; n++) await enqueue(db, [message(`k${n}`, { dueAt: T0 - 10 + n })]);
    await enqueue(db, [message('ng', { contact: 'ng', dueAt: T0 })]);
    await enqueue(db, [message('later', { contact: 'ng', dueAt: T0 + 7 })]);
    expect((await dueMessages(db, T0, 2)).map((m) => m.id)).toEqual(['k0', 'k1', 'ng']);
    expect(await nextDueAt(db, T0)).toBe(T0 + 7);
    expect(await nextDueAt(db, T0 + 7)).toBeUndefined();
    expect(await countWaiting(db, 'adams')).toBe(0);
  });

  it('are purged with alerts long over; what is open or still waits stays, and so does the event log', async () => {
    await saveAlert(db, stored({ id: 'old', key: 'old', state: 'resolved', resolvedAt: T0 }));
    await saveAlert(db, stored({ id: 'never', key: 'never', state: 'resolved', resolvedAt: T0, openedAt: null }));
    await saveAlert(db, stored({ id: 'now', key: 'now' }));
    await appendEvent(db, { alertId: 'old', school: 'lincoln', type: 'opened', at: 1, decidedAt: 1, detail: {} });
    for (const [id, alertId] of [
      ['m1', 'old'],
      ['m2', 'old'],
      ['m3', 'now'],
    ] as const) {
      await enqueue(db, [message(id, { alertId })]);
    }
    await db.updateTable('outbox').set({ status: 'sent' }).where('id', 'in', ['m1', 'm3']).execute();
    expect(await purgeFinished(db, T0)).toBe(0);
    expect(await purgeFinished(db, T0 + 1)).toBe(1);
    const left = await db.selectFrom('outbox').select('id').orderBy('id').execute();
    expect(left.map((row) => row.id)).toEqual(['m2', 'm3']);
    expect([await findAlert(db, 'never'), (await findAlert(db, 'old'))?.id]).toEqual([undefined, 'old']);
    expect(await listEvents(db, 'old')).toHaveLength(1);
  });
});
