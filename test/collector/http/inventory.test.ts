import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { purgeEvents } from '../../../collector/state/events.ts';
import { purgeInventory } from '../../../collector/state/inventory.ts';
import type { DeviceFacts, InventoryItem } from '../../../core/device-facts.ts';
import type {
  EventList,
  EventView,
  InventoryDetail,
  InventoryList,
  TopologyView,
} from '../../../core/inventory-api.ts';
import { beside, standing } from '../inventory/documents.ts';
import { asked, lineOf } from '../inventory/stock.ts';
import { InventoryServer } from './inventory-server.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let world: InventoryServer;
beforeEach(async () => {
  world = await new InventoryServer().start();
});
afterEach(() => world.close());

const SW1: Partial<DeviceFacts> = {
  vendor: 'Cisco',
  hardware: 'C9300-48P',
  serial: 'FOC1111X0AA',
  version: '17.9.4',
  sysName: 'sw1.lincoln',
  sysLocation: 'closet 1',
};
const optic = (serial: string, index = '1'): InventoryItem => ({
  index,
  class: 'port',
  name: `Te1/1/${index}`,
  descr: 'SFP-10GBase-SR',
  model: 'SFP-10G-SR',
  serial,
});

async function events(query = '', school = 'north'): Promise<EventView[]> {
  return [...(await world.json<EventList>(`${school}/events${query}`)).events];
}
const told = async (query = '') => (await events(query)).map(({ type, message }) => `${type}: ${message}`).reverse();

/** A site that was taken stock of before, so that what comes is new. */
async function settled(token?: string): Promise<void> {
  await world.push([lineOf('first')], token);
  await world.clock.advance(DAY + HOUR);
}

describe('changes', () => {
  it('what a site has when it is taken up is not new; what comes after the first day is', async () => {
    await world.push([lineOf('sw1', SW1)]);
    await world.clock.advance(DAY);
    expect(await told()).toEqual([]);
    await world.push([lineOf('sw2', { ...SW1, serial: 'FOC2222X0BB' })]);
    expect(await told()).toEqual(['device_new: sw2 is new: Cisco C9300-48P, serial FOC2222X0BB']);
    expect((await events())[0]).toMatchObject({
      site: 'main',
      device: 'sw2',
      severity: 'info',
      domain: 'inventory',
      at: world.clock.now(),
    });
  });

  it('are told once, in the log and as samples of measurement `event`', async () => {
    await world.push([lineOf('sw1', SW1, { role: 'switch' })]);
    const update = lineOf('sw1', { ...SW1, version: '17.12.1' }, { role: 'switch' });
    await world.push([update]);
    await world.push([update]);
    await world.push([asked(update)]);
    expect(await told()).toEqual(['firmware_changed: sw1: firmware 17.9.4 -> 17.12.1']);
    expect(world.stock.samples).toEqual([
      {
        measurement: 'event',
        tags: {
          school: 'north',
          site: 'main',
          device: 'sw1',
          role: 'switch',
          type: 'firmware_changed',
          severity: 'info',
          domain: 'inventory',
        },
        fields: { message: 'sw1: firmware 17.9.4 -> 17.12.1', raised: 1n },
        time: world.clock.now(),
      },
    ]);
  });

  it('a device that stands under another name, or at another site, has moved', async () => {
    await settled();
    await settled(world.server.south);
    await world.push([lineOf('sw1', SW1)]);
    await world.push([lineOf('sw9', SW1)]);
    expect(await told('?device=sw9')).toEqual(['device_moved: sw9 is what was sw1 before (serial FOC1111X0AA)']);
    // Another school is none of its business.
    await world.push([lineOf('sw1', SW1)], world.server.south);
    expect((await events('', 'south')).map(({ type }) => type)).toEqual(['device_new']);
  });

  it('an optic that came from another device is told of where it came, not where it went', async () => {
    await world.push([lineOf('sw1', { ...SW1, inventory: [optic('AVD1111')] }), lineOf('sw2', { serial: 'FOC2' })]);
    await world.push([lineOf('sw2', { serial: 'FOC2', inventory: [optic('AVD1111')] })]);
    await world.push([lineOf('sw1', SW1)]);
    expect(await told()).toEqual([
      'part_moved: sw2: transceiver Te1/1/1 SFP-10G-SR (serial AVD1111) moved here from sw1',
    ]);
  });

  it('two of one kind at one time are two samples', async () => {
    await world.push([lineOf('sw1', SW1)]);
    await world.push([lineOf('sw1', { ...SW1, inventory: [optic('AVD1111', '1'), optic('AVD2222', '2')] })]);
    const at = world.clock.now();
    expect(world.stock.samples.map(({ tags, time }) => [tags['type'], time])).toEqual([
      ['transceiver_added', at],
      ['transceiver_added', at + 1],
    ]);
  });

  it('what a pass could not read is not gone', async () => {
    await world.push([lineOf('sw1', { ...SW1, inventory: [optic('AVD1111')] })]);
    await world.push([lineOf('sw1', { sysName: 'sw1' }, { complete: false })]);
    expect(await told()).toEqual([]);
    const { row, document } = await world.json<InventoryDetail>('north/inventory/main/sw1');
    expect([row.serial, document.parts.map(({ serial }) => serial)]).toEqual(['FOC1111X0AA', ['AVD1111']]);
    await world.push([lineOf('sw1', SW1)]);
    expect(await told()).toEqual(['transceiver_removed: sw1: transceiver Te1/1/1 SFP-10G-SR (serial AVD1111) is gone']);
  });

  it('what is not polled any more is gone, and is back when it is', async () => {
    await world.push([lineOf('sw1', SW1), lineOf('sw2')]);
    await world.push([{ roster: ['sw2', 'sw3'] }]);
    await world.push([{ roster: ['sw2', 'sw3'] }]);
    expect(await told()).toEqual(['device_gone: sw1 is gone: it is not polled any more']);
    expect((await world.json<InventoryList>('north/inventory')).devices.map((one) => one.gone)).toEqual([true, false]);
    await world.push([asked(lineOf('sw1', SW1))]);
    expect((await told()).slice(1)).toEqual(['device_back: sw1 is there again']);
  });

  it('what another agent delivers is not in this one’s roster, and stays', async () => {
    await world.push([lineOf('sw1')]);
    const { createToken } = await import('../../../collector/state/tokens.ts');
    const { randomBytes } = await import('node:crypto');
    const other = await createToken(world.db, { school: 'north', site: 'main', note: '' }, world.clock, randomBytes);
    await world.push([{ roster: ['sw2'] }], other.token);
    expect(await told()).toEqual([]);
  });

  it('what nothing was read from for 14 days is gone, unless its site was not heard either', async () => {
    await world.push([lineOf('sw1', SW1), lineOf('sw2')]);
    await world.push([lineOf('sw1')], world.server.south);
    for (let day = 0; day < 15; day++) {
      await world.clock.advance(DAY);
      await world.push([asked(lineOf('sw2'))]);
    }
    for (const school of ['north', 'south']) await world.stock.keeper.sweep(school);
    await world.stock.keeper.sweep('north');
    expect(await told()).toEqual(['device_gone: sw1 is gone: nothing was read from it for 14 days']);
    expect(await events('', 'south')).toEqual([]);
    expect((await events())[0]).toMatchObject({
      severity: 'warning',
      detail: { serial: 'FOC1111X0AA', model: 'C9300-48P' },
    });
    await purgeInventory(world.db, world.clock.now());
    expect((await world.json<InventoryList>('north/inventory')).devices.map(({ device }) => device)).toEqual([
      'sw1',
      'sw2',
    ]);
    // Found in another closet half a year later.
    await world.push([lineOf('spare', SW1)]);
    expect((await told()).slice(1)).toEqual(['device_moved: spare is what was sw1 before (serial FOC1111X0AA)']);
    await purgeInventory(world.db, world.clock.now() + 1);
    expect((await world.json<InventoryList>('north/inventory')).devices.map(({ device }) => device)).toEqual([
      'spare',
      'sw2',
    ]);
  });
});

describe('the list', () => {
  it('comes in pages, by site and name', async () => {
    await world.push(['sw10', 'sw2', 'ap1', 'fw1', 'zz'].map((name) => lineOf(name, { serial: `S-${name}` })));
    const names: string[] = [];
    let after = '';
    for (let page = 0; page < 3; page++) {
      const list = await world.json<InventoryList>(`north/inventory?limit=2${after}`);
      names.push(...list.devices.map(({ device }) => device));
      after = `&after=${encodeURIComponent(list.next ?? 'end')}`;
    }
    expect([names, after]).toEqual([['ap1', 'fw1', 'sw10', 'sw2', 'zz'], '&after=end']);
    expect((await world.json<InventoryList>('north/inventory?site=annex')).devices).toEqual([]);
  });

  it.each(['?limit=0', '?limit=1001', '?after=x', '?after=a/b/c', '?sort=name', '?site=a/b'])(
    'refuses %s',
    async (query) => {
      const reply = await world.get(`north/inventory${query}`);
      expect([reply.statusCode, reply.json<{ error: string }>().error]).toEqual([
        400,
        expect.stringMatching(/^expected site/),
      ]);
    },
  );

  it('is another school’s business nowhere', async () => {
    await world.push([lineOf('sw1', SW1)]);
    expect((await world.json<InventoryList>('south/inventory')).devices).toEqual([]);
    expect((await world.get('south/inventory/main/sw1')).statusCode).toBe(404);
    expect((await world.get('south/inventory.csv')).body.split('\r\n')).toHaveLength(2);
    expect((await world.json<TopologyView>('south/topology')).sites).toEqual([]);
  });
});

describe('CSV', () => {
  it('is RFC 4180, and no formula to a spreadsheet', async () => {
    const nasty = {
      ...SW1,
      sysLocation: 'closet 1, "north"',
      sysName: '=HYPERLINK("http://x")',
      hardware: '+1',
      version: '-2',
      vendor: '@x',
    };
    await world.push([lineOf('sw1', nasty, { role: 'switch', host: '10.1.0.2' }), lineOf('sw2')]);
    const reply = await world.get('north/inventory.csv');
    expect(reply.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(reply.headers['content-disposition']).toBe('attachment; filename="inventory-north.csv"');
    const at = new Date(world.clock.now()).toISOString();
    expect(reply.body).toBe(
      'site,device,what,name,role,vendor,model,serial,firmware,location,address,first_seen,last_seen,gone\r\n' +
        `main,sw1,device,"'=HYPERLINK(""http://x"")",switch,'@x,'+1,FOC1111X0AA,'-2,"closet 1, ""north""",10.1.0.2,${at},${at},no\r\n` +
        `main,sw2,device,,,,,,,,,${at},${at},no\r\n`,
    );
  });

  it('has the parts with serial numbers on request, and every page', async () => {
    const many = Array.from({ length: 450 }, (_, i) => lineOf(`ap${i}`));
    await world.push(many);
    await world.push([
      lineOf('sw1', { ...SW1, inventory: [optic('AVD1111'), { index: '7', class: 'fan', name: 'Fan' }] }),
    ]);
    const lines = (await world.get('north/inventory.csv?parts=true')).body.trim().split('\r\n');
    expect(lines).toHaveLength(1 + 450 + 2);
    expect(lines.at(-1)).toMatch(/^main,sw1,transceiver,Te1\/1\/1,,Cisco,SFP-10G-SR,AVD1111,,closet 1,,/);
    expect((await world.get('north/inventory.csv?parts=x')).statusCode).toBe(400);
  });
});

describe('events', () => {
  const sample = (device: string, type: string, time: number, tags: Record<string, string> = {}) => ({
    measurement: 'event',
    tags: { school: 'north', site: 'main', device, type, severity: 'warning', domain: 'cabling', ...tags },
    fields: { message: `${device}: ${type}`, raised: 1n, oid: '1.3.6.1.6.3.1.1.5.3' },
    time,
  });

  it('of agents are in the log once, with what came with them', async () => {
    const { EventLog } = await import('../../../collector/inventory/event-log.ts');
    const { SelfMetrics } = await import('../../../runtime/self-metrics.ts');
    const { createLogger } = await import('../../../runtime/logger.ts');
    const metrics = new SelfMetrics();
    const log = new EventLog({ db: world.db, clock: world.clock, log: createLogger('test', 'silent'), metrics });
    const down = sample('sw1', 'link_down', 1_000, { ifName: 'Gi1/0/7' });
    await log.take([
      down,
      { ...down, measurement: 'ping' },
      sample('sw1', 'link_up', 2_000, { severity: 'dire', domain: 'nowhere' }),
    ]);
    await log.take([down]);
    expect((await events()).reverse()).toMatchObject([
      {
        device: 'sw1',
        ifName: 'Gi1/0/7',
        at: 1_000,
        type: 'link_down',
        severity: 'warning',
        domain: 'cabling',
        message: 'sw1: link_down',
        detail: { oid: '1.3.6.1.6.3.1.1.5.3' },
      },
      { type: 'link_up', severity: 'info', domain: 'infrastructure' },
    ]);
    // A port that flaps all day.
    await log.take(Array.from({ length: 5_010 }, (_, i) => sample('sw2', 'link_down', 3_000 + i)));
    const count = async () => (await world.db.selectFrom('event').select('seq').execute()).length;
    expect(await count()).toBe(5_000 - 1);
    expect(await metrics.text()).toContain('bellwether_collector_events_dropped_total 13');
    await world.clock.advance(HOUR);
    await log.take([sample('sw3', 'cold_start', 10_000)]);
    expect(await told('?device=sw3')).toEqual(['cold_start: sw3: cold_start']);
    await purgeEvents(world.db, 3_000, 100);
    expect(await count()).toBe(100);
    expect((await events())[0]!.device).toBe('sw3');
    expect(await told('?device=sw1')).toEqual([]);
  });

  it('are found by what they are, when and where, and come in pages', async () => {
    for (let i = 0; i < 3; i++)
      await world.push([lineOf('sw1', { ...SW1, version: `17.${i}` }), lineOf('sw2', { version: `3.${i}` })]);
    await settled(world.server.south);
    expect(await told('?device=sw2')).toEqual([
      'firmware_changed: sw2: firmware 3.0 -> 3.1',
      'firmware_changed: sw2: firmware 3.1 -> 3.2',
    ]);
    const counts = async (query: string) => (await events(query)).length;
    expect(await counts('?type=firmware_changed&domain=inventory&severity=info&site=main')).toBe(4);
    for (const none of [
      'type=x',
      'domain=cabling',
      'severity=critical',
      'site=annex',
      `since=${world.clock.now() + 1}`,
      'until=1',
    ])
      expect([none, await counts(`?${none}`)]).toEqual([none, 0]);
    const first = await world.json<EventList>('north/events?limit=3');
    const second = await world.json<EventList>(`north/events?limit=3&before=${first.next}`);
    expect([first.events.length, second.events.length, second.next]).toEqual([3, 1, null]);
    for (const bad of ['limit=0', 'severity=dire', 'domain=x', 'since=yesterday', 'colour=grey'])
      expect([bad, (await world.get(`north/events?${bad}`)).statusCode]).toEqual([bad, 400]);
  });
});

describe('topology', () => {
  const CORE = standing('core1', [beside('fw1', 1), beside('sw1', 2, 'Gi1/0/1')]);
  const FW = { ...standing('fw1', [beside('core1', 1)]), role: 'firewall' };

  it('says what hangs on what and why, and which neighbours are not monitored', async () => {
    const phone = { protocol: 'lldp', ifIndex: 4, chassisId: '0a0b0c0d0e0f', sysName: 'SEP0A0B', portId: '1' } as const;
    await world.push([
      lineOf('core1', CORE),
      lineOf('fw1', FW),
      lineOf('sw1', standing('sw1', [beside('core1', 1), phone])),
      lineOf('lonely'),
    ]);
    await world.stock.topology.takeUp('north');
    await world.stock.topology.step();
    const { sites } = await world.json<TopologyView>('north/topology');
    expect(sites).toHaveLength(1);
    expect(sites[0]).toMatchObject({
      site: 'main',
      roots: ['fw1'],
      rootsBy: 'role',
      nodes: [
        {
          device: 'core1',
          parents: ['fw1'],
          by: 'discovered',
          reason: 'every way from fw1 that is known leads over it',
        },
        { device: 'fw1', role: 'firewall', parents: [], by: null, reason: 'it lets the site out, by its role' },
        { device: 'lonely', parents: [], by: null, reason: 'no link to another device is known' },
        { device: 'sw1', parents: ['core1'], by: 'discovered' },
      ],
      edges: [
        { a: 'core1', b: 'fw1', saidBy: ['core1', 'fw1'], current: true },
        { a: 'core1', b: 'sw1', ports: [{ a: 'Gi1/0/2', b: 'Gi1/0/1' }], current: true },
      ],
      unmatched: [
        { device: 'sw1', port: 'Gi1/0/4', name: 'SEP0A0B', reason: 'none of the devices that are polled here' },
      ],
    });
  });

  it('what the school’s file says of a device is all that counts of it', async () => {
    world.stock.configured.set('north', { uplinks: [{ devices: ['sw1'], parents: ['fw1'] }], patienceMs: 60_000 });
    await world.push([lineOf('core1', CORE), lineOf('fw1', FW), lineOf('sw1', standing('sw1', [beside('core1', 1)]))]);
    await world.stock.topology.takeUp('north');
    await world.stock.topology.step();
    const nodes = (await world.json<TopologyView>('north/topology')).sites[0]!.nodes;
    expect(nodes.map(({ device, parents, by }) => [device, parents, by])).toEqual([
      ['core1', ['fw1'], 'discovered'],
      ['fw1', [], null],
      ['sw1', ['fw1'], 'configured'],
    ]);
  });

  it('remembers what a device hung on while it is down, tells when it was plugged in elsewhere, and survives a restart', async () => {
    const links = async () =>
      (await world.json<TopologyView>('north/topology')).sites[0]!.edges.map(
        ({ a, b, current }) => `${a}-${b}${current ? '' : ' (was)'}`,
      );
    const { topology } = world.stock;
    await topology.takeUp('north');
    const ap = lineOf('ap1', { sysName: 'ap1' });
    await world.push([lineOf('core1', CORE), lineOf('fw1', FW), ap]);
    await world.push([
      lineOf('sw1', standing('sw1', [beside('core1', 1), { protocol: 'lldp', ifIndex: 3, sysName: 'ap1' }])),
    ]);
    await topology.step();
    expect(await links()).toEqual(['ap1-sw1', 'core1-fw1', 'core1-sw1']);
    // The access point, which says nothing itself, loses power: it vanishes from the table of its switch.
    await world.push([lineOf('sw1', standing('sw1', [beside('core1', 1)]))]);
    await topology.step();
    expect(await links()).toEqual(['ap1-sw1 (was)', 'core1-fw1', 'core1-sw1']);
    expect(await told()).toEqual([]);
    const graph = topology.graph('north')!;
    await topology.takeUp('north');
    expect(topology.graph('north')).toEqual(graph);
    // It comes up again, at the core.
    await world.clock.advance(3 * HOUR);
    const moved = standing('core1', [
      beside('fw1', 1),
      beside('sw1', 2, 'Gi1/0/1'),
      { protocol: 'lldp', ifIndex: 3, sysName: 'ap1' },
    ]);
    await world.push([lineOf('core1', moved)]);
    await topology.step();
    expect(await links()).toEqual(['ap1-core1', 'core1-fw1', 'core1-sw1']);
    expect(await told()).toEqual([
      'neighbor_changed: ap1 is linked to core1 (port Gi1/0/3), no longer to sw1 (port Gi1/0/3)',
    ]);
    // Another port of the same switch.
    const port = standing('core1', [
      beside('fw1', 1),
      beside('sw1', 2, 'Gi1/0/1'),
      { protocol: 'lldp', ifIndex: 4, sysName: 'ap1' },
    ]);
    await world.push([lineOf('core1', port)]);
    await topology.step();
    expect((await told()).slice(1)).toEqual([
      'neighbor_changed: ap1 and core1 are linked over ? to Gi1/0/4, before over ? to Gi1/0/3',
    ]);
    expect(world.stock.samples).toHaveLength(2);
  });
});
