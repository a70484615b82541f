import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StandIn } from '../agent/push/stand-in.ts';
import { runProgram, startProgram, type TestProcess, until } from '../support/process.ts';
import { freeUdpPort, type Snmpd, startSnmpd } from '../support/snmpd.ts';
import { snmptrap, v2c } from '../support/trap-sender.ts';

let folder: string;
let snmpd: Snmpd;
let collector: StandIn;
let agent: TestProcess;
let port: number;

function configure(rules = ''): string {
  const file = join(folder, 'agent.yaml');
  const credentials = `{ default: { version: 2c, community: ${snmpd.community}, port: ${snmpd.port} } }`;
  writeFileSync(
    file,
    [
      `collector: { url: "${collector.url}", token: tok }`,
      'interval: 1h',
      `credentials: ${credentials}`,
      `traps: { listen: { port: ${port} }${rules} }`,
      'targets:',
      '  - { name: sw, host: 127.0.0.1, role: switch, ping: false }',
    ].join('\n'),
  );
  return file;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bw-e2e-traps-'));
  snmpd = await startSnmpd();
  collector = await new StandIn().start();
  port = await freeUdpPort();
  agent = startProgram('agent/main.ts', ['run', '--config', configure()]);
  await agent.waitForLog('traps are received');
});
afterAll(async () => {
  await agent.end();
  await collector.stop();
  await snmpd.stop();
  rmSync(folder, { recursive: true });
});

const line = (...parts: string[]): Promise<string> =>
  until(parts.join(' '), 20_000, () => collector.lines.find((l) => parts.every((part) => l.includes(part))));
const linkDown = ['', '1.3.6.1.6.3.1.1.5.3', '1.3.6.1.2.1.2.2.1.1.1', 'i', '1'];

it('a trap polls the device at once, and the next names the interface that the poll saw', async () => {
  await snmptrap(port, v2c, ['', '1.3.6.1.6.3.1.1.5.1']);
  expect(await line('event,', 'type=restart')).toContain('device=sw');
  // The regular poll may be an hour away.
  await line('interface,', 'ifName=lo');
  await snmptrap(port, v2c, linkDown);
  expect(await line('event,', 'type=link_down')).toMatch(/ifIndex=1,ifName=lo.*message="lo is down"/);
});

it('a trap about power has more than the interfaces read again', async () => {
  const readings = (): number =>
    new Set(collector.lines.filter((l) => l.startsWith('mem,')).map((l) => l.split(' ').at(-1))).size;
  await line('mem,', 'device=sw');
  expect(readings()).toBe(1);
  await snmptrap(port, v2c, ['', '1.3.6.1.2.1.33.2.0.1']);
  await until('another reading', 20_000, () => readings() === 2);
});

it('a reload takes a file of the user', async () => {
  const rule = 'oid: 1.3.6.1.6.3.1.1.5.3, type: my_type, severity: critical, domain: wan, message: "{interface} gone"';
  writeFileSync(join(folder, 'mine.yaml'), `traps: { MY::linkDown: { ${rule} } }\n`);
  configure(', rules: mine.yaml');
  process.kill(agent.pid, 'SIGHUP');
  await agent.waitForLog('configuration reloaded');
  await until(
    'the receiver again',
    20_000,
    () => agent.lines.filter((l) => l.includes('traps are received')).length > 1,
  );
  await snmptrap(port, v2c, linkDown);
  expect(await line('event,', 'type=my_type')).toMatch(/domain=wan.*severity=critical.*message="lo gone"/);
});

it('check says what is wrong with a file of traps', async () => {
  writeFileSync(
    join(folder, 'mine.yaml'),
    'traps: { MY::trap: { oid: up, type: x, severity: info, domain: wan, message: m } }\n',
  );
  const { code, stdout } = await runProgram('agent/main.ts', ['check', '--config', configure(', rules: mine.yaml')]);
  expect([code, stdout]).toEqual([1, expect.stringMatching(/mine\.yaml:1:27: traps\.MY::trap\.oid: expected an OID/)]);
});
