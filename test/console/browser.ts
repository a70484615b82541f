import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { PageServer } from './page-server.ts';

const CHROMIUM = '/usr/bin/chromium';
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Debian's Chromium. @throws with the way to install it when it is missing */
export async function launchBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: run scripts/install-test-servers.sh`);
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

export interface OpenPage {
  readonly page: Page;
  /** What the browser complained about: script errors, blocked content, anything asked from elsewhere. */
  readonly complaints: string[];
}

export interface PageOptions {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly timezoneId?: string;
}

/** A page of its own (no cookies), not yet logged in. */
export async function openPage(
  browser: Browser,
  server: Pick<PageServer, 'url'>,
  options: PageOptions = {},
): Promise<OpenPage> {
  const { width = 1280, colorScheme = 'light', timezoneId = 'America/New_York' } = options;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, timezoneId });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // "Failed to load" is how Chromium tells of 401 before the login and of a collector that is away: both are tested for.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${server.url}/`)) complaints.push(`asked elsewhere: ${request.url()}`);
  });
  await page.goto(server.url);
  return { page, complaints };
}

/** As the operator. */
export async function logIn(page: Page, token: string): Promise<void> {
  const otherWay = page.getByRole('button', { name: 'With the admin token' });
  await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
  if ((await otherWay.count()) > 0) await otherWay.click();
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

/** A page that is logged in and shows its first answer. */
export async function openConsole(browser: Browser, server: PageServer, options?: PageOptions): Promise<OpenPage> {
  const opened = await openPage(browser, server, options);
  await logIn(opened.page, server.token);
  await opened.page.locator('h1.headline').waitFor();
  return opened;
}
