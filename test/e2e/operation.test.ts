import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { SimulatedSchool } from '../../sim/school.ts';
import { runProgram, until } from '../support/process.ts';
import { Installation } from './installation.ts';

const SILENT =
  'rules:\n  - { name: agent-silent, domain: agent, severity: critical, silent: agent, for: 2s, summary: "the agent at {site} is silent" }\n';

let site: Installation;
let school: SimulatedSchool | undefined;
afterEach(async () => {
  await site.abandon();
  await school?.stop();
  school = undefined;
});

async function login(): Promise<string> {
  const adminToken = /admin token: (\S+)/.exec(site.past[0]!.process.stdout)![1]!;
  const reply = await fetch(`${site.url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: site.url },
    body: JSON.stringify({ token: adminToken }),
  });
  expect(reply.status).toBe(204);
  return reply.headers.get('set-cookie')!.split(';')[0]!;
}

interface OverviewAlert {
  readonly rule: string;
  readonly summary: string;
  readonly owner: string | null;
}

async function overview(cookie: string): Promise<{ open: OverviewAlert[]; resolved: OverviewAlert[] }> {
  const reply = await fetch(`${site.url}/api/overview`, { headers: { cookie } });
  expect(reply.status).toBe(200);
  const { open, resolved } = (await reply.json()) as { open: OverviewAlert[]; resolved: OverviewAlert[] };
  // The phones of this school are not there, of which it has an alert too before long.
  const other = (alerts: OverviewAlert[]) => alerts.filter(({ rule }) => rule !== 'endpoint-dead');
  return { open: other(open), resolved: other(resolved) };
}

async function startSchoolAndAgent(): Promise<void> {
  school = new SimulatedSchool({ clock: systemClock, port: 0 });
  await school.start();
  const [first] = school.devices;
  site.writeAgent(
    `interval: 1s\ncredentials: { default: { version: 2c, community: ${school.community}, port: ${school.port} } }\ntargets:\n  - { name: r1, host: ${first!.spec.address}, role: router, ping: false }`,
  );
  await site.launch('agent');
}

describe('an agent that falls silent', () => {
  it('is an alert of its own, which ends when the agent is back, and a restart of the collector keeps it', async () => {
    site = new Installation({ rules: SILENT });
    await site.start();
    await startSchoolAndAgent();
    let cookie = await login();
    await until('the agent to be heard', 10_000, async () => {
      const devices = await fetch(`${site.url}/api/schools/${site.school}/devices`, { headers: { cookie } });
      return (await devices.text()).includes('"r1"');
    });
    await site.process('agent')!.end('SIGKILL');
    await until('the alert', 15_000, async () =>
      (await overview(cookie)).open.some((a) => a.rule === 'agent-silent' && a.owner === 'internal'),
    );

    await site.process('collector')!.end('SIGKILL');
    await site.launch('collector');
    cookie = cookie || (await login());
    expect((await overview(cookie)).open.map((a) => a.rule)).toEqual(['agent-silent']);

    await site.launch('agent');
    await until('the end of the alert', 15_000, async () => (await overview(cookie)).open.length === 0);
    expect((await overview(cookie)).resolved.map((a) => a.rule)).toEqual(['agent-silent']);
    await site.stop();
  });
});

describe('an agent that reports on itself', () => {
  it('is heard by the rules, with the targets of the reload before', { timeout: 120_000 }, async () => {
    const rule =
      '{ name: polls-two, domain: agent, severity: info, measurement: agent, field: targets, above: 1, summary: "{host} at {site} polls {value}" }';
    site = new Installation({ rules: `rules: [${rule}]\n` });
    await site.start();
    await startSchoolAndAgent();
    appendFileSync(site.file('agent'), `  - { name: r2, host: 127.0.0.1, role: router, snmp: false }\n`);
    const agent = site.process('agent')!;
    process.kill(agent.pid, 'SIGHUP');
    await agent.waitForLog('configuration reloaded');
    const cookie = await login();
    // The first report comes after 10 s; the second, a minute later, should the reload have been slower than that.
    const alert = await until('the report', 90_000, async () => (await overview(cookie)).open[0]);
    expect(alert).toMatchObject({ rule: 'polls-two', summary: `${hostname()} at main polls 2` });
    await site.stop();
  });
});

describe('SIGHUP', () => {
  it('takes a good configuration, and refuses a bad one with every mistake while the old stays in force', async () => {
    site = new Installation({ rules: SILENT });
    const collector = await site.start();
    await startSchoolAndAgent();
    const agent = site.process('agent')!;

    writeFileSync(
      site.file('agent'),
      readFileSync(site.file('agent'), 'utf8').replace('role: router', 'role: toaster'),
    );
    process.kill(agent.pid, 'SIGHUP');
    const refusal = await agent.waitForLog('configuration not reloaded, the old one stays in force');
    expect(refusal['err']).toMatch(/agent\.yaml:\d+:\d+: targets\[0\]\.role: expected one of router, .*got "toaster"/);

    writeFileSync(
      site.file('agent'),
      readFileSync(site.file('agent'), 'utf8').replace('role: toaster', 'role: switch'),
    );
    process.kill(agent.pid, 'SIGHUP');
    await agent.waitForLog('configuration reloaded');

    writeFileSync(join(site.dir, 'rules.yaml'), 'rules: [{ name: x, severity: loud }]\n');
    process.kill(collector.pid, 'SIGHUP');
    const refused = await collector.waitForLog('configuration not reloaded, the old one stays in force');
    expect(refused['err']).toMatch(/rules\.yaml:\d+:\d+: .*severity: expected one of/);
    expect((await fetch(`${site.url}/readyz`)).status).toBe(200);

    writeFileSync(join(site.dir, 'rules.yaml'), SILENT.replace('agent-silent', 'no-agent'));
    process.kill(collector.pid, 'SIGHUP');
    await collector.waitForLog('configuration reloaded');
    await site.stop();
    for (const { process: p } of site.past)
      expect(p.lines.join('\n')).not.toMatch(new RegExp(`${site.token}|whsec_MfKQ|school-ro`));
  });
});

describe('an agent whose metrics port is taken', () => {
  it('says so and ends with 1, with nothing left running', async () => {
    site = new Installation({ rules: SILENT });
    await site.start();
    const taken = new URL(site.url).port;
    site.writeAgent(
      `listen: { port: ${taken} }\ntargets:\n  - { name: r1, host: 127.0.0.1, snmp: false, ping: { interval: 1s } }`,
    );
    const result = await runProgram('agent/main.ts', ['run', '--config', site.file('agent')]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/EADDRINUSE/);
    expect(result.stderr).not.toMatch(/\n {4}at /);
  });
});

describe('the command line', () => {
  it('backs up a running collector, and the copy starts', async () => {
    site = new Installation({ rules: SILENT });
    await site.start();
    const to = join(site.dir, 'copy');
    const backup = await runProgram('collector/main.ts', ['backup', '--config', site.file('collector'), '--to', to]);
    expect(backup).toMatchObject({ code: 0, stdout: `${join(to, 'state.db')}\n${join(to, 'metrics.db')}\n` });
    expect(
      await runProgram('collector/main.ts', ['backup', '--config', site.file('collector'), '--to', to]),
    ).toMatchObject({ code: 1 });
    await site.stop();

    writeFileSync(site.file('collector'), readFileSync(site.file('collector'), 'utf8').replace('./data', './copy'));
    await site.launch('collector');
    const tokens = await runProgram('collector/main.ts', ['token', 'list', '--config', site.file('collector')]);
    expect(tokens.stdout).toMatch(/lincoln-charter\tmain\t.*\tgood/);
    // The copy has the admin token's hash, so no new one is announced.
    expect(site.past.at(-1)!.process.stdout).toBe('');
  });

  it('ends a token at once for new agents, and refuses schools and sites that cannot be', async () => {
    site = new Installation({ rules: SILENT });
    await site.start();
    const config = ['--config', site.file('collector')];
    const list = await runProgram('collector/main.ts', ['token', 'list', ...config]);
    const id = list.stdout.split('\t')[0]!;
    expect(await runProgram('collector/main.ts', ['token', 'revoke', ...config, '--id', id])).toMatchObject({
      code: 0,
    });
    expect(await runProgram('collector/main.ts', ['token', 'revoke', ...config, '--id', id])).toMatchObject({
      code: 1,
    });
    const write = await fetch(`${site.url}/api/v2/write`, {
      method: 'POST',
      headers: { authorization: `Token ${site.token}` },
      body: 'm v=1',
    });
    expect(write.status).toBe(401);
    const elsewhere = await runProgram('collector/main.ts', [
      'token',
      'create',
      ...config,
      '--school',
      'hogwarts',
      '--site',
      'main',
    ]);
    expect(elsewhere).toMatchObject({ code: 1, stdout: '' });
    expect(elsewhere.stderr).toMatch(/unknown school "hogwarts"; the configuration has lincoln-charter/);
  });
});
