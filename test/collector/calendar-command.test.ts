import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { previewCalendar, previewLines } from '../../collector/calendar-command.ts';
import { readCalendar } from '../../collector/engagement/calendar/ical.ts';
import { FeedServer, serve } from './calendar/feed-server.ts';
import { calendar, FINALSITE, GOOGLE, vevent } from './engagement/calendar/ical-texts.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
let folder: string;
let server: FeedServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bellwether-preview-'));
  server = await new FeedServer().start();
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

function write(onCall = ''): string {
  const contact = (name: string) =>
    `${name}: { channels: [{ type: webhook, url: "https://hooks.example.org/${name}", secret: "${SECRET}" }, { type: ntfy, url: "https://ntfy.example.org/${name}" }] }`;
  writeFileSync(
    join(folder, 'school.yaml'),
    `
school: lincoln
tz: America/New_York
parties: { internal: { contacts: [kim, lee], coverage: always${onCall} } }
contacts: { ${contact('kim')}, ${contact('lee')} }
safety_net: [kim, lee]
base: { owner: internal }
calendars:
  district: { url: "${server.url}", map: [{ summary: "(?i)state test", category: TESTING }] }
  local: { file: local.ics }
  written: []
`,
  );
  writeFileSync(
    join(folder, 'rule.yaml'),
    'rules: [{ name: down, severity: warning, measurement: device, field: down, above: 0, summary: "{device}" }]\n',
  );
  const config = join(folder, 'collector.yaml');
  writeFileSync(config, 'rules: [rule.yaml]\nschools: [school.yaml]\nwebhooks: { allow: [127.0.0.0/8] }\n');
  return config;
}

async function preview(school?: string, id?: string, onCall = '') {
  const lines: string[] = [];
  const output = { out: (text: string) => void lines.push(text), err: (text: string) => void lines.push(`! ${text}`) };
  const code = await previewCalendar(write(onCall), school, id, output);
  return { code, lines };
}

/** Far enough ahead for any clock that runs this. */
const FUTURE = calendar(vevent('UID:1', 'SUMMARY:State test', 'DTSTART;VALUE=DATE:20200309', 'RRULE:FREQ=YEARLY'));

describe('the preview', () => {
  it('reads a URL and says what becomes what', async () => {
    server.answer = serve(FUTURE);
    const { code, lines } = await preview('lincoln', 'district');
    expect(code).toBe(0);
    expect(lines[0]).toBe(`lincoln district (127.0.0.1:${server.port}/…)`);
    expect(lines[1]).toMatch(/^ {2}TESTING: [12] events?$/);
    expect(lines[2]).toMatch(/^ {4}20\d\d-03-09 {2}State test$/);
  });

  it('goes through all of them, and fails when one cannot be read', async () => {
    writeFileSync(join(folder, 'local.ics'), 'nonsense');
    server.answer = serve(FUTURE);
    const { code, lines } = await preview();
    expect(code).toBe(1);
    expect(lines[0]).toContain('lincoln district');
    expect(lines.at(-1)).toBe(
      `! lincoln local (${join(folder, 'local.ics')}): cannot be read: no BEGIN:VCALENDAR: this is not a calendar`,
    );
    server.answer = (res) => void res.writeHead(404).end();
    expect((await preview('lincoln', 'district')).lines).toEqual([
      `! lincoln district (127.0.0.1:${server.port}/…): status 404`,
    ]);
  });

  it.each([
    ['nowhere', undefined, 'school nowhere'],
    ['lincoln', 'written', 'school lincoln, written'],
    [undefined, 'none', 'none'],
  ])('of %s %s, which is none', async (school, id, words) => {
    expect(await preview(school, id)).toEqual({
      code: 1,
      lines: [`! no calendar with a url or a file (looked for ${words})`],
    });
  });

  it('gives dates as people write them, and what was not understood', () => {
    const zone = 'America/New_York';
    const now = Date.UTC(2027, 0, 1);
    const read = (text: string) =>
      readCalendar(text, {
        zone,
        map: [{ summary: 'Test', category: 'TESTING' }],
        from: now,
        until: now + 300 * 86_400_000,
      });
    expect(previewLines(read(GOOGLE), zone, now)).toEqual([
      'TESTING: 1 event',
      '  2027-03-08 to 2027-03-12  State Test window, grades 3–5',
      'no category: 3 events',
      '  2027-03-01 08:00 to 2027-03-01 09:00  Online test rehearsal',
      '  2027-03-08 08:00 to 2027-03-08 09:00  Online test rehearsal',
      '  2027-03-23 10:00 to 2027-03-23 11:30  Online test rehearsal (moved)',
    ]);
    expect(previewLines(read(FINALSITE), zone, Date.UTC(2027, 11, 1))).toEqual(['no events ahead']);
    expect(previewLines(read(calendar(vevent('UID:1'))), zone, now)).toEqual([
      'no events ahead',
      'not understood: "1": no DTSTART',
    ]);
  });
});

describe('the preview of a calendar of shifts', () => {
  it('says whom which events put on call, and which name nobody', async () => {
    server.answer = serve(
      calendar(
        vevent('UID:1', 'SUMMARY:Duty kim', 'DTSTART;VALUE=DATE:20200309', 'RRULE:FREQ=YEARLY'),
        vevent('UID:2', 'SUMMARY:Duty Zoe', 'DTSTART;VALUE=DATE:20200310', 'RRULE:FREQ=YEARLY'),
      ),
    );
    const { code, lines } = await preview('lincoln', 'on-call-internal', `, on_call: { calendar: "${server.url}" }`);
    expect(code).toBe(0);
    expect(lines[0]).toBe(`lincoln on-call-internal (127.0.0.1:${server.port}/…)`);
    expect(lines.slice(1).map((line) => line.replace(/[12] events?/, 'N events').replace(/20\d\d/, 'YYYY'))).toEqual(
      expect.arrayContaining([
        '  internal: kim on call: N events',
        '    YYYY-03-09  Duty kim',
        '  internal: nobody known: N events',
        '    YYYY-03-10  Duty Zoe',
      ]),
    );
    expect(lines.join()).not.toContain('no category');
  });
});
