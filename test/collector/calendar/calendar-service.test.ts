import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CalendarService, type CalendarServiceParts } from '../../../collector/calendar/calendar-service.ts';
import { createResponsibility } from '../../../collector/engagement/responsibility.ts';
import type { School } from '../../../collector/engagement/school.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import type { Sample } from '../../../core/sample.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { freshState } from '../../support/state-backend.ts';
import { calendar, vevent } from '../engagement/calendar/ical-texts.ts';
import { FeedServer, serve } from './feed-server.ts';

const MINUTE = 60_000;
const POLL = 15 * MINUTE;
/** Monday, 1 March 2027, 08:00 in New York. */
const START = Date.UTC(2027, 2, 1, 13);

function allDay(uid: string, first: string, last: string, summary: string): string {
  return vevent(`UID:${uid}`, `DTSTART;VALUE=DATE:${first}`, `DTEND;VALUE=DATE:${last}`, `SUMMARY:${summary}`);
}
const CONCERT = allDay('c', '20270302', '20270303', 'Concert');
const MARCH = calendar(allDay('t', '20270308', '20270313', 'State test'), CONCERT);
const LATER = calendar(allDay('t', '20270315', '20270320', 'State test'), CONCERT);
const SOON = calendar(allDay('t', '20270302', '20270307', 'State test'), CONCERT);

function school(location: string, more = ''): School {
  return parseSchool(
    `
school: lincoln
tz: America/New_York
parties: { internal: { contacts: [kim] }, provider: { contacts: [noc], coverage: always } }
safety_net: [kim]
base: { owner: internal }
calendars:
  district: { ${location}, map: [{ summary: "(?i)state test", category: TESTING }${more}] }
  own: [{ start: 2027-05-01, categories: CLOSE_OUT }]
engagements:
  - { id: tests, kind: threshold, status: approved, approvals: [internal, provider], grants: [{ owner: provider, when: { calendar: district, category: TESTING } }] }
`,
    '/config/school.yaml',
  );
}

let folder: string;
let db: StateDb;
let clock: FakeClock;
let server: FeedServer;
let schools: School[];
let changes: string[];
let samples: Sample[];
let service: CalendarService;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bellwether-calendar-'));
  clock = new FakeClock(START);
  db = await freshState(clock);
  server = await new FeedServer().start();
  schools = [school(`url: "${server.url}"`)];
  changes = [];
  samples = [];
});
afterEach(async () => {
  await halt();
  await db.destroy();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function newService(over: Partial<CalendarServiceParts> = {}): CalendarService {
  return new CalendarService({
    db,
    clock,
    log: createLogger('test', 'silent'),
    schools: () => schools,
    policy: () => ({ allow: ['127.0.0.0/8'], ports: [] }),
    onChange: (id) => changes.push(id),
    record: (more) => samples.push(...more),
    random: () => 0.5,
    ...over,
  });
}

async function begin(over: Partial<CalendarServiceParts> = {}): Promise<void> {
  service = newService(over);
  await service.start();
  stop = new AbortController();
  running = service.run(stop.signal);
  await checked(clock.now());
}

async function halt(): Promise<void> {
  stop.abort();
  await running;
}

const row = () => db.selectFrom('calendar').selectAll().executeTakeFirst();

/** Until a check that began at `at` or later is written down. */
async function checked(at: number): Promise<void> {
  await vi.waitFor(async () => expect((await row())?.checked_at ?? 0).toBeGreaterThanOrEqual(at), {
    interval: 2,
    timeout: 5_000,
  });
}

/** To the next poll of the feed, and what comes of it. */
async function poll(ms = POLL): Promise<void> {
  await clock.advance(ms);
  await checked(clock.now());
}

const day = (at: number): string => new Date(at).toLocaleDateString('sv-SE', { timeZone: 'America/New_York' }).slice(5);
const events = (): string[] =>
  service
    .withEvents(schools[0]!)
    .calendars.get('district')!
    .events.map((e) => `${day(e.start)} ${e.summary} ${e.categories}`.trim());
const view = () => service.list(schools[0]!)[0]!;

describe('a feed', () => {
  it('is read at once and decides who answers', async () => {
    server.answer = serve(MARCH);
    await begin();
    expect(events()).toEqual(['03-02 Concert', '03-08 State test TESTING']);
    expect(changes).toEqual(['lincoln']);
    const alert = { id: 1, domain: 'wireless', severity: 'warning', site: 'main' } as const;
    const owner = (at: number) => createResponsibility(service.withEvents(schools[0]!)).route(alert, at).owner;
    expect([owner(Date.UTC(2027, 2, 5)), owner(Date.UTC(2027, 2, 10))]).toEqual(['internal', 'provider']);
    expect(service.withEvents(schools[0]!)).toBe(service.withEvents(schools[0]!));
  });

  it('is asked every 15 minutes whether it changed, and what is unchanged is not told', async () => {
    server.answer = serve(MARCH, '"a"');
    await begin();
    const before = service.withEvents(schools[0]!);
    await clock.advance(POLL - 10_000);
    expect(server.requests).toHaveLength(1);
    await poll(10_000);
    expect(server.requests.map((r) => r.headers['if-none-match'])).toEqual([undefined, '"a"']);
    // Servers that put the time of asking into the text.
    server.answer = serve(MARCH.replace('UID:t', 'DTSTAMP:20270301T130000Z\r\nUID:t'), '"b"');
    await poll();
    expect(service.withEvents(schools[0]!)).toBe(before);
    expect(changes).toEqual(['lincoln']);
    expect(view()).toMatchObject({ status: 'ok', fetchedAt: START + 2 * POLL });
  });

  it('changes at once what is further ahead', async () => {
    server.answer = serve(MARCH, '"a"');
    await begin();
    server.answer = serve(LATER, '"b"');
    await poll();
    expect(events()).toEqual(['03-02 Concert', '03-15 State test TESTING']);
    expect(changes).toEqual(['lincoln', 'lincoln']);
    expect(view()).toMatchObject({ status: 'ok', pending: null });
  });

  it('changes at once what has none of our categories, unless a grant means every event', async () => {
    const moved = calendar(
      allDay('t', '20270308', '20270313', 'State test'),
      allDay('c', '20270303', '20270304', 'Concert'),
    );
    server.answer = serve(MARCH, '"a"');
    await begin();
    server.answer = serve(moved, '"b"');
    await poll();
    expect(events()[0]).toBe('03-03 Concert');
    const grant = schools[0]!.engagements[0]!.grants[0]!;
    const all = {
      ...grant,
      when: [{ kind: 'calendar', calendar: 'district', categories: [], leadMs: 0, lagMs: 0 }],
    } as const;
    schools = [{ ...schools[0]!, engagements: [{ ...schools[0]!.engagements[0]!, grants: [all] }] }];
    server.answer = serve(MARCH, '"c"');
    await poll();
    expect(events()[0]).toBe('03-03 Concert');
    expect(view().status).toBe('pending');
  });

  it('lies in another place after a reload: read at once, the old copy in force until then', async () => {
    server.answer = serve(MARCH, '"a"');
    await begin();
    server.answer = (res) => void res.writeHead(500).end();
    schools = [school(`url: "${server.url}&v=2"`)];
    await poll(5_000);
    expect(view()).toMatchObject({ status: 'failed', error: 'status 500' });
    expect(events()).toHaveLength(2);
    expect(server.requests[1]!.headers['if-none-match']).toBeUndefined();
  });

  it('is mapped anew after a reload, without being read', async () => {
    server.answer = serve(MARCH, '"a"');
    await begin();
    schools = [school(`url: "${server.url}"`, ', { summary: Concert, category: EVENT }')];
    expect(events()).toEqual(['03-02 Concert EVENT', '03-08 State test TESTING']);
    expect(server.requests).toHaveLength(1);
  });
});

describe('a feed of shifts', () => {
  const shifts = (...names: readonly string[]) =>
    calendar(...names.map((name, i) => allDay(String(i), `2027030${i + 1}`, `2027030${i + 2}`, name)));
  const onDuty = (at: number) =>
    createResponsibility(service.withEvents(schools[0]!)).route(ALERT, at).steps[0]!.contact;
  const ALERT = { id: 1, domain: 'wireless', severity: 'warning' } as const;

  beforeEach(() => {
    schools = [
      parseSchool(
        `
school: lincoln
tz: America/New_York
parties: { provider: { contacts: [noc, ada, ben], coverage: always, on_call: { calendar: "${server.url}" } } }
safety_net: [noc]
base: { owner: provider }
`,
        '/config/school.yaml',
      ),
    ];
  });

  it('decides who is on call; a swap of today counts at once, a feed that shrinks is asked about', async () => {
    server.answer = serve(shifts('ada', 'ben', 'ada', 'Zoe'), '"a"');
    await begin();
    expect([0, 1, 3].map((days) => onDuty(START + days * 24 * 60 * MINUTE))).toEqual(['ada', 'ben', 'noc']);
    expect(view().contents.onCall).toMatchObject([
      {
        party: 'provider',
        contacts: [
          { contact: 'ada', count: 2 },
          { contact: 'ben', count: 1 },
        ],
        unknownCount: 1,
      },
    ]);
    server.answer = serve(shifts('ben', 'ada', 'ada', 'Zoe'), '"b"');
    await poll();
    expect([onDuty(clock.now()), view().status]).toEqual(['ben', 'ok']);
    server.answer = serve(shifts('ben', 'ada'), '"c"');
    await poll();
    expect(view()).toMatchObject({ status: 'pending', pending: { reasons: [expect.stringContaining('50 %')] } });
    expect(onDuty(START + 2 * 24 * 60 * MINUTE)).toBe('ada');
  });
});

describe('a feed that cannot be read', () => {
  it.each([
    ['an error of the server', (res) => void res.writeHead(503).end(), 'status 503'],
    ['a login page', serve('<html>Sign in</html>'), 'cannot be read: no BEGIN:VCALENDAR: this is not a calendar'],
    ['cut off', serve(MARCH.slice(0, 150)), 'cannot be read: the text ends inside VEVENT: it is cut off'],
  ] satisfies [string, FeedServer['answer'], string][])(
    '%s: the last good copy stays',
    async (_name, answer, reason) => {
      server.answer = serve(MARCH, '"a"');
      await begin();
      server.answer = answer;
      await poll();
      expect(view()).toMatchObject({ status: 'failed', error: reason, failedSince: START + POLL, fetchedAt: START });
      expect(events()).toHaveLength(2);
      // Tried again sooner, and since when it fails stays.
      await poll(45_000);
      expect(view()).toMatchObject({ status: 'failed', failedSince: START + POLL, checkedAt: START + POLL + 45_000 });
      server.answer = serve(MARCH, '"a"');
      await poll(90_000);
      expect(view()).toMatchObject({
        status: 'ok',
        error: null,
        failedSince: null,
        fetchedAt: START + POLL + 135_000,
      });
    },
  );

  it('that was never read has no events, and is said to have none', async () => {
    await begin();
    expect(view()).toMatchObject({ status: 'never_read', error: 'status 404', fetchedAt: null });
    expect(events()).toEqual([]);
    expect(samples[0]!.fields).toEqual({ failed: 0n, pending: 0n });
    await clock.advance(5 * MINUTE);
    expect(samples.at(-1)!.fields).toEqual({ failed: 1n, pending: 0n });
  });

  it('a hanging one does not keep others from being read', async () => {
    const slow = await new FeedServer().start();
    slow.answer = () => {};
    server.answer = serve(MARCH);
    schools = [
      ...Array.from({ length: 3 }, (_, i) => ({ ...school(`url: "${slow.url}"`), school: `slow${i}` })),
      school(`url: "${server.url}"`),
    ];
    await begin();
    await vi.waitFor(() => expect(changes).toEqual(['lincoln']));
    await halt();
    await slow.stop();
  });
});

describe('a restart', () => {
  it('takes up the last good copy at once, without a network', async () => {
    server.answer = serve(MARCH, '"a"');
    await begin();
    await halt();
    await server.stop();
    await clock.advance(2 * POLL);
    await begin();
    expect(events()).toEqual(['03-02 Concert', '03-08 State test TESTING']);
    expect(view()).toMatchObject({ status: 'failed', fetchedAt: START, failedSince: START + 2 * POLL });
    await server.start();
  });

  it('keeps a copy that waits', async () => {
    server.answer = serve(MARCH, '"a"');
    await begin();
    server.answer = serve(SOON, '"b"');
    await poll();
    const { pending } = view();
    await halt();
    await clock.advance(MINUTE);
    await begin();
    expect(view().pending).toEqual(pending);
    expect(server.requests.at(-1)!.headers['if-none-match']).toBe('"b"');
  });

  it('writes down what the database had refused', async () => {
    server.answer = serve(MARCH, '"a"');
    await begin();
    server.answer = serve(LATER, '"b"');
    await db.schema.alterTable('calendar').renameColumn('copy', 'gone').execute();
    await clock.advance(POLL);
    await vi.waitFor(() => expect(changes).toHaveLength(2));
    await clock.advance(0);
    await db.schema.alterTable('calendar').renameColumn('gone', 'copy').execute();
    await poll();
    expect((await row())!.copy).toBe(LATER);
  });
});

describe('with two collectors', () => {
  it('one reads the feeds of a school; its copies, and what is confirmed at either, count at both', async () => {
    server.answer = serve(MARCH, '"a"');
    await begin({ holds: () => true });
    const told: string[] = [];
    const other = newService({ holds: () => false, onChange: (id) => told.push(id) });
    await other.start();
    const running = other.run(stop.signal);
    const here = () => events();
    const there = () => other.withEvents(schools[0]!).calendars.get('district')!.events.length;
    expect([here().length, there()]).toEqual([2, 2]);
    server.answer = serve(SOON, '"b"');
    await poll();
    await clock.advance(5_000);
    const waiting = other.list(schools[0]!)[0]!;
    expect([waiting.status, waiting.pending!.id]).toEqual(['pending', view().pending!.id]);
    expect(server.requests).toHaveLength(2);
    expect(await other.confirm('lincoln', 'district')).toBe('confirmed');
    await clock.advance(5_000);
    expect([here()[1], view().status]).toEqual(['03-02 State test TESTING', 'ok']);
    expect(told).toEqual(['lincoln']);
    stop.abort();
    await clock.advance(0);
    await running;
  });
});

describe('a change that must be confirmed', () => {
  beforeEach(async () => {
    server.answer = serve(MARCH, '"a"');
    await begin();
    server.answer = serve(SOON, '"b"');
    await poll();
  });

  it('waits, with its reasons and what would become of it', () => {
    expect(events()).toEqual(['03-02 Concert', '03-08 State test TESTING']);
    expect(view()).toMatchObject({
      status: 'pending',
      contents: {
        categories: [
          { category: 'TESTING', count: 1, events: [{ summary: 'State test', start: Date.UTC(2027, 2, 8, 5) }] },
        ],
      },
      pending: {
        seenAt: START + POLL,
        reasons: [
          '"State test" (TESTING) moves from Mon 8 Mar, 00:00 to Sat 13 Mar, 00:00 to Tue 2 Mar, 00:00 to Sun 7 Mar, 00:00',
        ],
        contents: { categories: [{ count: 1, events: [{ start: Date.UTC(2027, 2, 2, 5) }] }], unmappedCount: 1 },
      },
    });
    expect(changes).toEqual(['lincoln']);
  });

  it('counts once it is confirmed', async () => {
    expect(await service.confirm('lincoln', 'district', view().pending!.id)).toBe('confirmed');
    expect(events()[0]).toBe('03-02 Concert');
    expect(events()[1]).toBe('03-02 State test TESTING');
    expect(changes).toEqual(['lincoln', 'lincoln']);
    expect(view()).toMatchObject({ status: 'ok', pending: null, fetchedAt: START + POLL });
    expect(await row()).toMatchObject({ copy: SOON, etag: '"b"', pending_copy: null });
    expect(await service.confirm('lincoln', 'district')).toBe('nothing_pending');
    await poll();
    expect(server.requests.at(-1)!.headers['if-none-match']).toBe('"b"');
  });

  it('is not what somebody saw when it changed again', async () => {
    const { id } = view().pending!;
    server.answer = serve(calendar(CONCERT), '"c"');
    await poll();
    expect(await service.confirm('lincoln', 'district', id)).toBe('another_pending');
    expect(view().pending).toMatchObject({
      seenAt: START + 2 * POLL,
      reasons: expect.arrayContaining([expect.stringContaining('no TESTING')]),
    });
    expect(await service.confirm('nowhere', 'district', id)).toBe('nothing_pending');
  });

  it('waits since it was first seen, though the server writes the time of asking into it', async () => {
    server.answer = serve(SOON.replace('UID:t', 'DTSTAMP:20270301T130000Z\r\nUID:t'), '"c"');
    await poll();
    expect(view().pending!.seenAt).toBe(START + POLL);
  });

  it('is forgotten when the feed goes back', async () => {
    server.answer = serve(MARCH, '"d"');
    await poll();
    expect(view()).toMatchObject({ status: 'ok', pending: null });
    expect(changes).toEqual(['lincoln']);
  });

  it('shows in what is measured', async () => {
    await clock.advance(5 * MINUTE);
    expect(samples.at(-1)).toMatchObject({
      measurement: 'calendar',
      tags: { school: 'lincoln', site: 'collector', calendar: 'district' },
      fields: { failed: 0n, pending: 1n, age_h: (POLL + 5 * MINUTE) / 3_600_000 },
    });
    const times = samples.map(({ time }) => time);
    expect(new Set(times.slice(1).map((time, i) => time - times[i]!))).toEqual(new Set([MINUTE]));
  });
});

describe('a file', () => {
  it('is looked at every minute', async () => {
    const file = join(folder, 'district.ics');
    writeFileSync(file, MARCH);
    utimesSync(file, 1, 1);
    schools = [school(`file: "${file}"`)];
    await begin();
    expect(events()).toHaveLength(2);
    expect(view().source).toBe(file);
    await poll(MINUTE);
    writeFileSync(file, LATER);
    await poll(MINUTE);
    expect(events()[1]).toBe('03-15 State test TESTING');
    rmSync(file);
    await poll(MINUTE);
    expect(view()).toMatchObject({ status: 'failed', error: expect.stringContaining('ENOENT') });
    expect(events()).toHaveLength(2);
  });

  it.each([
    ['a folder', '.', 'not a file'],
    ['too large', 'big.ics', 'larger than 5 MB'],
  ])('that is none: %s', async (_name, name, reason) => {
    writeFileSync(join(folder, 'big.ics'), Buffer.alloc(5 * 1024 * 1024 + 1));
    schools = [school(`file: "${join(folder, name)}"`)];
    await begin();
    expect(view()).toMatchObject({ status: 'never_read', error: reason });
  });
});

it('each new day events come into sight, which is told', async () => {
  server.answer = serve(MARCH, '"a"');
  await begin();
  // To midnight in New York.
  await clock.advance(16 * 3_600_000 - 5_000);
  expect(changes).toEqual(['lincoln']);
  await clock.advance(5_000);
  expect(changes).toEqual(['lincoln', 'lincoln']);
});

it('lists calendars of the file too, and tells nobody the address of a feed', async () => {
  server.answer = serve(MARCH);
  await begin();
  const [district, own] = service.list(schools[0]!);
  expect(district!.source).toBe(`127.0.0.1:${server.port}/…`);
  expect(own).toMatchObject({
    calendar: 'own',
    status: 'written',
    source: null,
    contents: { categories: [{ category: 'CLOSE_OUT', count: 1 }] },
  });
});

it('a school without feeds stays as it is', async () => {
  server.answer = serve(MARCH);
  await begin();
  const plain = { ...schools[0]!, calendars: new Map([['own', schools[0]!.calendars.get('own')!]]) };
  expect(service.withEvents(plain)).toBe(plain);
});
