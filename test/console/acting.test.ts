import type { Locator, Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { DECLINE_REASONS as KNOWN } from '../../collector/engagement/item-rules.ts';
import { findAlert, listEvents } from '../../collector/state/alerts.ts';
import { DECLINE_REASONS } from '../../console/alert-actions.ts';
import { openAgreed } from './agreed-school.ts';
import { LINCOLN, Stage } from './stage.ts';

const XSS = '<img src=x onerror="window.hacked=1;alert(1)">';
const stage = new Stage();
let id: string;

beforeEach(async () => {
  await stage.fillAgreed([]);
  id = await open('3 of 8 access points are down');
});

function open(summary: string, more: { domain?: string; openedAt?: number } = {}): Promise<string> {
  return openAgreed(stage.server, { school: LINCOLN, summary, ...more });
}

const cardOf = (page: Page, alert = id): Locator => page.locator(`.alerts [data-alert="${alert}"]`);

async function sayWho(page: Page, name: string, party: 'internal' | 'provider'): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your name').fill(name);
  await dialog.getByLabel('You are of').selectOption(party);
}

async function pick(page: Page, item: string): Promise<Locator> {
  await cardOf(page).getByRole('button', { name: 'More' }).click();
  await cardOf(page).getByRole('button', { name: item, exact: true }).click();
  return page.getByRole('dialog', { name: item });
}

const act = (payload: object) =>
  stage.server.ask('POST', `/api/schools/${LINCOLN}/alerts/${id}/actions`, {
    party: 'provider',
    by: 'Noa',
    ...payload,
  });

describe('acknowledging', () => {
  it('asks once who it is, and shows it at once and for good', async () => {
    const page = await stage.show();
    await cardOf(page).getByRole('button', { name: 'Acknowledge' }).click();
    await sayWho(page, 'Noa Diaz', 'provider');
    await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
    await cardOf(page)
      .getByText(/Acknowledged by Coastal Tech since \d\d:\d\d:\d\d/)
      .waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await cardOf(page).getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
    const gone = page.evaluate(watchFor, '.acked');
    for (let i = 0; i < 3; i++) await page.waitForResponse('**/api/overview');
    expect(await gone, 'an overview from before the action does not take it back').toBe(false);
    expect(await findAlert(stage.server.db, id)).toMatchObject({ ackedBy: 'provider' });
    const acked = (await listEvents(stage.server.db, id)).filter(({ type }) => type === 'acked');
    expect(acked.map(({ detail }) => detail)).toEqual([{ party: 'provider', by: 'Noa Diaz' }]);
  });

  it('is one click when it is known who it is, and one request however often it is clicked; a log-out forgets', async () => {
    const page = await stage.show();
    await page.evaluate(
      ([school]) =>
        localStorage.setItem(
          'bellwether-identity',
          JSON.stringify({ name: 'Noa', parties: { [school!]: 'provider' } }),
        ),
      [LINCOLN],
    );
    await page.reload();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let requests = 0;
    await page.route('**/actions', async (route) => {
      requests++;
      await held;
      await route.continue();
    });
    const button = cardOf(page).getByRole('button', { name: 'Acknowledge' });
    await button.dblclick();
    await button.click({ force: true });
    release();
    await cardOf(page).getByText('Acknowledged by Coastal Tech').waitFor();
    expect(requests).toBe(1);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
  });

  it('by who does not own it leaves the button to the owner', async () => {
    const page = await stage.show();
    await act({ action: 'ack', party: 'internal', by: 'Kim' });
    await cardOf(page).getByText("Acknowledged by the school's own IT").waitFor({ timeout: 8_000 });
    expect(await cardOf(page).getByRole('button', { name: 'Acknowledge' }).count()).toBe(1);
  });
});

describe('more', () => {
  it('a refusal is said in its own words, in the question and on the card', async () => {
    const page = await stage.show();
    const dialog = await pick(page, 'Decline');
    await sayWho(page, 'Kim Lee', 'internal');
    await dialog.getByLabel('Reason').selectOption('no_access');
    await dialog.getByLabel('Note').fill('we never had the keys');
    await dialog.getByRole('button', { name: 'Decline' }).click();
    const words = 'only provider can decline it: it is theirs';
    await dialog.getByText(words).waitFor();
    expect(await dialog.getByLabel('Note').inputValue(), 'nothing typed is lost').toBe('we never had the keys');
    await page.keyboard.press('Escape');
    await cardOf(page).getByText(words).waitFor();
    expect(await findAlert(stage.server.db, id)).toMatchObject({ owner: 'provider' });
  });

  it('opens by keyboard, closes by Escape, and taking over moves it', async () => {
    const page = await stage.show();
    const more = cardOf(page).getByRole('button', { name: 'More' });
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await more.focus();
    await page.keyboard.press('Enter');
    await cardOf(page).getByText('Take it over').waitFor();
    await page.keyboard.press('Tab');
    await expect.poll(focused).toBe('Take it over');
    await page.keyboard.press('Escape');
    await expect.poll(() => more.getAttribute('aria-expanded')).toBe('false');
    await expect.poll(focused).toBe('More');
    await page.keyboard.press('Enter');
    await cardOf(page).getByText('Take it over').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await sayWho(page, 'Kim Lee', 'internal');
    await page.keyboard.press('Enter');
    await cardOf(page).locator('.owner', { hasText: "The school's own IT" }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('More');
  });

  it('declines with a reason of the list; who it is can be changed', async () => {
    expect(Object.keys(DECLINE_REASONS)).toEqual([...KNOWN]);
    const page = await stage.show();
    const note = await pick(page, 'Write a note');
    await sayWho(page, 'Kim Lee', 'internal');
    await note.getByLabel('Note').fill('I was there');
    await note.getByRole('button', { name: 'Write' }).click();
    await note.waitFor({ state: 'detached' });
    const decline = await pick(page, 'Decline');
    await decline.getByText("As Kim Lee, the school's own IT").waitFor();
    await decline.getByRole('button', { name: 'Change' }).click();
    await sayWho(page, 'Noa Diaz', 'provider');
    await decline.getByLabel('Reason').selectOption('needs_hands_on_site');
    await decline.getByRole('button', { name: 'Decline' }).click();
    await cardOf(page).locator('.owner', { hasText: "The school's own IT" }).waitFor();
  });
});

describe('details', () => {
  it('say who had it by which clocks, what happened, and who gets it next; and go on while open', async () => {
    id = await open('late', { openedAt: stage.server.clock.now() - 20 * 60_000 });
    const page = await stage.show();
    await cardOf(page).getByRole('button', { name: 'Details' }).click();
    const details = cardOf(page).locator('.alert-details');
    await details.getByText('What happened').waitFor();
    const words = await details.innerText();
    expect(words).toMatch(/Coastal Tech from \d\d:\d\d:\d\d until now, wifi#0/);
    expect(words).toMatch(/Acknowledge within 15 min: breached at \d\d:\d\d:\d\d/);
    expect(words).toMatch(/Resolve within 4 h: due at \d\d:\d\d:\d\d/);
    expect(words).toMatch(/Changes \w+, \w+ \d+, \d\d:00 \(school time\): the school's own IT/);
    expect(words).toMatch(/\d\d:\d\d:\d\d\s+opened: 1 above 0 for 1m; Coastal Tech answers/);
    await act({ action: 'note', note: XSS });
    await details.getByText(`Noa noted: ${XSS}`).waitFor({ timeout: 8_000 });
    await act({ action: 'claim', party: 'internal', by: 'Kim Lee' });
    await details.getByText("handed over from Coastal Tech to the school's own IT: Kim Lee took it by hand").waitFor();
    expect(await details.locator('.intervals > li').count()).toBe(2);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  });
});

/** In the page: whether anything that fits is missing at some time within the next three seconds and a half. */
async function watchFor(selector: string): Promise<boolean> {
  const until = performance.now() + 3_500;
  while (performance.now() < until) {
    if (!document.querySelector(selector)) return true;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return false;
}
