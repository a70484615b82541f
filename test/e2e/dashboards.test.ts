import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { accessPointsDown } from '../../sim/fault.ts';
import { SimulatedSchool } from '../../sim/school.ts';
import { loadBoards, runPanelQueries } from '../support/grafana-queries.ts';
import { startInfluxd } from '../support/influxd.ts';
import { until } from '../support/process.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { Installation } from './installation.ts';

const RULES = `rules:
  - { name: ap-down, domain: wireless, severity: critical, measurement: device, field: snmp_problem, scope: { role: ap }, above: 0, for: 1s, summary: "{device} is silent" }
`;

let influxd: ServerProcess;
let site: Installation;
let school: SimulatedSchool;

beforeAll(async () => {
  influxd = await startInfluxd();
  site = new Installation({
    rules: RULES,
    storage: `{ driver: influx1, url: "${influxd.url}", database: bellwether }`,
  });
  await site.start();
  school = new SimulatedSchool({ clock: systemClock, port: 0 });
  await school.start();
  site.writeAgent(
    [
      'interval: 2s',
      'ping: { interval: 2s, count: 2, timeout: 500ms }',
      `credentials: { default: { version: 2c, community: ${school.community}, port: ${school.port}, timeout: 400ms } }`,
      'targets:',
      ...school.devices.map(({ spec }) => `  - { name: ${spec.name}, host: ${spec.address}, role: ${spec.role} }`),
      'services:',
      '  - { type: gateway, name: gateway, host: 127.0.0.1, interval: 2s, timeout: 300ms }',
    ].join('\n'),
  );
  await site.launch('agent');
});
afterAll(async () => {
  await site.abandon();
  await school.stop();
  await influxd.stop();
});

describe('the shipped boards over what the real agent and collector wrote', () => {
  it('have data in every panel and every variable', async () => {
    const from = Date.now();
    accessPointsDown(['ap-gym-1', 'ap-gym-2']).inject(school);
    const query = () =>
      runPanelQueries({
        influxUrl: influxd.url,
        database: 'bellwether',
        from: from - 5 * 60_000,
        to: Date.now() + 60_000,
        variables: { school: site.school, device: 'sw-core', interface: ['Te1/0/1'] },
      });
    const empty = async (): Promise<string[]> =>
      (await query()).filter((r) => r.rows === 0).map((r) => `${r.board}: ${r.panel}: ${r.query}`);
    expect(loadBoards()).toHaveLength(3);
    let missing: string[] = [];
    await until('every panel to have data', 45_000, async () => {
      missing = await empty();
      return missing.length === 0;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; without data:\n${missing.join('\n')}`);
    });
  }, 90_000);
});
