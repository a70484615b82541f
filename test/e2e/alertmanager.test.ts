import { afterEach, expect, it } from 'vitest';
import type { AlertDetail, Overview } from '../../core/page-api.ts';
import { NtfyInbox, type NtfyNotice, press } from '../../sim/ntfy-inbox.ts';
import { pushover, pushoverWithReceipts } from '../collector/notify/channels/services/pushover.ts';
import { type StandIn, startStandIn } from '../collector/notify/channels/stand-in.ts';
import { startAlertmanager } from '../support/alertmanager.ts';
import { runProgram, until } from '../support/process.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { Installation } from './installation.ts';

const notices: NtfyNotice[] = [];
const inbox = new NtfyInbox((notice) => notices.push(notice));
const pushy = pushoverWithReceipts(() => Date.now());
const school = (ntfy: string, emergency: string): string => `school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
contacts:
  kim: { name: Kim Lee, channels: [{ type: ntfy, url: "${ntfy}/kim" }] }
  noc: { channels: [{ type: ntfy, url: "${ntfy}/noc" }, ${JSON.stringify(pushover.settings(emergency))}] }
safety_net: [kim, noc]
base: { owner: internal }
engagements:
  - { id: wifi, kind: domain, status: approved, approvals: [internal, provider], approved_at: 2026-01-01, grants: [{ owner: provider, scope: { domain: wireless } }] }
`;

let site: Installation;
let manager: ServerProcess | undefined;
let standIn: StandIn;
afterEach(async () => {
  await manager?.stop();
  await site.abandon();
  await inbox.stop();
  await standIn.close();
});

const api = async <T>(path: string): Promise<T> => {
  const token = /admin token: (\S+)/.exec(site.past[0]!.process.stdout)![1]!;
  const reply = await fetch(`${site.url}/api/${path}`, { headers: { authorization: `Bearer ${token}` } });
  return (await reply.json()) as T;
};
/** Tells Debian's Alertmanager, as Prometheus would. */
const tell = async (alertname: string, more: object): Promise<void> => {
  const alert = {
    labels: { alertname, severity: 'critical', domain: 'wireless', instance: 'ap-7:9116' },
    annotations: { summary: `${alertname} on ap-7` },
    startsAt: new Date(Date.now() - 1_000).toISOString(),
    ...more,
  };
  const reply = await fetch(`${manager!.url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([alert]),
  });
  expect(reply.status).toBe(200);
};
const of = (rule: string, list: Overview['open']) => list.filter((alert) => alert.rule === rule);
const told = (topic: string, title: RegExp): NtfyNotice[] =>
  notices.filter((notice) => notice.topic === topic && title.test(notice.title));

it("what Debian's Alertmanager tells is routed, acknowledged from a lock screen and closed, over a collector that is killed in the middle", async () => {
  standIn = await startStandIn(pushy.service);
  site = new Installation({ school: 'hilltop', schoolFile: school(await inbox.start(), standIn.url) });
  let collector = await site.start();
  // The address is known once it has a port.
  site.writeCollector(`public_url: ${site.url}\nnotify: { group: 0s }`);
  await collector.end('SIGTERM');
  collector = await site.launch('collector');
  manager = await startAlertmanager({ url: `${site.url}/ingest/alertmanager`, token: site.token });

  await tell('ApDown', {});
  const open = await until('the alert', 20_000, async () => of('ApDown', (await api<Overview>('overview')).open)[0]);
  expect(open).toMatchObject({
    owner: 'provider',
    why: 'wifi#0',
    severity: 'critical',
    device: 'ap-7',
    domain: 'wireless',
  });
  const notice = await until('the page', 20_000, () => told('noc', /^CRITICAL.*ApDown/)[0]);

  // From the lock screen: once.
  const [button] = notice.actions;
  expect(button).toMatchObject({ action: 'http', label: 'Acknowledge', clear: true });
  expect(await press(button!)).toBe(true);
  expect(await press(button!)).toBe(false);
  const acked = await api<AlertDetail>(`schools/hilltop/alerts/${open.id}`);
  expect(acked.alert.ackedBy).toBe('provider');
  expect(acked.timeline.find(({ type }) => type === 'acked')!.detail).toMatchObject({ by: 'noc', via: 'link' });

  // Gone while one ends and another begins: Alertmanager tells again until it is heard.
  await collector.end('SIGKILL');
  await tell('ApDown', { endsAt: new Date().toISOString() });
  await tell('ApSlow', {});
  collector = await site.launch('collector');
  const closed = await until(
    'the end',
    60_000,
    async () => of('ApDown', (await api<Overview>('overview')).resolved)[0],
  );
  expect(closed.id).toBe(open.id);
  const other = await until('the other', 60_000, async () => of('ApSlow', (await api<Overview>('overview')).open)[0]);
  // Acknowledged elsewhere, and over: nothing of the first rings any more.
  const rings = () => [...pushy.ringing.values()];
  await until('the end of the ringing', 30_000, () => rings()[0]!.cancelled);
  await until('the emergency', 20_000, () => rings().length > 1);
  rings().at(-1)!.acknowledgedAt = Date.now();
  const ackedOther = await until('the press', 30_000, async () => {
    const detail = await api<AlertDetail>(`schools/hilltop/alerts/${other.id}`);
    return detail.timeline.find(({ type }) => type === 'acked');
  });
  expect(ackedOther.detail).toMatchObject({ party: 'provider', by: 'noc', via: 'pushover' });
  expect(pushy.refusals).toEqual([]);
  await until('the news that it is over', 20_000, () => told('noc', /^RESOLVED.*ApDown/)[0]);

  // A lost phone: the link it holds ends, though nobody used it.
  const page = await until('its page', 20_000, () => told('noc', /^CRITICAL.*ApSlow/)[0]);
  const look = async () => (await fetch(page.actions[1]!.url)).status;
  expect(await look()).toBe(200);
  expect((await runProgram('collector/main.ts', ['links', 'revoke', '--config', site.file('collector')])).code).toBe(0);
  expect(await look()).toBe(404);
  expect(await press(page.actions[0]!)).toBe(false);

  // It has been told again and again meanwhile: one alert, one page, one end each.
  const again = await api<AlertDetail>(`schools/hilltop/alerts/${open.id}`);
  const types = again.timeline.map(({ type }) => type);
  expect(types.filter((type) => type === 'opened' || type === 'acked' || type === 'resolved')).toEqual([
    'opened',
    'acked',
    'resolved',
  ]);
  expect(told('noc', /^CRITICAL.*ApDown/)).toHaveLength(1);
  expect(told('noc', /^RESOLVED.*ApDown/)).toHaveLength(1);
  const overview = await api<Overview>('overview');
  expect([of('ApSlow', overview.open).length, of('ApDown', overview.open).length]).toEqual([1, 0]);
  await site.stop();
}, 180_000);
