import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngagementEvent } from '../../../collector/engagement/agreement/engagement-event.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import {
  appendEngagementEvent,
  appendLifecycle,
  listEngagementEvents,
  readLifecycle,
} from '../../../collector/state/engagements.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { memoryState } from './state.ts';

let db: StateDb;
beforeEach(async () => {
  db = await memoryState(new FakeClock());
});
afterEach(() => db.destroy());

const handover = (school: string, at: number, type = 'handover') =>
  ({
    school,
    engagement: null,
    version: null,
    type,
    at,
    party: 'provider',
    actor: 'lee',
    detail: { open: at },
  }) as const;
const ended = (at: number): EngagementEvent => ({
  engagement: 'infra',
  version: 1,
  type: 'ended',
  at,
  party: null,
  actor: 'collector',
  detail: { reason: 'over' },
});

describe('the log of a school', () => {
  it('keeps what was written, in order, and nothing of another school', async () => {
    const first = await appendEngagementEvent(db, handover('north', 5));
    await appendEngagementEvent(db, handover('south', 6));
    await appendEngagementEvent(db, handover('north', 4, 'handover_accepted'));
    const all = await listEngagementEvents(db, 'north', { limit: 10 });
    expect(all.map(({ seq, ...rest }) => [seq >= first, rest])).toEqual([
      [true, handover('north', 5)],
      [true, handover('north', 4, 'handover_accepted')],
    ]);
  });

  it('is read from a place on, by type, so many at a time', async () => {
    const seqs: number[] = [];
    for (const [at, type] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'a'],
      [4, 'a'],
    ] as const)
      seqs.push(await appendEngagementEvent(db, handover('north', at, type)));
    const read = async (filter: Parameters<typeof listEngagementEvents>[2]) =>
      (await listEngagementEvents(db, 'north', filter)).map((entry) => entry.at);
    expect(await read({ types: ['a'], limit: 2 })).toEqual([1, 3]);
    expect(await read({ after: seqs[1]!, limit: 10 })).toEqual([3, 4]);
    expect(await read({ types: [], limit: 10 })).toEqual([]);
  });

  it('gives the life of engagements without the rest, however long', async () => {
    await appendEngagementEvent(db, handover('north', 1));
    const events = Array.from({ length: 1_001 }, (_, i) => ended(i));
    const last = await appendLifecycle(db, 'north', events, 0);
    await appendEngagementEvent(db, handover('north', 2));
    expect(await readLifecycle(db, 'north', 0)).toEqual({ events, last });
    expect(await readLifecycle(db, 'north', last)).toEqual({ events: [], last });
    expect(await appendLifecycle(db, 'north', [], 7)).toBe(7);
  });
});
