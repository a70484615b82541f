import { afterEach, expect, it } from 'vitest';
import type { EndpointList, EndpointTest } from '../../core/endpoint-api.ts';
import type { Overview } from '../../core/page-api.ts';
import { startReceiver } from '../collector/notify/channels/receiver.ts';
import { until } from '../support/process.ts';
import { Installation } from './installation.ts';

const RULES = `rules:
  - { name: broken, domain: wireless, severity: warning, measurement: thing, field: broken, above: 0, summary: "{device} is broken" }
`;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const fn of undo.splice(0).reverse()) await fn();
});

it('a channel that is gone is told of, can be tested over the very same path, and then is well again', async () => {
  let status = 410;
  const phone = await startReceiver((res) => void res.writeHead(status).end());
  undo.push(phone.close);
  const other = await startReceiver((res) => void res.writeHead(204).end());
  undo.push(other.close);
  const hook = (port: number) => `{ type: webhook, url: "http://127.0.0.1:${port}/hook", secret: "${SECRET}" }`;
  const site = new Installation({
    school: 'hilltop',
    rules: RULES,
    schoolFile: `school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
contacts:
  kim: { name: Kim, channels: [${hook(phone.port)}] }
  noc: { name: NOC, channels: [${hook(other.port)}, { type: ntfy, url: "http://127.0.0.1:9/topic" }] }
safety_net: [kim, noc]
base: { owner: internal }
`,
  });
  undo.push(() => site.abandon());
  const collector = await site.start();
  const token = /admin token: (\S+)/.exec(collector.stdout)![1]!;
  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
    return (await (await fetch(`${site.url}/api/${path}`, init)).json()) as T;
  };
  const open = async () => (await ask<Overview>('overview')).open.map(({ rule }) => rule).sort();
  const kim = async () => (await ask<EndpointList>('schools/hilltop/endpoints')).endpoints[0]!;

  await fetch(`${site.url}/api/v2/write`, {
    method: 'POST',
    headers: { authorization: `Token ${site.token}` },
    body: 'thing,device=ap-1 broken=1',
  });
  // The provider is told at once, twenty minutes before its turn; and somebody is told why.
  await until('the next rung', 10_000, () => other.got.some(({ body }) => body.includes('ap-1')));
  await until('the alert on the channel', 10_000, async () => (await open()).includes('endpoint-dead'));
  expect(await kim()).toMatchObject({
    contact: 'kim',
    state: 'disabled',
    host: `127.0.0.1:${phone.port}`,
    failures: 1,
  });
  const before = phone.got.length;

  status = 204;
  const test = await ask<EndpointTest>('schools/hilltop/endpoints/kim/webhook/test', { by: 'Noa' });
  expect(test).toMatchObject({ result: 'sent', error: null });
  expect(
    phone.got.slice(before).map(({ id, headers }) => [id, String(headers['webhook-signature']).startsWith('v1,')]),
  ).toEqual([[test.reference, true]]);
  expect(await kim()).toMatchObject({ state: 'ok', failures: 0 });
  await until('its end', 10_000, async () => !(await open()).includes('endpoint-dead'));
  await site.stop();
}, 60_000);
