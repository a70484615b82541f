import { expect, describe as group, it } from 'vitest';
import { describe, matching } from '../../console/inventory.ts';
import type { InventoryRow } from '../../core/inventory-api.ts';
import { lineOf } from '../collector/inventory/stock.ts';
import { tooFaint } from './in-page.ts';
import { LINCOLN, Stage } from './stage.ts';

const stage = new Stage();
const AGENT = { tokenId: 'x', school: LINCOLN, site: 'main' };
const SW1 = {
  vendor: 'Cisco',
  hardware: 'C9300-48P',
  serial: 'FOC1111X0AA',
  version: '17.9.4',
  sysLocation: 'closet 1',
};

async function fill(): Promise<void> {
  await stage.fillSchool();
  const { inventory } = stage.server.desk;
  await inventory.take(AGENT, [
    lineOf('sw1', SW1, { role: 'switch' }),
    lineOf('ap1', { vendor: 'Aruba', hardware: 'AP-515', serial: 'CNF1' }, { role: 'ap' }),
    lineOf('ups1'),
  ]);
  await inventory.take(AGENT, [
    lineOf('sw1', { ...SW1, version: '17.12.1', serial: 'FOC2222X0BB' }, { role: 'switch' }),
  ]);
  await inventory.take(AGENT, [{ roster: ['sw1', 'ap1'] }]);
}

it('lists what a school has, finds it, and what happened to it', async () => {
  await fill();
  const page = await stage.show();
  const inventory = page.locator('.inventory');
  await inventory.getByText('Models, serial numbers, firmware').click();
  await inventory.getByText('3 devices').waitFor();
  const row = (name: string) => inventory.locator(`[data-inventory="main ${name}"]`);
  expect(await row('sw1').innerText()).toMatch(
    /sw1 switch, main\s+Cisco C9300-48P, serial FOC2222X0BB, firmware 17\.12\.1\s+closet 1\. Changed .+, seen .+/,
  );
  expect(await row('ups1').innerText()).toMatch(/Gone\s+It says nothing of itself/);
  await inventory.getByLabel('Find').fill('aruba 515');
  await inventory.getByText('1 of 3 devices').waitFor();
  expect(await inventory.locator('li').count()).toBe(1);
  const download = page.waitForEvent('download');
  await inventory.getByRole('link', { name: 'All as CSV' }).click();
  expect((await download).suggestedFilename()).toBe(`inventory-${LINCOLN}.csv`);

  const events = page.locator('.events');
  await events.getByText('Changes of devices').click();
  await events.getByText('ups1 is gone: it is not polled any more').waitFor();
  expect(await events.locator('li').allInnerTexts()).toEqual([
    expect.stringMatching(/^ups1 is gone/),
    expect.stringMatching(/^sw1: serial FOC1111X0AA -> FOC2222X0BB\s+Warning\s+.*, main, inventory$/),
  ]);
});

it.each([320, 390])('%d px wide: nothing to scroll sideways', async (width) => {
  await fill();
  const page = await stage.show({ width });
  await page.getByText('Models, serial numbers, firmware').click();
  await page.getByText('Changes of devices').click();
  await page.getByText('ups1 is gone').waitFor();
  await page.locator('[data-inventory="main ups1"]').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
});

it.each(['light', 'dark'] as const)('%s: every word has the contrast of WCAG AA', async (colorScheme) => {
  await fill();
  const page = await stage.show({ colorScheme });
  await page.getByText('Models, serial numbers, firmware').click();
  await page.getByText('Changes of devices').click();
  await page.getByText('ups1 is gone').waitFor();
  await page.locator('[data-inventory="main ups1"]').waitFor();
  const keep = process.env['BELLWETHER_SCREENSHOTS'];
  if (keep !== undefined) await page.screenshot({ path: `${keep}/inventory-${colorScheme}.png`, fullPage: true });
  expect(await page.evaluate(tooFaint)).toEqual([]);
});

group('the words', () => {
  const row = (more: Partial<InventoryRow>) =>
    ({ site: 'main', device: 'sw1', vendor: null, model: null, serial: null, firmware: null, ...more }) as InventoryRow;
  it('say what is known', () => {
    expect(describe(row({ vendor: 'Cisco', firmware: '1' }))).toBe('Cisco, firmware 1');
    expect(describe(row({}))).toBe('It says nothing of itself.');
  });
  it('are found in any order, wherever they stand', () => {
    const rows = [row({ model: 'C9300' }), row({ device: 'ap1', vendor: 'Cisco' })];
    expect(matching(rows, ' ')).toBe(rows);
    expect(matching(rows, 'main CISCO').map(({ device }) => device)).toEqual(['ap1']);
    expect(matching(rows, 'nowhere')).toEqual([]);
  });
});
