import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Overview } from '../../core/page-api.ts';
import { runProgram, until } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';
import { Installation } from './installation.ts';

/** One for each place of a configuration that may hold a secret, in the form that its place asks for. */
const MARK = {
  webhook: Buffer.from('marker-of-the-webhook-secret-0').toString('base64'),
  rotated: Buffer.from('marker-of-the-rotated-secret-1').toString('base64'),
  webhookPath: 'marker-webhook-path',
  slackPath: 'marker-slack-path',
  discordPath: 'marker-discord-path',
  teamsPath: 'marker-teams-path',
  ntfyTopic: 'marker-ntfy-topic',
  ntfyToken: 'tk_markerntfytoken',
  pushoverToken: 'markerpushovertoken00000000000',
  pushoverUser: 'markerpushoveruser000000000000',
  twilioToken: 'facade00facade00facade00facade00',
  pagerduty: 'markerpagerdutyroutingkey0000000',
  alertmanager: 'marker-alertmanager-password',
  mailPassword: 'marker-mail-password',
  calendar: 'marker-calendar-key',
  community: 'marker-community',
  authKey: 'marker-auth-key-of-v3',
  privKey: 'marker-priv-key-of-v3',
  badSecret: 'marker-secret-of-a-wrong-form',
  wrongPassword: 'marker wrong password',
  wrongToken: 'bwa_marker-wrong-token',
  writeToken: 'bw_marker-in-the-query',
} as const;

const CHANNELS = [
  'webhook',
  'slack',
  'discord',
  'teams',
  'ntfy',
  'pushover',
  'twilio',
  'pagerduty',
  'alertmanager',
  'email',
];

const RULES =
  'rules:\n  - { name: it-is-down, domain: switching, severity: critical, measurement: device, field: down, above: 0, for: 1s, summary: "{device} is down" }\n';

/** Tells whoever calls it everything that it was told: a service that quotes a request in its error. */
async function echo(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      const said = `${request.url} ${JSON.stringify(request.headers)} ${body}`;
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: said, message: said, errors: [said], status: said }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

function schoolFile(port: number): string {
  const at = `http://127.0.0.1:${port}`;
  const gone = 'http://127.0.0.1:9';
  const channels = [
    `{ type: webhook, url: "${at}/${MARK.webhookPath}", secret: [whsec_${MARK.webhook}, whsec_${MARK.rotated}] }`,
    `{ type: webhook, url: "${gone}/${MARK.webhookPath}-gone", secret: whsec_${MARK.webhook} }`,
    `{ type: slack, url: "${at}/${MARK.slackPath}" }`,
    `{ type: discord, url: "${at}/${MARK.discordPath}" }`,
    `{ type: teams, url: "${at}/${MARK.teamsPath}" }`,
    `{ type: ntfy, url: "${at}/${MARK.ntfyTopic}", token: ${MARK.ntfyToken} }`,
    `{ type: pushover, token: ${MARK.pushoverToken}, user_key: ${MARK.pushoverUser}, url: "${at}" }`,
    `{ type: twilio, account_sid: AC${'0'.repeat(32)}, auth_token: ${MARK.twilioToken}, from: "+15551230100", to: "+15551230101", url: "${at}" }`,
    `{ type: pagerduty, routing_key: ${MARK.pagerduty}, url: "${at}" }`,
    `{ type: alertmanager, url: "${at}", user: bw, password: ${MARK.alertmanager} }`,
    `{ type: email, to: kim@example.org }`,
  ];
  return [
    'school: hilltop',
    'tz: America/Chicago',
    'parties:',
    '  internal: { contacts: [kim], coverage: always }',
    '  provider: { contacts: [noc], coverage: always }',
    'contacts:',
    `  kim: { channels: [${channels.join(', ')}] }`,
    `  noc: { channels: [${channels.slice(0, 6).join(', ')}] }`,
    'safety_net: [kim, noc]',
    'base: { owner: internal }',
    `calendars: { district: { url: "${at}/district.ics?key=${MARK.calendar}" } }`,
    '',
  ].join('\n');
}

const COLLECTOR = [
  'log_level: trace',
  `email: { host: 127.0.0.1, port: 9, tls: none, user: bw, password: ${MARK.mailPassword}, from: bw@example.org }`,
].join('\n');

const AGENT = (port: number): string =>
  [
    'interval: 1s',
    'credentials:',
    `  default: { version: 2c, community: ${MARK.community}, port: ${port}, timeout: 200ms, retries: 0 }`,
    `  three: { version: 3, user: bw, auth_protocol: sha256, auth_key: ${MARK.authKey}, priv_protocol: aes, priv_key: ${MARK.privKey}, port: ${port}, timeout: 200ms, retries: 0 }`,
    'targets:',
    '  - { name: sw-1, host: 127.0.0.1, role: switch, ping: false }',
    '  - { name: sw-2, host: 127.0.0.1, role: switch, snmp: three, ping: false }',
    'log_level: trace',
  ].join('\n');

let site: Installation;
let receiver: Awaited<ReturnType<typeof echo>>;
/** Everything that came out, by where. */
const out = new Map<string, string>();

beforeEach(async () => {
  receiver = await echo();
  site = new Installation({ school: 'hilltop', rules: RULES, schoolFile: schoolFile(receiver.port) });
});
afterEach(async () => {
  await site.abandon();
  receiver.server.closeAllConnections();
  receiver.server.close();
});

const keep = (where: string, text: string): void => void out.set(where, (out.get(where) ?? '') + text);

async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<string> {
  const reply = await fetch(`${site.url}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await reply.text();
  keep(`${method} ${path.split('?')[0]}`, `${JSON.stringify([...reply.headers])} ${text}`);
  return text;
}

async function command(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runProgram('collector/main.ts', args);
  keep(args.slice(0, 2).join(' '), stdout + stderr);
  return stdout;
}

/** Opens an alert and waits until each of Kim's channels was tried. */
async function openAnAlert(authorization: string): Promise<void> {
  await until('the alert to open and every channel to be tried', 120_000, async () => {
    await fetch(`${site.url}/api/v2/write`, {
      method: 'POST',
      headers: { authorization: `Token ${site.token}` },
      body: 'device,device=sw-9,role=switch state="down",down=1i',
    });
    const overview = (await (
      await fetch(`${site.url}/api/overview`, { headers: { authorization } })
    ).json()) as Overview;
    const tried = overview.open.flatMap(({ told }) => told).filter(({ attempts }) => attempts > 0);
    return CHANNELS.every((channel) => tried.some((one) => one.channel === channel));
  });
}

/** Every GET of the API document, as the operator. */
async function askEverything(authorization: string): Promise<number> {
  const overview = JSON.parse(await ask('GET', '/api/overview', { authorization })) as { open: { id: string }[] };
  const document = JSON.parse(await ask('GET', '/api/openapi.json')) as { paths: Record<string, object> };
  // A running collector has the routes that its document tells of, and that other tests hold to it.
  expect(document).toEqual(JSON.parse(readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8')));
  const paths = Object.entries(document.paths).filter(([, of]) => 'get' in of);
  const now = Date.now();
  const query = `?measurement=device&field=down&device=sw-9&from=${now - 60_000}&to=${now}&step=1000`;
  for (const [path] of paths) {
    const url = path.replace('{school}', 'hilltop').replace('{id}', overview.open[0]!.id).replace('{token}', 'none');
    await ask('GET', url + (url.endsWith('series') ? query : url.endsWith('sla') ? '?month=2026-11' : ''), {
      authorization,
    });
  }
  return paths.length;
}

it('no secret of a configuration comes out in a log, an answer, a metric or a command, whatever fails', async () => {
  site.writeCollector();
  const start = site.writeCollector.bind(site);
  site.writeCollector = (extra = '') => start(`${COLLECTOR}\n${extra}`);
  await site.start();
  site.writeAgent(AGENT(receiver.port));
  await site.launch('agent');
  const admin = /admin token: (\S+)/.exec(site.past[0]!.process.stdout)![1]!;
  await openAnAlert(`Bearer ${admin}`);
  const config = ['--config', site.file('collector')];
  const password = (
    await command('account', 'add', ...config, '--login', 'kim', '--role', 'director', '--schools', 'hilltop')
  ).trim();
  const token = (await command('token', 'create', ...config, '--scope', 'auditor', '--schools', 'hilltop')).trim();
  out.clear();

  await ask('POST', '/login', {}, JSON.stringify({ login: 'kim', password: MARK.wrongPassword }));
  await ask('POST', '/login', {}, JSON.stringify({ token: MARK.wrongToken }));
  await ask('POST', '/login', {}, `{"password": "${MARK.wrongPassword}`);
  await ask('POST', `/write?db=x&u=bw&p=${MARK.writeToken}`, {}, 'm v=1');
  await ask('GET', '/api/overview', { authorization: `Bearer ${MARK.wrongToken}` });
  await ask('GET', `/ics/bwc_${MARK.writeToken}.ics`);
  await ask('GET', '/api/overview', { authorization: `Bearer ${token}` });
  await ask('POST', '/login', {}, JSON.stringify({ login: 'kim', password }));
  expect(await askEverything(`Bearer ${admin}`)).toBeGreaterThan(20);

  await command('check', ...config);
  await command(
    'explain',
    ...config,
    '--alert',
    '{"domain":"switching","severity":"critical"}',
    '--at',
    '2026-11-05T12:00',
  );
  await command('coverage', ...config, '--from', '2026-11-02', '--days', '14');
  await command('calendar', 'preview', ...config);
  await command('token', 'list', ...config);
  await command('account', 'list', ...config);
  await command('audit', 'export', ...config);
  await command('audit', 'export', ...config, '--school', 'hilltop');
  await command('audit', 'verify', ...config);
  await command('backup', ...config, '--to', join(site.dir, 'copy'));
  const broken = schoolFile(receiver.port)
    .replace(`whsec_${MARK.rotated}`, MARK.badSecret)
    .replace(MARK.ntfyTopic, `${MARK.ntfyTopic}/two/parts`)
    .replace(MARK.pushoverToken, `${MARK.pushoverToken}-too-long`)
    .replace('type: slack', 'type: slick');
  writeFileSync(join(site.dir, 'school.yaml'), broken);
  expect(await runProgram('collector/main.ts', ['check', ...config])).toMatchObject({ code: 1 });
  await command('check', ...config);
  site.process('collector')!.child.kill('SIGHUP');
  await until('the reload to be refused', 60_000, async () =>
    site.process('collector')!.log.some((line) => line.level >= 50),
  );
  await site.stop();
  for (const { role, process } of site.past) keep(`the log of the ${role}`, process.lines.join('\n'));
  keep('what the agent prints', site.past.find(({ role }) => role === 'agent')!.process.stdout);

  const secrets = { ...MARK, admin, password, token, agent: site.token };
  const leaks = [...out].flatMap(([where, text]) =>
    Object.entries(secrets)
      .filter(([, secret]) => text.includes(secret) || text.includes(encodeURIComponent(secret)))
      .map(([name, secret]) => {
        const at = text.indexOf(secret);
        return `${name} in ${where}: ...${text.slice(Math.max(0, at - 150), at + 60)}`;
      }),
  );
  expect(leaks).toEqual([]);
  expect(out.size).toBeGreaterThan(30);
}, 300_000);
