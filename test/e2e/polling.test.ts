import { afterEach, expect, it } from 'vitest';
import type { PollingList } from '../../core/polling-api.ts';
import { systemClock } from '../../runtime/clock.ts';
import { freePort } from '../../sim/free-port.ts';
import { OidTable } from '../../sim/oid-table.ts';
import { type Behaviour, SnmpResponder } from '../../sim/responder.ts';
import { until } from '../support/process.ts';
import { Installation } from './installation.ts';

let site: Installation;
const responders: SnmpResponder[] = [];
afterEach(async () => {
  await site.abandon();
  await Promise.all(responders.splice(0).map((responder) => responder.stop()));
});

/** A target of the agent's configuration, and the device that it is. */
async function device(name: string, behaviour: Behaviour): Promise<string> {
  const table = new OidTable()
    .set('1.3.6.1.2.1.1.3', '0', (at) => ({ type: 'timeticks', value: Math.floor(at / 10) }))
    .set('1.3.6.1.2.1.31.1.1.1.1', '1', { type: 'octets', value: 'Gi0/1' })
    .set('1.3.6.1.2.1.31.1.1.1.6', '1', (at) => ({ type: 'counter64', value: BigInt(at) }));
  const address = '127.0.0.1';
  const community = 'tests-only';
  const responder = new SnmpResponder({
    ...{ address, community, port: 0, device: table, clock: systemClock, behaviour },
  });
  responders.push(responder);
  const { port } = await responder.start();
  const snmp = `{ version: 2c, community: ${community}, port: ${port}, timeout: 200ms }`;
  return `  - { name: ${name}, host: ${address}, role: switch, ping: false, snmp: ${snmp} }`;
}

it('who is polled badly, and why, is seen at the agent at once and at the collector after a minute', {
  timeout: 120_000,
}, async () => {
  site = new Installation();
  const collector = await site.start();
  const listen = await freePort();
  const good = await device('good', {});
  const odd = await device('odd', { answerFrom: { address: '127.0.0.2' } });
  const configure = (...targets: string[]): void =>
    site.writeAgent(`interval: 1s\nfacts: false\nlisten: { port: ${listen} }\ntargets:\n${targets.join('\n')}`);
  configure(good, odd);
  const agent = await site.launch('agent');
  const why = /^reply from another address: asked 127\.0\.0\.1 port \d+, the answer came from 127\.0\.0\.2 port \d+$/;

  const here = await until('the agent to know', 20_000, async () => {
    const reply = await fetch(`http://127.0.0.1:${listen}/api/v1/polling?slowest=1`);
    const { slowest } = (await reply.json()) as PollingList;
    return slowest[0]?.verdict === 'failing' ? slowest[0] : undefined;
  });
  expect(here).toMatchObject({ device: 'odd', cause: expect.stringMatching(why) });

  const admin = /admin token: (\S+)/.exec(collector.stdout)![1]!;
  const there = await until('the collector to be told', 90_000, async () => {
    const url = `${site.url}/api/schools/${site.school}/polling`;
    const list = (await (await fetch(url, { headers: { authorization: `Bearer ${admin}` } })).json()) as PollingList;
    return list.devices === 2 ? list : undefined;
  });
  expect(there.verdicts).toMatchObject({ failing: 1 });
  expect(there.slowest[0]).toMatchObject({ device: 'odd', site: 'main', cause: expect.stringMatching(why) });
  expect(there.slowest[0]!.polls).toBeGreaterThan(30);
  expect(there.slowest[1]).toMatchObject({ device: 'good', wantedIntervalS: 1 });

  configure(good);
  process.kill(agent.pid, 'SIGHUP');
  await agent.waitForLog('configuration reloaded');
  const text = await (await fetch(`http://127.0.0.1:${listen}/metrics`)).text();
  expect(text).not.toContain('device="odd"');
  expect(Number(/polls_total\{device="good",outcome="ok"\} (\d+)/.exec(text)![1])).toBeGreaterThan(30);
  await site.stop();
});
