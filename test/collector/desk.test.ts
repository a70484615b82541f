import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Evaluator } from '../../collector/alert/evaluator.ts';
import { loadRules } from '../../collector/alert/rule-file.ts';
import { CalendarService } from '../../collector/calendar/calendar-service.ts';
import { Desk } from '../../collector/desk.ts';
import type { School } from '../../collector/engagement/school.ts';
import { AgreementNotes } from '../../collector/notify/agreement-notes.ts';
import { EngagementBook } from '../../collector/state/engagement-book.ts';
import type { Sample } from '../../core/sample.ts';
import { ROOT } from '../support/source-files.ts';
import { type Body, HOUR, infra, schoolWithFile } from './engagement/agreement/partnership.ts';
import { deps } from './notify/fixtures.ts';
import { Story } from './notify/responsibility-story.ts';

const MINUTE = 60_000;

let story: Story;
let desk: Desk;
let book: EngagementBook;
let schools: School[];
const observed: Sample[] = [];

const wing = (more: Body = {}): Body => ({
  id: 'wing',
  kind: 'adhoc',
  status: 'approved',
  approvals: ['internal', 'provider'],
  approved_at: '2026-10-01',
  from: '2026-10-05T12:00',
  until: '2026-10-09T10:30',
  grants: [{ owner: 'provider', scope: { domain: 'cabling' } }],
  ...more,
});

async function begin(...engagements: Body[]): Promise<void> {
  schools = [schoolWithFile(engagements)];
  book = new EngagementBook(story);
  const parts = { ...story.parts, ...deps(story.clock) };
  desk = new Desk({
    ...parts,
    book,
    calendars: new CalendarService({
      ...parts,
      schools: () => schools,
      policy: () => ({ allow: [], ports: [] }),
      onChange: () => desk.plan(),
      record: () => {},
    }),
    boundaries: story.boundaries,
    ritual: story.ritual,
    notes: new AgreementNotes({ ...parts, book }),
    record: async () => {},
    observe: async (samples) => void observed.push(...samples),
  });
  await desk.start(schools);
}

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5 * MINUTE) {
    await story.clock.advance(Math.min(left, 5 * MINUTE));
    await desk.step();
  }
  await story.clock.advance(0);
}

beforeEach(async () => {
  story = await Story.begin(
    'school: hilltop\ntz: America/New_York\nparties: { internal: { contacts: [kim], coverage: always } }\nsafety_net: [p, q]\nbase: { owner: internal }',
    '2026-10-05T10:00-04:00',
  );
  observed.length = 0;
});
afterEach(() => story.end());

it('agreements of the file decide from the start; their ends are reminded of, told, and move what is open', async () => {
  await begin(infra, wing());
  await story.open('ap', { domain: 'wireless' });
  expect((await story.alert('ap'))!.why).toBe('infra#0');
  await pass(2 * HOUR - MINUTE);
  await story.open('cable', { domain: 'cabling' });
  expect((await story.alert('cable'))!.owner).toBe('internal');
  await pass(2 * MINUTE);
  expect((await story.alert('cable'))!.why).toBe('wing#0');
  await story.act('cable', { action: 'ack', party: 'provider', by: 'noc' });
  expect(story.told(0, 'agreement.')).toEqual([]);
  await story.clock.advance(24 * HOUR);
  await pass(5 * MINUTE);
  expect(story.told(0, 'agreement.').sort()).toEqual(['kim agreement.reminded', 'noc agreement.reminded']);
  expect(story.phones.got.find((m) => m.kind === 'agreement.reminded')!.text).toContain('ends Fri 9 Oct, 10:30');
  await story.clock.advance(72 * HOUR);
  await pass(5 * MINUTE);
  expect(story.told(2, 'agreement.').sort()).toEqual(['kim agreement.expired', 'noc agreement.expired']);
  expect((await story.alert('cable'))!.owner).toBe('internal');
});

it('a reload takes over what the file says now; what it cannot read changes nothing', async () => {
  await begin(infra);
  await story.open('ap', { domain: 'wireless' });
  const revoked = { ...infra, status: 'revoked' };
  schools = [schoolWithFile([revoked])];
  await desk.reload(schools);
  await pass(MINUTE);
  expect(await story.log('ap')).toContain('provider > internal (base)');
  // Changed without a new approval: the old version stays.
  expect(book.findings('hilltop')).toEqual([]);
  schools = [schoolWithFile([{ ...infra, grants: [{ owner: 'provider' }] }])];
  await desk.reload(schools);
  expect(book.findings('hilltop')).toHaveLength(1);
});

it('routing that fails reaches the base owner and the safety net, and is an alert of its own until it works again', async () => {
  await begin(infra);
  const [whole] = schools;
  const broken = { ...whole!.parties.get('internal')!, coverage: null as never };
  story.router.use([{ ...whole!, parties: new Map([...whole!.parties, ['internal', broken]]) }]);
  await story.open('ap', { domain: 'wireless', severity: 'critical' });
  expect(await story.alert('ap')).toMatchObject({
    owner: 'internal',
    why: 'base',
    decision: { acting: 'safety_net', fault: expect.any(String) },
  });
  expect(story.told().sort()).toEqual(['noc alert.open', 'principal alert.open']);
  desk.fault('hilltop', 'x');
  await pass(15 * MINUTE);
  expect(observed.map(({ measurement, fields }) => [measurement, fields['failed']])).toEqual([
    ['routing', 1n],
    ['routing', 0n],
  ]);
  const rules = loadRules([join(ROOT, 'config/rules/collector.yaml')]);
  const evaluator = new Evaluator({ rules, newId: () => 'fault' });
  const changes = observed.flatMap((sample) => evaluator.evaluate([sample], sample.time).changes);
  expect(changes.map(({ type, alert }) => [type, alert.rule, alert.domain])).toEqual([
    ['opened', 'routing-failed', 'agent'],
    ['resolved', 'routing-failed', 'agent'],
  ]);
});

it('looks exactly when a window begins, and ends when told to', async () => {
  await begin(wing());
  await story.clock.advance(HOUR + 50 * MINUTE);
  await story.open('cable', { domain: 'cabling' });
  const stop = new AbortController();
  const running = desk.run(6 * HOUR, stop.signal);
  await story.clock.advance(10 * MINUTE);
  expect((await story.alert('cable'))!.why).toBe('wing#0');
  stop.abort();
  await running;
});
