import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentRegistry } from '../../../collector/state/agents.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import type { Tenant } from '../../../collector/state/tokens.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { memoryState, tokenFor } from './state.ts';

let clock: FakeClock;
let db: StateDb;
let agents: AgentRegistry;
let north: Tenant;

beforeEach(async () => {
  clock = new FakeClock();
  db = await memoryState(clock);
  agents = new AgentRegistry(db, clock);
  north = { tokenId: (await tokenFor(db, clock, 'north')).id, school: 'north', site: 'main' };
});
afterEach(() => db.destroy());

const stored = () => db.selectFrom('agent').select(['first_seen', 'last_seen']).execute();

describe('the agent registry', () => {
  it('writes at most every few seconds, lists up to the moment, and flushes at the end', async () => {
    const stop = new AbortController();
    const done = agents.run(stop.signal, () => expect.unreachable());
    agents.seen(north, 1_000);
    agents.seen(north, 3_000);
    expect(await stored()).toEqual([]);
    expect(await agents.list()).toEqual([{ ...north, firstSeen: 1_000, lastSeen: 3_000 }]);
    await clock.advance(5_000);
    expect(await stored()).toEqual([{ first_seen: 1_000, last_seen: 3_000 }]);
    agents.seen(north, 7_000);
    expect(await stored()).toEqual([{ first_seen: 1_000, last_seen: 3_000 }]);
    stop.abort();
    await done;
    expect(await stored()).toEqual([{ first_seen: 1_000, last_seen: 7_000 }]);
  });

  it('remembers over a restart when an agent was first heard, and never goes back in time', async () => {
    agents.seen(north, 5_000);
    await agents.flush();
    const later = new AgentRegistry(db, clock);
    later.seen(north, 4_000);
    await later.flush();
    expect(await later.list()).toEqual([{ ...north, firstSeen: 5_000, lastSeen: 5_000 }]);
    expect(await stored()).toEqual([{ first_seen: 5_000, last_seen: 5_000 }]);
  });

  it('keeps for the next time what could not be written', async () => {
    agents.seen(north, 1_000);
    await db.schema.alterTable('agent').renameTo('away').execute();
    await expect(agents.flush()).rejects.toThrow(/no such table|does not exist/);
    await db.schema.alterTable('away').renameTo('agent').execute();
    await agents.flush();
    expect(await stored()).toEqual([{ first_seen: 1_000, last_seen: 1_000 }]);
  });
});
