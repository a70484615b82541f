import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterEach, it } from 'vitest';
import { freePort } from '../../sim/free-port.ts';
import { Servers } from '../agent/drivers/check/fixture.ts';
import { until } from '../support/process.ts';
import { Installation } from './installation.ts';

const RULE =
  '{ name: fails, domain: services, severity: warning, measurement: service, field: failed, above: 0, summary: "{service} fails, seen from {site}" }';

let site: Installation | undefined;
const servers = new Servers();
afterEach(async () => {
  servers.stop();
  await site?.abandon();
  site = undefined;
});

async function summaries(of: Installation, cookie: string): Promise<string[]> {
  const reply = await fetch(`${of.url}/api/overview`, { headers: { cookie } });
  const { open } = (await reply.json()) as { open: { rule: string; summary: string }[] };
  return open.filter(({ rule }) => rule === 'fails').map(({ summary }) => summary);
}

it('a page that fails is an alert until it is well again; a reload takes another service up', async () => {
  let status = 500;
  const web = await servers.start(createServer((_, response) => void response.writeHead(status).end()));
  const of = new Installation({ rules: `rules: [${RULE}]\n` });
  site = of;
  await of.start();
  of.writeAgent(
    `targets: [{ name: sw1, host: 127.0.0.1, snmp: false }]\nservices:\n  - { type: http, name: website, url: "http://127.0.0.1:${web}/", interval: 1s }`,
  );
  const agent = await of.launch('agent');
  const token = /admin token: (\S+)/.exec(of.past[0]!.process.stdout)![1]!;
  const login = await fetch(`${of.url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: of.url },
    body: JSON.stringify({ token }),
  });
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!;

  await until('the alert', 15_000, async () => (await summaries(of, cookie)).includes('website fails, seen from main'));
  status = 200;
  await until('its end', 15_000, async () => (await summaries(of, cookie)).length === 0);

  const closed = await freePort();
  appendFileSync(of.file('agent'), `  - { type: tcp, name: sis, host: 127.0.0.1, port: ${closed}, interval: 1s }\n`);
  process.kill(agent.pid, 'SIGHUP');
  await agent.waitForLog('configuration reloaded');
  await until('the alert of the new service', 15_000, async () =>
    (await summaries(of, cookie)).includes('sis fails, seen from main'),
  );
  await of.stop();
});
