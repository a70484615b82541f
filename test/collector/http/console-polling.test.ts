import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Target } from '../../../agent/config.ts';
import { deviceTags } from '../../../agent/normalise/device-tags.ts';
import { rowOver } from '../../../agent/poll/polling-row.ts';
import { pollingSample } from '../../../agent/poll/polling-sample.ts';
import type { PollingList } from '../../../core/polling-api.ts';
import { target } from '../../agent/poll/fixture.ts';
import { poll, silence, statsOf } from '../../agent/poll/poll-fixture.ts';
import { PageServer } from '../../console/page-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let server: PageServer;

beforeEach(async () => {
  clock = new FakeClock();
  server = await new PageServer(clock).start();
  server.schools.push({ school: 'north', tz: 'America/New_York' }, { school: 'south', tz: 'America/Chicago' });
});
afterEach(() => server.stop());

interface Told {
  readonly school?: string;
  readonly site?: string;
  readonly target?: Partial<Target>;
  /** Of each of two polls; undefined: it was silent. */
  readonly ms?: number;
  readonly adapted?: string;
}

/** What an agent tells of a device, in the school's store. */
async function tell(device: string, { school = 'north', site = 'main', target: more = {}, ms, adapted }: Told) {
  const stats = statsOf(device);
  const now = clock.now();
  for (const at of [now - 60_000, now]) {
    const one = ms === undefined ? silence(at) : poll(at, { durationMs: ms });
    stats.polled(one, at + one.durationMs);
  }
  if (adapted !== undefined) stats.askedAnew(adapted, now);
  const tags = { ...deviceTags(target(device, more)), school, site };
  await server.store.write([pollingSample(rowOver(stats, stats.before ?? stats.now, now), tags, now)]);
}

async function get(query = '', school = 'north') {
  // Answers are shared between viewers for a second.
  await clock.advance(1_000);
  return server.ask('GET', `/api/schools/${school}/polling${query}`);
}
const list = async (query = '', school = 'north') => (await get(query, school)).json<PollingList>();
const names = ({ slowest }: PollingList) => slowest.map(({ device }) => device);

describe('GET /api/schools/:school/polling', () => {
  it("says which of the school's devices are polled slowly, and why", async () => {
    await tell('good', { ms: 20 });
    await tell('slow', { ms: 30_000, adapted: 'max-repetitions reduced to 10' });
    await tell('gone', {});
    await tell('theirs', { ms: 50_000, school: 'south' });
    const found = await list();
    expect([found.school, found.devices, found.verdicts]).toEqual([
      'north',
      3,
      { failing: 0, late: 0, lossy: 0, slow: 1, silent: 1, ok: 1 },
    ]);
    expect(names(found)).toEqual(['slow', 'gone', 'good']);
    expect(found.slowest[0]).toEqual({
      ...{ device: 'slow', site: 'main', verdict: 'slow' },
      cause: 'max-repetitions reduced to 10; 12 requests take 30.0 s',
      ...{ time: clock.now() - 1_000, meanMs: 30_000, maxMs: 30_000, sharePercent: 50 },
      ...{ intervalS: null, wantedIntervalS: 60, polls: 1, failed: 0, skipped: 0 },
      ...{ requests: 12, retries: 0, timeouts: 0 },
    });
    expect(names(await list('', 'south'))).toEqual(['theirs']);
  });

  it('ten devices, or as many as are wanted, or those of one site', async () => {
    for (let i = 0; i < 12; i++) await tell(`sw${i}`, { ms: 20 + i, site: i < 2 ? 'annex' : 'main' });
    expect(names(await list())).toEqual(Array.from({ length: 10 }, (_, i) => `sw${11 - i}`));
    const three = await list('?slowest=3');
    expect([three.devices, names(three)]).toEqual([12, ['sw11', 'sw10', 'sw9']]);
    const annex = await list('?site=annex');
    expect([annex.devices, names(annex)]).toEqual([2, ['sw1', 'sw0']]);
    expect(await list('?site=nowhere')).toMatchObject({ devices: 0, slowest: [] });
  });

  it('what was told last counts, also when the device got another role, and for an hour', async () => {
    await tell('sw', { ms: 40_000 });
    await clock.advance(300_000);
    await tell('sw', { ms: 20, target: { role: 'router' } });
    expect((await list()).slowest).toMatchObject([{ device: 'sw', verdict: 'ok', cause: '', meanMs: 20 }]);
    await clock.advance(3_600_000);
    expect((await list()).slowest).toEqual([]);
  });

  it('what other programs write under that name is left out', async () => {
    const tags = { school: 'north', site: 'main', device: 'x' };
    const time = clock.now();
    await server.store.write([
      { measurement: 'snmp_poll', tags, fields: { verdict: 'splendid', mean_ms: 1 }, time },
      { measurement: 'snmp_poll', tags: { ...tags, device: 'y' }, fields: { mean_ms: 1 }, time },
      { measurement: 'snmp_poll', tags: { school: 'north', site: 'main' }, fields: { verdict: 'ok' }, time },
      { measurement: 'snmp_poll', tags: { ...tags, device: 'z' }, fields: { verdict: 'ok', polls: 'many' }, time },
    ]);
    expect((await list()).slowest).toMatchObject([{ device: 'z', cause: '', polls: 0, meanMs: null }]);
  });

  it.each(['?slowest=0', '?slowest=1001', '?slowest=x', '?site=', '?fastest=1'])('%s is refused', async (query) => {
    const reply = await get(query);
    expect([reply.statusCode, reply.json()]).toEqual([
      400,
      { error: 'expected slowest from 1 to 1000 (default 10), site: a site' },
    ]);
  });

  it('a school that is not there, a store that cannot be read', async () => {
    expect((await get('', 'nowhere')).statusCode).toBe(404);
    server.store.broken = true;
    expect((await get()).statusCode).toBe(503);
  });

  it('is a series like the others', async () => {
    await tell('sw', { ms: 40_000 });
    const query = `measurement=snmp_poll&field=mean_ms&device=sw&from=${clock.now() - 60_000}&to=${clock.now() + 1}&step=1000`;
    const reply = await server.ask('GET', `/api/schools/north/series?${query}`);
    expect(reply.json<{ points: number[][] }>().points.map(([, value]) => value)).toEqual([40_000]);
  });
});
