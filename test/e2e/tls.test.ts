import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type SecureVersion } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteSpool } from '../../agent/spool/sqlite-spool.ts';
import { createStore, storageSchema } from '../../collector/storage/config.ts';
import { parseLines } from '../../core/line-protocol.ts';
import { systemClock } from '../../runtime/clock.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';
import { freePort } from '../../sim/free-port.ts';
import { SimulatedSchool } from '../../sim/school.ts';
import { textOf } from '../agent/spool/fixture.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { runProgram, until } from '../support/process.ts';
import { storeParts } from '../support/store-parts.ts';
import { Installation } from './installation.ts';

let dir: string;
let tls: Certificates;
let site: Installation | undefined;
let school: SimulatedSchool | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bw-tls-'));
  tls = makeCertificates(dir);
});

afterEach(async () => {
  await site?.abandon();
  await school?.stop();
  site = undefined;
  school = undefined;
  rmSync(dir, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** As a browser that trusts the authority. */
async function ask(path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST';
  const sent = request(`${site!.url}${path}`, { method, headers, ca: readFileSync(tls.ca), agent: false });
  sent.end(body);
  const [reply] = await once(sent, 'response');
  return { status: reply.statusCode, headers: reply.headers, body: await text(reply) };
}

/** The session's cookie with its attributes. */
async function login(): Promise<string> {
  const token = /admin token: (\S+)/.exec(site!.past[0]!.process.stdout)![1]!;
  const headers = { 'content-type': 'application/json', origin: site!.url };
  const reply = await ask('/login', headers, JSON.stringify({ token }));
  expect(reply.status).toBe(204);
  return reply.headers['set-cookie']![0]!;
}

async function devices(cookie: string): Promise<string> {
  return (await ask(`/api/schools/${site!.school}/devices`, { cookie: cookie.split(';')[0]! })).body;
}

/** The agent's file around one simulated router. */
async function oneRouter(listen: number): Promise<string> {
  school = new SimulatedSchool({ clock: systemClock, port: 0 });
  await school.start();
  return [
    `listen: { port: ${listen} }`,
    'interval: 1s',
    // One record a poll.
    'facts: false',
    `credentials: { default: { version: 2c, community: ${school.community}, port: ${school.port} } }`,
    `targets: [{ name: r1, host: ${school.devices[0]!.spec.address}, role: router, ping: false }]`,
  ].join('\n');
}

/** How many records wait in the spool of the running agent. */
async function waitingRecords(port: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^bellwether_agent_spool_records (\d+)$/m.exec(metrics)?.[1]);
}

/** Times of the polls that wait in the spool of an agent that is not running. */
function waitingPolls(): number[] {
  const path = join(site!.dir, 'spool.db');
  const bounds = { maxBytes: 1024 ** 3, maxAgeMs: 86_400_000 };
  const spool = new SqliteSpool({ path, ...bounds, ...storeParts, metrics: new SelfMetrics() });
  spool.start();
  const batch = spool.peek({ maxBytes: 1024 ** 2 });
  spool.stop();
  const { samples } = parseLines(batch ? textOf(batch) : '', { precision: 'ms', now: 0 });
  return samples.filter((s) => s.measurement === 'snmp').map((s) => s.time);
}

async function storedPolls(): Promise<number[]> {
  const parts = { ...storeParts, dataDir: join(site!.dir, 'data') };
  const store = createStore(storageSchema.parse({ driver: 'sqlite' }), parts);
  await store.start();
  try {
    const query = { school: site!.school, measurement: 'snmp', field: 'poll_duration_ms', from: 0, to: 9e12 };
    return (await store.range(query)).flatMap((series) => series.points.map(([time]) => time));
  } finally {
    await store.stop();
  }
}

/** What came of a handshake with one version of TLS: the version, or the error's code. */
async function handshake(version: SecureVersion): Promise<string> {
  const { hostname: host, port } = new URL(site!.url);
  // OpenSSL itself would refuse to speak the old versions at its default security level.
  const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
  const socket = connect({ host, port: Number(port), ca: readFileSync(tls.ca), ...old });
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol()!;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  } finally {
    socket.destroy();
  }
}

describe('a collector with the certificate of a private authority', () => {
  it('gets nothing from an agent that does not trust it, and every poll once the agent does', async () => {
    site = new Installation({ tls });
    const listening = await (await site.start()).waitForLog('listening');
    expect(listening['url']).toBe(site.url);
    const port = await freePort();
    const router = await oneRouter(port);
    const cookie = await login();

    site.writeAgent(router, { trust: false });
    const stranger = await site.launch('agent');
    const refusal = await stranger.waitForLog('deliveries do not get through; records wait in the spool');
    expect(refusal['reason']).toMatch(/certificate is not of an authority trusted here: set ca_file/);
    await until('three polls in the spool', 15_000, async () => (await waitingRecords(port)) >= 3);
    expect(await stranger.end('SIGTERM')).toBe(0);
    expect(await devices(cookie)).not.toContain('"r1"');
    const kept = waitingPolls();
    expect(kept.length).toBeGreaterThanOrEqual(3);

    site.writeAgent(router);
    await site.launch('agent');
    // Fresh polls and what waited take turns: the device is seen before all of it has come.
    await until('an empty spool', 15_000, async () => (await waitingRecords(port)) === 0);
    await until('the device', 15_000, async () => (await devices(cookie)).includes('"r1"'));
    await site.stop();
    expect(await storedPolls()).toEqual(expect.arrayContaining(kept));
  });

  it('gives the page a cookie for TLS only, and speaks TLS 1.2 and 1.3 but no older one', async () => {
    site = new Installation({ tls });
    await site.start();
    expect(await login()).toMatch(/; Secure(;|$)/);
    expect((await ask('/')).headers['strict-transport-security']).toMatch(/max-age=\d+/);
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2');
    expect(await handshake('TLSv1.3')).toBe('TLSv1.3');
    // Its own alert (RFC 5246 7.2.2: protocol_version), not a failure of this client.
    expect(await handshake('TLSv1.1')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    await site.stop();
  });

  it('is refused by an agent that asked for another name', async () => {
    const other = join(dir, 'other');
    mkdirSync(other);
    site = new Installation({ tls: makeCertificates(other, 'DNS:collector.example.org') });
    await site.start();
    site.writeAgent(await oneRouter(await freePort()));
    const agent = await site.launch('agent');
    const refusal = await agent.waitForLog('deliveries do not get through; records wait in the spool');
    expect(refusal['reason']).toMatch(/does not match certificate's altnames: IP: 127\.0\.0\.1/);
    await site.stop();
  });
});

describe('check', () => {
  it('says which key, certificate or authority cannot be used', async () => {
    const other = join(dir, 'other');
    mkdirSync(other);
    site = new Installation({ tls: { ...tls, key: makeCertificates(other).key } });
    site.writeCollector();
    const collector = ['check', '--config', site.file('collector')];
    expect(await runProgram('collector/main.ts', collector)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/:1:\d+: listen\.key: expected the key of the certificate, got that of another/),
    });

    const path = (key: string): string => `listen: { ${key} }\nrules: [rules]\nschools: [schools]\n`;
    writeFileSync(site.file('collector'), path(`cert: ${tls.cert}, key: ${tls.key}`));
    const paths = await runProgram('collector/main.ts', collector);
    expect(paths.stderr).toMatch(/listen\.cert: expected certificates as PEM text \(their path goes to .*_file/);
    expect(paths.stderr).toMatch(/listen\.key: expected an unencrypted private key as PEM text .*not shown/);

    const broken = '-----BEGIN CERTIFICATE-----\nTk9QRQ==\n-----END CERTIFICATE-----\n';
    writeFileSync(join(dir, 'broken.pem'), readFileSync(tls.ca, 'utf8') + broken);
    site.token = 'any';
    site.writeAgent('targets: [{ name: a, host: 127.0.0.1, snmp: false }]');
    const agent = ['check', '--config', site.file('agent')];
    expect(await runProgram('agent/main.ts', agent)).toMatchObject({ code: 0 });
    writeFileSync(site.file('agent'), readFileSync(site.file('agent'), 'utf8').replace('ca.pem', 'broken.pem'));
    expect(await runProgram('agent/main.ts', agent)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/collector\.ca: expected certificates as PEM/),
    });
  });
});
