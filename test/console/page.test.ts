import { describe, expect, it } from 'vitest';
import { logIn, openPage } from './browser.ts';
import { decision } from './page-server.ts';
import { SCHOOL } from './school-data.ts';
import { LINCOLN, Stage, text } from './stage.ts';

const WIFI = decision('provider', 'infra#0', 'provider answers for wireless under engagement infra (grant infra#0)');

const stage = new Stage();

describe('login', () => {
  it('a wrong token says so; the right one opens the page; a reload keeps it; logging out ends it', async () => {
    stage.opened = await openPage(stage.browser, stage.server);
    const { page } = stage.opened;
    await logIn(page, 'bwa_wrong');
    await page.getByText('This token is not valid.').waitFor();
    await logIn(page, stage.server.token);
    await page.locator('h1.headline').waitFor();
    await page.reload();
    await page.locator('h1.headline').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    expect(await page.evaluate(async () => (await fetch('/api/overview')).status)).toBe(401);
  });

  it('a session that ends asks for the token again and shows nothing of before', async () => {
    await stage.fillSchool();
    const page = await stage.show();
    await page.locator('tr.device').first().waitFor();
    await stage.server.db.deleteFrom('session').execute();
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    expect(await page.locator('tr.device').count()).toBe(0);
  });
});

describe('alerts', () => {
  it('one appears by itself with owner, reason and who was told, and goes to the resolved by itself', async () => {
    await stage.fillSchool();
    const page = await stage.show();
    await page.getByText('Nothing open.').waitFor();
    const row = page.locator('tr.device').first();
    await row.evaluate((element) => element.setAttribute('data-kept', 'yes'));

    const id = await stage.server.open(
      { school: LINCOLN, severity: 'critical', domain: 'wireless', summary: '2 of 8 access points are down' },
      WIFI,
    );
    await stage.server.told(id, LINCOLN, 'noc.oncall');
    const card = page.locator(`.alerts [data-alert="${id}"]`);
    // One refresh is 2 s and the answer may be a second old; the rest is for a busy machine.
    await card.waitFor({ timeout: 8_000 });
    const words = await card.innerText();
    for (const expected of [
      'Critical',
      'wireless',
      '2 of 8 access points are down',
      'provider',
      WIFI.text,
      'noc.oncall',
    ])
      expect(words).toContain(expected);
    expect(await text(page, 'h1.headline')).toContain('1 open alert, 1 critical');
    expect(await page.title()).toBe('(1) Bellwether');

    await stage.server.resolve(id);
    await page.locator(`.resolved [data-alert="${id}"]`).waitFor({ timeout: 8_000 });
    expect(await card.count()).toBe(0);
    expect(await page.title()).toBe('Bellwether');
    expect(await row.getAttribute('data-kept'), 'the page is changed where it differs, not drawn anew').toBe('yes');
  });

  it('a message that did not arrive says why, and a time carries its exact instant', async () => {
    await stage.fillSchool();
    const openedAt = stage.server.clock.now() - 90_000;
    const id = await stage.server.open({ school: LINCOLN, summary: 'x', openedAt });
    await stage.server.told(id, LINCOLN, 'it.kim', { status: 'failed', attempts: 7, error: 'connection refused' });
    const page = await stage.show();
    expect(await text(page, '.told')).toContain('not reached, given up after 7 tries connection refused');
    const time = page.locator('.since time');
    expect(await time.getAttribute('title')).toBe(new Date(openedAt).toISOString());
    const local = new Intl.DateTimeFormat('en', {
      timeZone: 'America/New_York',
      timeStyle: 'medium',
      hourCycle: 'h23',
    });
    expect(await time.innerText()).toContain(local.format(openedAt));
  });
});

describe('when something is missing', () => {
  it('no school, then no agent, then no device: each says what to do next', async () => {
    const page = await stage.show();
    await page.getByText('No school yet.').waitFor();
    await stage.server.configure('north', { tz: 'UTC' });
    await page.getByText('token create --config collector.yaml --school north').waitFor();
    await stage.server.agentHeard('north', 'main');
    await page.getByText('The agent reports, but no device has been seen').waitFor();
  });

  it('the store cannot be read: alerts stay, devices say so', async () => {
    await stage.fillSchool();
    await stage.server.open({ school: LINCOLN, summary: 'still shown' });
    const page = await stage.show();
    await page.locator('tr.device').first().waitFor();
    stage.server.store.broken = true;
    await page.getByText('Devices cannot be read now: the metrics store cannot be reached').waitFor();
    expect(await text(page, '.alert h3')).toBe('still shown');
    expect(await page.locator('.live').innerText()).toBe('Live');
    stage.server.store.broken = false;
    await page.getByText('Devices cannot be read now').waitFor({ state: 'detached' });
  });

  it('the collector is gone: the page says since when, keeps what it had, and comes back by itself', async () => {
    await stage.fillSchool();
    const page = await stage.show();
    await page.locator('tr.device').first().waitFor();
    await stage.server.goAway();
    await page.getByText(/No contact with the collector since \d\d:\d\d:\d\d/).waitFor();
    expect(await page.locator('tr.device').count()).toBe(SCHOOL.length);
    await stage.server.open({ school: LINCOLN, summary: 'happened meanwhile' });
    await stage.server.listen();
    await page.getByText('happened meanwhile').waitFor();
    expect(await page.getByText('No contact').count()).toBe(0);
  });
});

it('a page that is not seen asks nothing, and asks at once when it is seen again', async () => {
  await stage.fillSchool();
  stage.opened = await openPage(stage.browser, stage.server);
  const { page } = stage.opened;
  await page.clock.install();
  await page.addInitScript(() => {
    Object.defineProperty(document, 'hidden', { get: () => document.documentElement.hasAttribute('data-hidden') });
  });
  await page.reload();
  await logIn(page, stage.server.token);
  await page.locator('tr.device').first().waitFor();
  await page.evaluate(() => document.documentElement.setAttribute('data-hidden', ''));
  let asked = 0;
  page.on('request', () => asked++);
  await page.clock.runFor(20_000);
  expect(asked).toBe(0);
  const request = page.waitForRequest('**/api/overview');
  await page.evaluate(() => {
    document.documentElement.removeAttribute('data-hidden');
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await request;
});
