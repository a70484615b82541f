import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { nextHandovers } from '../../console/handovers.ts';
import { changedCounts } from '../../console/waiting-calendar.ts';
import type { CalendarContents, CalendarList } from '../../core/calendar-api.ts';
import type { HandoverList, HandoverView } from '../../core/page-api.ts';
import { LINCOLN, Stage } from './stage.ts';

const stage = new Stage();

beforeEach(() => stage.fillAgreed([]));

async function sayWho(page: Page, name: string, party: string, button: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your name').fill(name);
  await dialog.getByLabel('You are of').selectOption(party);
  await dialog.getByRole('button', { name: button }).click();
}

const rows = (page: Page, heading: string) => page.locator('.panel', { hasText: heading }).locator('.rows > li');

it('hand-overs say when, from whom to whom and for what, and are accepted by who takes over', async () => {
  const page = await stage.show();
  const handovers = rows(page, 'Next hand-overs');
  await handovers.nth(1).waitFor();
  const [begin, end] = [handovers.nth(0), handovers.nth(1)];
  expect(await begin.innerText()).toMatch(
    /From the school's own IT to Coastal Tech for wireless\s+It is not accepted yet/,
  );
  expect(await end.innerText()).toMatch(
    /\w+, \w+ \d+, \d\d:00 \(school time\)\s+From Coastal Tech to the school's own IT/,
  );
  await begin.getByRole('button', { name: 'Accept' }).click();
  await sayWho(page, 'Noa Diaz', 'provider', 'Accept');
  // What has begun and is accepted is no longer ahead.
  await expect.poll(() => handovers.count()).toBe(1);
  await end.page().waitForFunction(() => !document.querySelector('dialog'));
  await handovers.getByRole('button', { name: 'Accept' }).click();
  await handovers.getByText('only internal can accept it').waitFor();
  const { handovers: known } = (
    await stage.server.ask('GET', `/api/schools/${LINCOLN}/handovers`)
  ).json<HandoverList>();
  expect(known.map(({ accepted }) => accepted)).toEqual([true, false]);
});

it('a calendar change says why it waits, and counts once it is confirmed', async () => {
  const page = await stage.show();
  const change = rows(page, 'Waiting for you').filter({ hasText: 'Calendar district' });
  await change.getByText('"State test" begins 20 hours earlier, within 72 hours').waitFor();
  expect(await change.innerText()).toContain('TESTING: 1 event ahead now, 1 with the change');
  await change.getByRole('button', { name: 'Confirm' }).click();
  await change.waitFor({ state: 'detached' });
  const { calendars } = (await stage.server.ask('GET', `/api/schools/${LINCOLN}/calendars`)).json<CalendarList>();
  expect(calendars.map(({ pending }) => pending)).toEqual([null]);
});

it('an agreement shows its text before it is approved, and is in force once both sides did', async () => {
  const page = await stage.show();
  const agreement = rows(page, 'Waiting for you').filter({ hasText: 'wing-b' });
  await agreement.getByText("waits for the approval of the school's own IT and Coastal Tech").waitFor();
  await agreement.getByRole('button', { name: 'Approve' }).click();
  const dialog = page.getByRole('dialog', { name: 'Approve wing-b, version 1' });
  expect(await dialog.getByRole('region').innerText()).toMatch(
    /^Agreement wing-b for lincoln-charter: a piece of work for a limited time, answered for by Coastal Tech\./,
  );
  await sayWho(page, 'Kim Lee', 'internal', 'Approve');
  await agreement.getByText('waits for the approval of Coastal Tech').waitFor();
  await agreement.getByRole('button', { name: 'Approve' }).click();
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await dialog.getByText('expected one approval of each side, got a second one of internal').waitFor();
  await dialog.getByRole('button', { name: 'Change' }).click();
  await sayWho(page, 'Noa Diaz', 'provider', 'Approve');
  await agreement.waitFor({ state: 'detached' });
  const record = stage.server.desk.book.records(LINCOLN).get('wing-b');
  expect(record).toMatchObject({ inForce: 1, status: 'approved' });
  expect(record!.versions[0]!.approvals.map(({ party, by }) => [party, by])).toEqual([
    ['internal', 'Kim Lee'],
    ['provider', 'Noa Diaz'],
  ]);
});

it('what has passed is shown only while its acceptance is waited for, five at most', () => {
  const view = (at: number, accept: 'required' | 'optional', accepted: boolean): HandoverView => ({
    id: `x@${at}`,
    at,
    from: 'a',
    to: 'b',
    why: 'x#0',
    domains: [],
    terms: { accept },
    accepted,
    done: at <= 10,
  });
  const all = [
    view(1, 'required', true),
    view(2, 'optional', false),
    view(3, 'required', false),
    view(11, 'optional', false),
  ];
  expect(nextHandovers(all, 10).map(({ at }) => at)).toEqual([3, 11]);
  expect(
    nextHandovers(
      Array.from({ length: 9 }, (_, i) => view(20 + i, 'optional', false)),
      10,
    ),
  ).toHaveLength(5);
});

it('counts what a calendar holds now and then, also what it loses or gets', () => {
  const contents = (counts: Record<string, number>): CalendarContents => ({
    categories: Object.entries(counts).map(([category, count]) => ({ category, count, events: [] })),
    unmapped: [],
    unmappedCount: 0,
    problems: [],
  });
  expect(changedCounts(contents({ TESTING: 14, EXAM: 1 }), contents({ TESTING: 12, NO_SCHOOL: 3 }))).toEqual([
    'TESTING: 14 events ahead now, 12 with the change',
    'EXAM: 1 event ahead now, 0 with the change',
    'NO_SCHOOL: 0 events ahead now, 3 with the change',
  ]);
});
