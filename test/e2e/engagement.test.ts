import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { CalendarList } from '../../core/calendar-api.ts';
import type { AlertDetail, Overview } from '../../core/page-api.ts';
import { until } from '../support/process.ts';
import { Installation } from './installation.ts';

const RULES = `rules:
  - { name: broken, domain: wireless, severity: warning, measurement: thing, field: broken, above: 0, summary: "{device} is broken" }
`;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';
const contact = `{ channels: [{ type: webhook, url: "http://127.0.0.1:9/", secret: "${SECRET}" }, { type: ntfy, url: "http://127.0.0.1:9/topic" }] }`;
const school = (engagement: string): string => `school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
contacts: { kim: ${contact}, noc: ${contact} }
safety_net: [kim, noc]
base: { owner: internal }
calendars: { district: { file: district.ics, map: [{ summary: "(?i)state test", category: TESTING }] } }
engagements:
  - { id: tests, kind: threshold, status: approved, approvals: [internal, provider], ${engagement} }
`;
const TESTS = 'approved_at: 2026-01-01, grants: [{ owner: provider, when: { calendar: district, category: TESTING } }]';

/** A calendar in which a test window is on now. */
function feed(): string {
  const day = (offset: number): string =>
    new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//test//EN',
    'BEGIN:VEVENT',
    'UID:1',
    `DTSTART;VALUE=DATE:${day(-5)}`,
    `DTEND;VALUE=DATE:${day(10)}`,
    'SUMMARY:State Test window',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

let site: Installation;
afterEach(() => site.abandon());

const api = async <T>(path: string, body?: object): Promise<{ status: number; body: T }> => {
  const token = /admin token: (\S+)/.exec(site.past[0]!.process.stdout)![1]!;
  const reply = await fetch(`${site.url}/api/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: reply.status, body: (await reply.json()) as T };
};
const push = async (line: string): Promise<void> => {
  const headers = { authorization: `Token ${site.token}` };
  expect((await fetch(`${site.url}/api/v2/write`, { method: 'POST', headers, body: line })).status).toBe(204);
};
const ownerOf = async (device: string): Promise<string | undefined> => {
  const { body } = await api<Overview>('overview');
  const alert = body.open.find((a) => a.device === device);
  return alert && `${alert.owner} by ${alert.why}`;
};

it('an agreement by calendar decides in a running collector: approved changes, lapses of files, acknowledgements over a crash', async () => {
  site = new Installation({ school: 'hilltop', rules: RULES, schoolFile: school(TESTS) });
  writeFileSync(join(site.dir, 'district.ics'), feed());
  let collector = await site.start();
  const reload = async (text: string): Promise<void> => {
    writeFileSync(join(site.dir, 'school.yaml'), text);
    process.kill(collector.pid, 'SIGHUP');
  };

  // The calendar is read within a moment; until then the base decides.
  await until('the calendar', 15_000, async () => {
    const { body } = await api<CalendarList>('schools/hilltop/calendars');
    return body.calendars[0]?.status === 'ok';
  });
  await push('thing,device=ap-1 broken=1');
  expect(await ownerOf('ap-1')).toBe('provider by tests#0');

  // Acknowledged, killed, started again: it still is.
  const { body: seen } = await api<Overview>('overview');
  const { id } = seen.open[0]!;
  const acked = { action: 'ack', party: 'provider', by: 'Noa', note: 'on it' };
  expect((await api(`schools/hilltop/alerts/${id}/actions`, acked)).status).toBe(200);
  await collector.end('SIGKILL');
  collector = await site.launch('collector');
  const { body: detail } = await api<AlertDetail>(`schools/hilltop/alerts/${id}`);
  expect(detail.alert).toMatchObject({ owner: 'provider', ackedBy: 'provider' });
  expect(detail.timeline.map(({ type }) => type)).toEqual(expect.arrayContaining(['opened', 'acked']));

  // A calendar that is no longer one: the last good copy stays in force.
  writeFileSync(join(site.dir, 'district.ics'), '<html>moved</html>');
  // A change without a new approval: the old version stays; with one it counts, and moves what nobody acknowledged.
  await push('thing,device=ap-2 broken=1');
  expect(await ownerOf('ap-2')).toBe('provider by tests#0');
  await reload(school(TESTS.replace('owner: provider', 'owner: internal')));
  const kept = await until('the finding', 10_000, () =>
    collector.log.find(({ msg }) => String(msg).startsWith('engagement tests was changed')),
  );
  expect(kept.msg).toContain('approved_at is still 2026-01-01');
  expect(await ownerOf('ap-2')).toBe('provider by tests#0');
  await reload(school(TESTS.replace('owner: provider', 'owner: internal').replace('2026-01-01', '2026-02-01')));
  await until('the move', 10_000, async () => (await ownerOf('ap-2')) === 'internal by tests#0');
  expect(await ownerOf('ap-1')).toBe('provider by tests#0');

  // What the linter calls an error is refused as a whole, with its place.
  await reload(school(TESTS).replace('kind: threshold', 'kind: adhoc'));
  const refused = await collector.waitForLog('configuration not reloaded, the old one stays in force');
  expect(refused['err']).toMatch(/school\.yaml:11:\d+: engagements\[0\]\.until: expected an end/);
  expect(readFileSync(join(site.dir, 'school.yaml'), 'utf8')).toContain('adhoc');
  expect(await ownerOf('ap-2')).toBe('internal by tests#0');
  await site.stop();
}, 90_000);
