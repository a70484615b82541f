import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Attempt } from '../../../agent/drivers/check/attempt.ts';
import type { Verdict } from '../../../agent/normalise/service-verdict.ts';
import type { Service } from '../../../agent/services/service.ts';
import { serviceLine } from '../../../agent/services/services-command.ts';
import { freePort } from '../../../sim/free-port.ts';
import { type Dnsmasq, startDnsmasq } from '../../support/dnsmasq.ts';
import { runProgram } from '../../support/process.ts';
import { Servers } from '../drivers/check/fixture.ts';

let dir: string;
let dnsmasq: Dnsmasq;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bw-services-'));
  dnsmasq = await startDnsmasq('--host-record=www.test,192.0.2.10');
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await dnsmasq?.stop();
});
const servers = new Servers();
afterEach(() => servers.stop());

async function services(...entries: string[]) {
  const file = join(dir, 'agent.yaml');
  writeFileSync(
    file,
    [
      'collector: { url: "http://127.0.0.1:8086", token: tok }',
      'targets: [{ name: sw1, host: 127.0.0.1, snmp: false }]',
      'services:',
      ...entries.map((entry) => `  - { ${entry} }`),
      '',
    ].join('\n'),
  );
  const { code, stdout } = await runProgram('agent/main.ts', ['services', '--config', file]);
  return { code, lines: stdout.trim().split('\n').sort() };
}

it('checks each once, at any hour, and says what came of it', async () => {
  const web = await servers.start(createServer((_, response) => void response.writeHead(500).end()));
  const { code, lines } = await services(
    `type: dns, name: resolver, query: www.test, server: "127.0.0.1:${dnsmasq.port}"`,
    `type: http, name: website, url: "http://127.0.0.1:${web}/"`,
    `type: tcp, name: sis, host: 127.0.0.1, port: ${await freePort()}`,
    'type: gateway, name: gw, host: 127.0.0.1, window: { days: [2020-01-01], outside: off }',
  );
  expect(code).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(/^failed {3}sis {7}no connection: .*ECONNREFUSED/),
    expect.stringMatching(/^failed {3}website {3}status 500, not 200 to 399 \(\d+\.\d ms\)$/),
    expect.stringMatching(/^ok {7}gw {8}127\.0\.0\.1, \d+\.\d ms$/),
    expect.stringMatching(/^ok {7}resolver {2}192\.0\.2\.10, \d+\.\d ms$/),
  ]);
});

it('shows what a terminal would obey in a record as question marks', () => {
  const service = { name: 'spf', type: 'dns' } as unknown as Service;
  const attempt: Attempt = { type: 'dns', totalMs: 2, rcode: 0, records: ['v=spf1\u001b[2J\u009b\u202e\n-all'] };
  const verdict = { state: 'ok', reason: '', responseMs: 2 } as Verdict;
  expect(serviceLine(service, attempt, verdict, 3, 0)).toBe('ok       spf  v=spf1?[2J???-all, 2.0 ms');
});

it('is content when all are well', async () => {
  expect((await services('type: gateway, name: gw, host: 127.0.0.1')).code).toBe(0);
});
