import { expect, it } from 'vitest';
import type { TrapDelivery } from '../../../agent/drivers/trap-channel.ts';
import { TrapDesk } from '../../../agent/trap/desk.ts';
import { InterfaceNames } from '../../../agent/trap/interface-names.ts';
import { BUNDLED_TRAPS, loadTraps } from '../../../agent/trap/load.ts';
import { type Sample, seriesKey } from '../../../core/sample.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { target } from '../poll/fixture.ts';

const rules = loadTraps(BUNDLED_TRAPS);

function desk() {
  const emitted: Sample[][] = [];
  const counts: Record<string, number> = {};
  const polled: string[] = [];
  const made = new TrapDesk({
    rules,
    names: new InterfaceNames(),
    targetAt: (address) => (address === '192.0.2.1' ? target('sw') : undefined),
    relays: new Set(),
    emit: (samples) => emitted.push([...samples]) > 0,
    pollNow: (device) => polled.push(device),
    count: (outcome) => (counts[outcome] = (counts[outcome] ?? 0) + 1),
    log: createLogger('test', 'silent'),
  });
  return { desk: made, emitted, counts, polled };
}

function link(up: boolean, time: number, index = 7, source = '192.0.2.1'): TrapDelivery {
  const varbinds = [{ oid: `1.3.6.1.2.1.2.2.1.1.${index}`, type: 'Integer', value: index } as const];
  const trapOid = `1.3.6.1.6.3.1.1.5.${up ? 4 : 3}`;
  const more = { enterprise: undefined, agentAddress: undefined, uptime: undefined };
  return {
    source,
    time,
    outcome: 'accepted',
    notification: { kind: 'trap', version: '2c', trapOid, varbinds, ...more },
  };
}

it('a plug that is loose for five minutes is a line a minute for each state, and none of its traps is uncounted', () => {
  const { desk: d, emitted, counts, polled } = desk();
  for (let second = 0; second < 300; second++) d.take([link(second % 2 === 1, second * 1000)], second * 1000);
  d.close();
  const events = emitted.flat();
  const sum = (type: string): number =>
    events.filter((e) => e.tags['type'] === type).reduce((n, e) => n + Number(e.fields['count']), 0);
  expect([sum('link_down'), sum('link_up')]).toEqual([150, 150]);
  expect(events.length).toBeLessThan(20);
  expect(events.at(-1)!.tags['type']).toBe('link_up');
  expect(events.at(-1)!.fields['message']).toMatch(/^interface 7 is up \(\d+ times\)$/);
  expect(counts).toEqual({ event: 300 });
  expect(polled).toHaveLength(300);
});

it('of one report all goes out together, and no sample takes the place of another', () => {
  const { desk: d, emitted } = desk();
  d.take([link(false, 5), link(false, 5, 8), link(true, 5), link(false, 5), link(false, 5, 9, '192.0.2.77')], 0);
  d.take([], 1_000);
  expect(emitted).toHaveLength(1);
  const keys = emitted[0]!.map((s) => `${seriesKey(s.measurement, s.tags)} ${s.time}`);
  expect(new Set(keys).size).toBe(5);
});
