import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, logIn, type OpenPage, openConsole, openPage, type PageOptions } from './browser.ts';
import { decision, PageServer } from './page-server.ts';
import { type DeviceData, SCHOOL, schoolSamples } from './school-data.ts';

const XSS = '<img src=x onerror="window.hacked=1;alert(1)">';
const WIFI = decision('provider', 'infra#0', 'provider answers for wireless under engagement infra (grant infra#0)');

let browser: Browser;
let server: PageServer;
let opened: OpenPage | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  server = await new PageServer().start();
});
afterEach(async () => {
  const complaints = opened?.complaints ?? [];
  await opened?.page.context().close();
  opened = undefined;
  await server.stop();
  expect(complaints).toEqual([]);
});

async function fillSchool(devices: readonly DeviceData[] = SCHOOL, school = 'lincoln-charter'): Promise<void> {
  server.schools.push({ school, tz: 'America/New_York' });
  await server.agentHeard(school, 'main');
  await server.store.write(schoolSamples(school, devices, server.clock.now()));
}

async function show(options?: PageOptions): Promise<Page> {
  opened = await openConsole(browser, server, options);
  return opened.page;
}

const text = (page: Page, selector: string): Promise<string> => page.locator(selector).first().innerText();

describe('login', () => {
  it('a wrong token says so; the right one opens the page; a reload keeps it; logging out ends it', async () => {
    opened = await openPage(browser, server);
    const { page } = opened;
    await logIn(page, 'bwa_wrong');
    await page.getByText('This token is not valid.').waitFor();
    await logIn(page, server.token);
    await page.locator('h1.headline').waitFor();
    await page.reload();
    await page.locator('h1.headline').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Admin token').waitFor();
    expect(await page.evaluate(async () => (await fetch('/api/overview')).status)).toBe(401);
  });

  it('a session that ends asks for the token again and shows nothing of before', async () => {
    await fillSchool();
    const page = await show();
    await page.locator('tr.device').first().waitFor();
    await server.db.deleteFrom('session').execute();
    await page.getByLabel('Admin token').waitFor();
    expect(await page.locator('tr.device').count()).toBe(0);
  });
});

describe('alerts', () => {
  it('one appears by itself with owner, reason and who was told, and goes to the resolved by itself', async () => {
    await fillSchool();
    const page = await show();
    await page.getByText('Nothing open.').waitFor();
    const row = page.locator('tr.device').first();
    await row.evaluate((element) => element.setAttribute('data-kept', 'yes'));

    const id = await server.open(
      { school: 'lincoln-charter', severity: 'critical', domain: 'wireless', summary: '2 of 8 access points are down' },
      WIFI,
    );
    await server.told(id, 'lincoln-charter', 'noc.oncall');
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

    await server.resolve(id);
    await page.locator(`.resolved [data-alert="${id}"]`).waitFor({ timeout: 8_000 });
    expect(await card.count()).toBe(0);
    expect(await page.title()).toBe('Bellwether');
    expect(await row.getAttribute('data-kept'), 'the page is changed where it differs, not drawn anew').toBe('yes');
  });

  it('a message that did not arrive says why, and a time carries its exact instant', async () => {
    await fillSchool();
    const openedAt = server.clock.now() - 90_000;
    const id = await server.open({ school: 'lincoln-charter', summary: 'x', openedAt });
    await server.told(id, 'lincoln-charter', 'it.kim', { status: 'failed', attempts: 7, error: 'connection refused' });
    const page = await show();
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

describe('devices', () => {
  it('each has its state in words, and its last values', async () => {
    await fillSchool();
    const page = await show();
    const rowOf = (device: string): Promise<string> => text(page, `tr[data-device="${device}"]`);
    expect(await rowOf('ap-107')).toMatch(/down\s+ap-107.*100 %/s);
    expect(await rowOf('sw-lib')).toMatch(/SNMP problem/);
    expect(await rowOf('rt-core-1')).toMatch(/up\s+rt-core-1.*ms\s+0 %\s+\d+ d.*ge-0\/0\/0 WAN Spectrum 1G.*%.*ago/s);
  });

  it('opens by keyboard, draws its charts, and changes interface, unit and time', async () => {
    await fillSchool();
    const page = await show();
    const link = page.getByRole('link', { name: 'sw-core', exact: true });
    await link.focus();
    await page.keyboard.press('Enter');
    expect(await link.getAttribute('aria-expanded')).toBe('true');
    const chart = page.locator('.chart').first();
    await page.waitForFunction(drawn, '.chart canvas');
    expect(await chart.innerText()).toMatch(/Traffic of Gi1\/0\/1\s+In\s+\d.* [GM]bit\/s\s+Out\s+\d.* [GM]bit\/s/s);
    expect(await page.locator('.chart').nth(1).innerText()).toMatch(/Latency\s+Ping\s+\d.* ms/s);

    await page.getByRole('button', { name: /Gi1\/0\/8/ }).click();
    await page.getByText('Traffic of Gi1/0/8').waitFor();
    await page.getByRole('button', { name: '%', exact: true }).click();
    await page.waitForFunction(() => /In\s+[\d.]+ %/.test(document.querySelector('.chart')?.textContent ?? ''));
    await page.waitForFunction(drawn, '.chart canvas');
    const day = page.waitForResponse(
      (reply) => reply.url().includes('step=240000') && reply.url().includes('ifIndex=8'),
    );
    await page.getByRole('button', { name: '24 h' }).click();
    expect((await day).status()).toBe(200);
    const described = page.locator('.plot[role=img]').first();
    await expect
      .poll(() => described.getAttribute('aria-label'))
      .toMatch(/Traffic of Gi1\/0\/8: In now [\d.]+ %, peak/);
  });

  it('what a device or a person wrote is shown as text', async () => {
    await fillSchool([
      { device: 'sw-1', role: XSS, interfaces: [{ name: `Gi${XSS}`, alias: XSS, util: 50 }] },
      { device: XSS, role: 'switch' },
    ]);
    const id = await server.open({ school: 'lincoln-charter', summary: XSS, site: XSS, labels: { device: XSS } });
    await server.told(id, 'lincoln-charter', XSS, { status: 'failed', error: XSS });
    const page = await show();
    await page.getByRole('link', { name: 'sw-1', exact: true }).click();
    await page.locator('.interfaces').waitFor();
    await page.waitForFunction(drawn, '.chart canvas');
    for (const selector of ['.alert h3', '.told', 'tr[data-device="sw-1"] .busiest', '.interfaces', '.chart-title'])
      expect(await text(page, selector), selector).toContain(XSS);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  });
});

describe('every screen', () => {
  it.each([320, 375, 768])('%d px wide: nothing to scroll sideways, with a device open', async (width) => {
    await fillSchool();
    const id = await server.open(
      { school: 'lincoln-charter', summary: 'sw-core Gi1/0/1 (uplink) sends at 96 % of its speed' },
      WIFI,
    );
    await server.told(id, 'lincoln-charter', 'a.person.with.a.rather.long.name@a-long-domain.example.org');
    const page = await show({ width });
    await page.getByRole('link', { name: 'sw-core', exact: true }).click();
    await page.waitForFunction(drawn, '.chart canvas');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  it.each(['light', 'dark'] as const)('%s: every word has the contrast of WCAG AA', async (colorScheme) => {
    await fillSchool();
    await server.open({ school: 'lincoln-charter', summary: 'critical one', severity: 'critical' }, WIFI);
    const id = await server.open({ school: 'lincoln-charter', summary: 'warning one' }, WIFI);
    await server.told(id, 'lincoln-charter', 'kim', { status: 'failed', error: 'refused' });
    await server.resolve(await server.open({ school: 'lincoln-charter', summary: 'resolved one', severity: 'info' }));
    const page = await show({ colorScheme });
    await page.getByRole('link', { name: 'sw-core', exact: true }).click();
    await page.waitForFunction(drawn, '.chart canvas');
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const brightness = Number(/\d+/.exec(background)![0]);
    expect(colorScheme === 'dark' ? brightness < 60 : brightness > 200, background).toBe(true);
    expect(await page.evaluate(tooFaint)).toEqual([]);
  });
});

describe('when something is missing', () => {
  it('no school, then no agent, then no device: each says what to do next', async () => {
    const page = await show();
    await page.getByText('No school yet.').waitFor();
    server.schools.push({ school: 'north', tz: 'UTC' });
    await page.getByText('token create --config collector.yaml --school north').waitFor();
    await server.agentHeard('north', 'main');
    await page.getByText('The agent reports, but no device has been seen').waitFor();
  });

  it('the store cannot be read: alerts stay, devices say so', async () => {
    await fillSchool();
    await server.open({ school: 'lincoln-charter', summary: 'still shown' });
    const page = await show();
    await page.locator('tr.device').first().waitFor();
    server.store.broken = true;
    await page.getByText('Devices cannot be read now: the metrics store cannot be reached').waitFor();
    expect(await text(page, '.alert h3')).toBe('still shown');
    expect(await page.locator('.live').innerText()).toBe('Live');
    server.store.broken = false;
    await page.getByText('Devices cannot be read now').waitFor({ state: 'detached' });
  });

  it('the collector is gone: the page says since when, keeps what it had, and comes back by itself', async () => {
    await fillSchool();
    const page = await show();
    await page.locator('tr.device').first().waitFor();
    await server.goAway();
    await page.getByText(/No contact with the collector since \d\d:\d\d:\d\d/).waitFor();
    expect(await page.locator('tr.device').count()).toBe(SCHOOL.length);
    await server.open({ school: 'lincoln-charter', summary: 'happened meanwhile' });
    await server.listen();
    await page.getByText('happened meanwhile').waitFor();
    expect(await page.getByText('No contact').count()).toBe(0);
  });
});

it('a page that is not seen asks nothing, and asks at once when it is seen again', async () => {
  await fillSchool();
  opened = await openPage(browser, server);
  const { page } = opened;
  await page.clock.install();
  await page.addInitScript(() => {
    Object.defineProperty(document, 'hidden', { get: () => document.documentElement.hasAttribute('data-hidden') });
  });
  await page.reload();
  await logIn(page, server.token);
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

/** In the page: true when a line was drawn on the canvas (its own colours, not only the grid's grey). */
function drawn(selector: string): boolean {
  const canvas = document.querySelector(selector);
  if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0) return false;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    const spread = Math.max(data[i]!, data[i + 1]!, data[i + 2]!) - Math.min(data[i]!, data[i + 1]!, data[i + 2]!);
    if (data[i + 3]! > 200 && spread > 80) coloured++;
  }
  return coloured > 100;
}

/** In the page: texts whose contrast with what is behind them is below 4.5 (3 for large ones), by WCAG 2.2, 1.4.3. */
function tooFaint(): string[] {
  const parse = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (rgb: number[]): number => {
    const [r, g, b] = rgb
      .slice(0, 3)
      .map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const behind = (element: Element | null): number[] => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if ((colour[3] ?? 1) > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement!;
    if (!node.textContent?.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(parse(style.color)), luminance(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = Number.parseFloat(style.fontSize) >= 24;
    if (contrast < (large ? 3 : 4.5)) faint.push(`${node.textContent.trim()}: ${contrast.toFixed(2)}`);
  }
  return [...new Set(faint)];
}
