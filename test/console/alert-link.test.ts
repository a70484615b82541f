import { randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alertLinkRoutes } from '../../collector/http/alert-link.ts';
import { AlertLinks } from '../../collector/notify/alert-links.ts';
import { listen, type TestServer, testServer } from '../collector/http/test-server.ts';
import { silent } from '../collector/notify/fixtures.ts';
import { Story } from '../collector/notify/responsibility-story.ts';
import { launchBrowser } from './browser.ts';
import { tooFaint } from './in-page.ts';

const SCHOOL = `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
`;

let browser: Browser;
let story: Story;
let server: TestServer;
let url: string;
let linkOf: (contact: string) => Promise<string>;
const pages: Page[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  story = await Story.begin(SCHOOL, '2026-02-02T10:30:00-06:00');
  const { db, router, actions, clock } = story;
  const { directory } = story.parts;
  const routes = [alertLinkRoutes({ db, router, directory, actions, clock, record: () => {}, publicUrl: undefined })];
  server = await testServer({ db, clock, routes });
  const publicUrl = (await listen(server.app)).url;
  const links = new AlertLinks({ db, clock, log: silent, randomBytes, school: (id) => router.school(id), publicUrl });
  linkOf = async (contact) => (await links.urlFor({ school: 'hilltop', alertId: 'a', contact }))!;
  await story.open('a', { domain: 'switching', severity: 'critical' });
  await story.db
    .updateTable('alert')
    .set({ summary: `sw-core-${'1'.repeat(60)} (uplink to the gym) does not answer` })
    .execute();
  url = await linkOf('kim');
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  await server.app.close();
  await story.end();
});

/** A phone's browser in which no script runs; `complaints`: what it blocked, or asked for elsewhere. */
async function phone(options: { width?: number; colorScheme?: 'light' | 'dark' } = {}) {
  const { width = 360, colorScheme = 'light' } = options;
  const context = await browser.newContext({ viewport: { width, height: 740 }, colorScheme, javaScriptEnabled: false });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  pages.push(page);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().endsWith('/favicon.ico')) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

it('acknowledges with one press, without a script, and a second time is told', async () => {
  const { page, complaints } = await phone();
  const other = await phone();
  await page.getByLabel('Note (optional)').first().fill('on my way');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByRole('heading', { name: 'Acknowledged' }).waitFor();
  expect(await page.getByRole('button').count()).toBe(0);
  expect((await story.alert('a'))!.ackedBy).toBe('internal');
  await other.page.getByText('Only write a note').click();
  await other.page.getByLabel('Note', { exact: true }).fill('too late');
  await other.page.getByRole('button', { name: 'Write it down' }).click();
  await other.page.getByText('Acknowledged by kim at 10:30 with this link').waitFor();
  expect([...complaints, ...other.complaints]).toEqual([]);
});

it('hands back what was taken by hand', async () => {
  await story.act('a', { action: 'decline', party: 'internal', by: 'kim', reason: 'no_access' });
  url = await linkOf('noc');
  const { page } = await phone();
  await page.getByText('Hand back', { exact: true }).first().click();
  await page.getByLabel('Reason').last().fill('theirs after all');
  await page.getByRole('button', { name: 'Hand back' }).click();
  await page.getByRole('heading', { name: 'Handed back' }).waitFor();
  expect(await story.alert('a')).toMatchObject({ owner: 'internal', claimedBy: null });
});

describe('on a phone', () => {
  it.each([320, 390, 768])('%d px wide: nothing to scroll sideways, and buttons a thumb can hit', async (width) => {
    const { page } = await phone({ width });
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    for (const control of await page.locator('button, summary').all())
      expect((await control.boundingBox())!.height).toBeGreaterThanOrEqual(44);
  });

  it.each(['light', 'dark'] as const)('%s: every word has the contrast of WCAG AA', async (colorScheme) => {
    const { page } = await phone({ colorScheme });
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await page.evaluate(tooFaint)).toEqual([]);
  });
});
