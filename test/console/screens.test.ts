import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { openAgreed } from './agreed-school.ts';
import type { PageOptions } from './browser.ts';
import { drawn, tooFaint } from './in-page.ts';
import { LINCOLN, Stage } from './stage.ts';

const stage = new Stage();

/** Everything at once: alerts with their details, a refusal, what waits, a device with its chart. */
async function showAll(options: PageOptions): Promise<Page> {
  const { server } = stage;
  await stage.fillAgreed();
  await openAgreed(server, { school: LINCOLN, summary: 'critical one', severity: 'critical', domain: 'power' });
  const openedAt = server.clock.now() - 3_600_000;
  const summary = 'sw-core Gi1/0/1 (uplink) sends at 96 % of its speed';
  const id = await openAgreed(server, { school: LINCOLN, summary, openedAt });
  await server.told(id, LINCOLN, 'a.person.with.a.rather.long.name@a-long-domain.example.org');
  await server.told(id, LINCOLN, 'kim', { status: 'failed', error: 'refused' });
  const note = `a-word-${'long'.repeat(30)} https://example.org/${'x'.repeat(80)}`;
  const acts = `/api/schools/${LINCOLN}/alerts/${id}/actions`;
  await server.ask('POST', acts, { action: 'ack', party: 'provider', by: 'Noa Diaz', note });
  await server.resolve(await server.open({ school: LINCOLN, summary: 'resolved one', severity: 'info' }));
  const page = await stage.show(options);
  await page.locator(`[data-alert="${id}"]`).getByRole('button', { name: 'Details' }).click();
  await page.getByText('Noa Diaz acknowledged').waitFor();
  await page.getByRole('link', { name: 'sw-core', exact: true }).click();
  await page.waitForFunction(drawn, '.chart canvas');
  return page;
}

describe('every screen', () => {
  it.each([320, 390, 768])('%d px wide: nothing to scroll sideways, with everything open', async (width) => {
    const page = await showAll({ width });
    const scrolls = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await scrolls()).toBeLessThanOrEqual(width);
    await page.getByRole('button', { name: 'More' }).first().click();
    expect(await scrolls(), 'with the menu').toBeLessThanOrEqual(width);
    await page.getByRole('button', { name: 'Approve' }).click();
    const dialog = (await page.getByRole('dialog').boundingBox())!;
    expect(dialog.x).toBeGreaterThanOrEqual(0);
    expect(dialog.x + dialog.width).toBeLessThanOrEqual(width);
    expect(await scrolls(), 'with a question').toBeLessThanOrEqual(width);
  });

  it.each(['light', 'dark'] as const)('%s: every word has the contrast of WCAG AA', async (colorScheme) => {
    const page = await showAll({ colorScheme });
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const brightness = Number(/\d+/.exec(background)![0]);
    expect(colorScheme === 'dark' ? brightness < 60 : brightness > 200, background).toBe(true);
    await page.getByRole('button', { name: 'More' }).first().click();
    expect(await page.evaluate(tooFaint)).toEqual([]);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await page.evaluate(tooFaint)).toEqual([]);
  });

  it('stands still while it is refreshed', async () => {
    const page = await showAll({});
    const height = () => page.evaluate(() => document.documentElement.scrollHeight);
    const before = await height();
    for (let i = 0; i < 3; i++) await page.waitForResponse((reply) => /\/alerts\/[^/]+$/.test(reply.url()));
    expect(await height()).toBe(before);
  });
});
