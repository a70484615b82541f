import { afterEach, expect, it } from 'vitest';
import type { EventList, InventoryList, TopologyView } from '../../core/inventory-api.ts';
import type { Overview } from '../../core/page-api.ts';
import { beside, standing } from '../collector/inventory/documents.ts';
import { bodyOf, lineOf } from '../collector/inventory/stock.ts';
import { until } from '../support/process.ts';
import { type Snmpd, startSnmpd } from '../support/snmpd.ts';
import { Installation } from './installation.ts';

const RULES = `rules:
  - { name: down, domain: switching, severity: warning, measurement: device, field: down, above: 0, summary: "{device} is down" }
  - { name: replaced, domain: inventory, severity: warning, measurement: event, field: raised, scope: { type: serial_changed }, above: 0, summary: "{device}" }
`;

let site: Installation | undefined;
let snmpd: Snmpd | undefined;
afterEach(async () => {
  await site?.abandon();
  await snmpd?.stop();
  snmpd = undefined;
});

it('what devices say of each other decides of whom nobody is told, also after the collector was killed; what changes is an event', async () => {
  site = new Installation({ school: 'hilltop', rules: RULES });
  const collector = await site.start();
  const token = /admin token: (\S+)/.exec(collector.stdout)![1]!;
  const { url, token: agent } = site;
  const post = (path: string, body: string) =>
    fetch(`${url}${path}`, { method: 'POST', headers: { authorization: `Token ${agent}` }, body });
  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${url}/api/${path}`, { headers: { authorization: `Bearer ${token}` } })).json()) as T;
  const suppressed = async () =>
    (await ask<Overview>('overview')).suppressed.map(({ reason, devices }) => `${devices}: ${reason}`);

  const fw = lineOf('fw1', standing('fw1', [beside('sw1', 1)]), { role: 'firewall' });
  const sw = (serial: string) => lineOf('sw1', { ...standing('sw1', [beside('fw1', 1)]), serial }, { role: 'switch' });
  expect((await post('/api/v1/inventory', bodyOf([fw, sw('FOC1111')]))).status).toBe(200);
  const parents = async () =>
    (await ask<TopologyView>('schools/hilltop/topology')).sites.flatMap(({ nodes }) =>
      nodes.map((one) => `${one.device}<${one.parents}`),
    );
  await until('the links', 15_000, async () => (await parents()).includes('sw1<fw1'));

  await post('/api/v1/inventory', bodyOf([sw('FOC2222')]));
  const { events } = await ask<EventList>('schools/hilltop/events');
  expect(events.map(({ message }) => message)).toEqual(['sw1: serial FOC1111 -> FOC2222']);
  await until('the alert on it', 10_000, async () =>
    (await ask<Overview>('overview')).open.some(({ rule }) => rule === 'replaced'),
  );

  // What agents tell stands in the same log.
  await post(
    '/api/v2/write',
    'event,device=sw1,type=link_down,severity=warning,domain=cabling message="Gi1/0/7 is down",raised=1i',
  );
  const cabling = await ask<EventList>('schools/hilltop/events?domain=cabling');
  expect(cabling.events).toMatchObject([
    { device: 'sw1', type: 'link_down', message: 'Gi1/0/7 is down', site: 'main' },
  ]);

  await collector.end('SIGKILL');
  await site.launch('collector');
  await post('/api/v2/write', 'device,device=fw1 down=1i\ndevice,device=sw1 down=1i\n');
  await until('what is behind it', 10_000, async () =>
    (await suppressed()).includes('sw1: behind fw1, which is down (as their neighbours tell)'),
  );
  expect((await ask<Overview>('overview')).open.map(({ summary }) => summary)).toEqual(['fw1 is down']);
}, 60_000);

it('what the agent reads of a real device is in the list, and is gone once the agent is told to leave it', async () => {
  snmpd = await startSnmpd();
  site = new Installation({ school: 'hilltop', rules: RULES });
  const collector = await site.start();
  const token = /admin token: (\S+)/.exec(collector.stdout)![1]!;
  const { port, community } = snmpd;
  const target = (name: string) => `  - { name: ${name}, host: 127.0.0.1, role: server, ping: false }\n`;
  const credentials = `interval: 5s\ncredentials: { default: { version: 2c, community: ${community}, port: ${port} } }\ntargets:\n`;
  site.writeAgent(credentials + target('one') + target('two'));
  const agent = await site.launch('agent');
  const list = async () => {
    const headers = { authorization: `Bearer ${token}` };
    const reply = await fetch(`${site!.url}/api/schools/hilltop/inventory`, { headers });
    return ((await reply.json()) as InventoryList).devices;
  };
  await until('both', 20_000, async () => (await list()).length === 2);
  expect((await list())[0]).toMatchObject({
    device: 'one',
    role: 'server',
    host: '127.0.0.1',
    sysName: 'snmpd-under-test',
    location: 'Room 12, rack A',
    gone: false,
  });
  site.writeAgent(credentials + target('two'));
  agent.child.kill('SIGHUP');
  await until('one to be gone', 20_000, async () => (await list()).map(({ gone }) => gone).join() === 'true,false');
}, 60_000);
