import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import { launchBrowser, logIn, openPage } from '../console/browser.ts';
import { startProgram, type TestProcess, until } from '../support/process.ts';

// BELLWETHER_SCREENSHOTS=DIR keeps the pictures.
const keep = process.env['BELLWETHER_SCREENSHOTS'];
const pictures = keep ?? mkdtempSync(join(tmpdir(), 'bw-page-'));

let demo: TestProcess | undefined;
let browser: Browser | undefined;
afterEach(async () => {
  await browser?.close();
  await demo?.end('SIGTERM');
  if (!keep) rmSync(pictures, { recursive: true, force: true });
});

const AP_ALERT = 'access points at main are down';

it('shows the alert of the running school, with who answers and why, before the phone rings twice', async () => {
  demo = startProgram('sim/main.ts', ['--for', '120s']);
  const said = (): string => demo!.stdout;
  const [, url, token] = await until('the page', 20_000, () => /page\s+(http:\S+)\s+admin token: (\S+)/.exec(said()));
  browser = await launchBrowser();
  const { page, complaints } = await openPage(browser, { url: url! });
  await logIn(page, token!);
  await page.getByText('sw-east').first().waitFor();

  await until('the phone', 45_000, () => said().includes(AP_ALERT));
  const alert = page.getByText(AP_ALERT).first();
  await alert.waitFor({ timeout: 10_000 });
  // Opened once: a second ring of the same alert would be the next rung, minutes later.
  expect(said().match(new RegExp(`^ +CRITICAL.*${AP_ALERT}`, 'gm'))).toHaveLength(1);
  expect(said().match(new RegExp(`ntfy .*CRITICAL.*${AP_ALERT}`, 'g'))).toHaveLength(1);
  await page.screenshot({ path: join(pictures, 'page.png') });
  await page
    .getByText(/provider answers for Wi-Fi as agreed in infra/)
    .first()
    .waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: join(pictures, 'phone.png') });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);

  await until('the resolve', 60_000, () => said().includes(`RESOLVED at lincoln-charter (main): 3 of 8 ${AP_ALERT}`));
  expect(complaints).toEqual([]);
}, 150_000);
