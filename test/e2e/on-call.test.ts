import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { OnCallList, SafetyNetReport } from '../../core/on-call-api.ts';
import type { Overview } from '../../core/page-api.ts';
import { Phone } from '../../sim/phone.ts';
import { until } from '../support/process.ts';
import { Installation } from './installation.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';
const RULES = `rules:
  - { name: broken, domain: wireless, severity: warning, measurement: thing, field: broken, above: 0, summary: "{device} is broken" }
`;
const DAY = 86_400_000;
const day = (offset: number): string =>
  new Date(Date.now() + offset * DAY).toISOString().slice(0, 10).replaceAll('-', '');

/** Ada yesterday, today and tomorrow. */
const SHIFTS = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//test//EN',
  'BEGIN:VEVENT',
  'UID:1',
  `DTSTART;VALUE=DATE:${day(-1)}`,
  `DTEND;VALUE=DATE:${day(2)}`,
  'SUMMARY:On call: Ada Okafor',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

const phones = ['ada', 'noc', 'head'].map((name) => new Phone({ name, secret: SECRET }));
const [ada, noc, head] = phones as [Phone, Phone, Phone];
let site: Installation;
afterEach(async () => {
  await site.abandon();
  for (const phone of phones) await phone.stop();
});

it('a running collector pages who is on call by the calendar, and tests the safety net over the real channels, once over a crash', async () => {
  const [adaUrl, nocUrl, headUrl] = [await ada.start(), await noc.start(), await head.start()];
  const webhook = (url: string, secret = SECRET): string => `{ type: webhook, url: "${url}", secret: "${secret}" }`;
  site = new Installation({
    school: 'hilltop',
    rules: RULES,
    schoolFile: `school: hilltop
tz: UTC
parties:
  provider: { contacts: [noc, ada], coverage: always, on_call: { calendar: duty } }
contacts:
  noc: { name: NOC, channels: [${webhook(nocUrl)}] }
  ada: { name: Ada Okafor, channels: [${webhook(adaUrl)}] }
  # The second has the wrong secret: the phone refuses it for good, as it would in earnest.
  head: { channels: [${webhook(headUrl)}, ${webhook(headUrl, SECRET.replace('Mf', 'mF'))}, { type: ntfy, url: "http://127.0.0.1:9/head" }] }
safety_net: [noc, head]
base: { owner: provider }
calendars: { duty: { file: duty.ics } }
`,
  });
  writeFileSync(join(site.dir, 'duty.ics'), SHIFTS);
  const collector = await site.start();
  const token = /admin token: (\S+)/.exec(collector.stdout)![1]!;
  const api = async <T>(path: string, body?: object): Promise<{ status: number; body: T }> => {
    const reply = await fetch(`${site.url}/api/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: reply.status, body: (await reply.json()) as T };
  };

  const onCall = await until('the calendar of shifts', 15_000, async () => {
    const [provider] = (await api<OnCallList>('schools/hilltop/on-call')).body.parties;
    return provider?.by === 'calendar' && provider;
  });
  expect(onCall.now).toEqual({ contact: 'ada', name: 'Ada Okafor' });
  // Within 72 hours the calendar ends.
  expect(onCall.problems.map(({ kind }) => kind)).toEqual(['calendar_ends']);
  const headers = { authorization: `Token ${site.token}` };
  await fetch(`${site.url}/api/v2/write`, { method: 'POST', headers, body: 'thing,device=ap-1 broken=1' });
  await until('the page', 10_000, () => ada.messages.find(({ type }) => type === 'alert.open'));
  expect(noc.messages).toEqual([]);

  expect((await api('schools/hilltop/safety-net/test', { by: 'Kim' })).status).toBe(202);
  await until(
    'the test messages',
    10_000,
    () => noc.notes.length > 0 && head.notes.length > 0 && head.stats.rejected > 0,
  );
  expect(noc.notes[0]!.type).toBe('safety_net.test');
  expect(noc.notes[0]!.data.text).toMatch(/^TEST of the safety net at hilltop: nothing is wrong/);
  await collector.end('SIGKILL');
  await site.launch('collector');
  const results = await until('the results', 15_000, async () => {
    const { tests } = (await api<SafetyNetReport>('schools/hilltop/safety-net')).body;
    const known = Object.fromEntries(tests[0]!.results.map((r) => [`${r.contact} ${r.channel}`, r.result]));
    return tests.length === 1 && known['noc webhook'] === 'delivered' && known['head webhook'] === 'delivered' && known;
  });
  expect(results['head ntfy']).not.toBe('delivered');
  expect(results['head webhook-2']).not.toBe('delivered');
  expect((await api('schools/hilltop/safety-net/test', { by: 'Kim' })).status).toBe(409);
  expect([noc.notes.length, head.notes.length, ada.notes.length]).toEqual([1, 1, 0]);

  // The watch looked at the start: what is wrong ahead pends, and is written where boards and rules see it.
  const { body: overview } = await api<Overview>('overview');
  expect(overview.open.map(({ summary }) => summary)).toContain('ap-1 is broken');
  const metrics = await (await fetch(`${site.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  expect(metrics).toMatch(/bellwether_collector_safety_net_tests_total\{result="delivered"\} [12]/);
  await site.stop();
}, 90_000);
