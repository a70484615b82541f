import { expect, it } from 'vitest';
import { PageServer } from '../../console/page-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { AccessWorld } from './access-world.ts';
import { testServer } from './test-server.ts';

it('each account and token has its own number of requests, over all routes, and hears when to come back', async () => {
  const world = new AccessWorld();
  world.server.requestsPerMinute = 5;
  await world.start();
  const kim = await world.session('specialist', 'internal', ['north'], 'kim');
  const { authorization } = await world.token();
  const urls = [
    '/api/overview',
    '/api/schools/north/devices',
    '/api/me',
    '/api/schools/north/calendars',
    '/api/overview',
  ];
  for (const url of urls) expect((await world.ask('GET', url, kim)).statusCode).toBe(200);
  const over = await world.ask('GET', '/api/schools/north/handovers', kim);
  expect([over.statusCode, Number(over.headers['retry-after'])]).toEqual([
    429,
    expect.toSatisfy((s) => s > 0 && s <= 60),
  ]);
  expect((await world.ask('GET', '/api/me', { authorization })).statusCode).toBe(200);
  const metrics = await world.server.app.inject({ url: '/metrics' });
  expect(metrics.body).toContain('bellwether_collector_rate_limited_total{door="api"} 1');
  await world.stop();
});

it('the operator has ten times as many, and a school that is not there counts as any other', async () => {
  const server = new PageServer(new FakeClock());
  server.requestsPerMinute = 0.3;
  await server.start();
  const statuses = [];
  for (let i = 0; i < 5; i++) statuses.push((await server.ask('GET', '/api/schools/nowhere/devices')).statusCode);
  expect(statuses).toEqual([404, 404, 404, 429, 429]);
  await server.stop();
});

it('an address that cannot say who it is has as many, whatever it asks', async () => {
  const world = new AccessWorld();
  world.server.requestsPerMinute = 3;
  await world.start();
  const statuses = [];
  for (let i = 0; i < 5; i++)
    statuses.push((await world.ask('GET', '/api/overview', { authorization: `Bearer bwt_guess${i}` })).statusCode);
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
  const kim = await world.session('specialist', 'internal', ['north'], 'kim');
  expect((await world.ask('GET', '/api/overview', kim)).statusCode).toBe(200);
  await world.stop();
});

it('ingest has no limit that costs data: what it cannot take it answers 503', async () => {
  const server = await testServer({ settings: { requestsPerMinute: 1, inFlightBatches: 1 } });
  const replies = await Promise.all(Array.from({ length: 200 }, () => server.write('m v=1')));
  const statuses = new Set(replies.map(({ status }) => status));
  expect([...statuses].filter((status) => ![204, 503].includes(status))).toEqual([]);
  await server.close();
});
