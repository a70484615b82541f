import { beforeEach, expect, it } from 'vitest';
import { matchersText } from '../../console/mutes.ts';
import { devicesText } from '../../console/suppressed.ts';
import { LINCOLN, Stage } from './stage.ts';

const stage = new Stage();

beforeEach(async () => {
  await stage.fillSchool([], { topology: { uplinks: { 'sw-*': 'core1' } } });
});

const down = (device: string) =>
  stage.server.open({
    school: LINCOLN,
    summary: `${device} does not answer`,
    severity: 'critical',
    key: device,
    labels: { device, role: 'switch' },
  });

it('the cause is one alert, and says how many are behind it of which nobody is told', async () => {
  await down('core1');
  for (const n of [1, 2, 3]) await down(`sw-${n}`);
  await stage.server.desk.suppression.stepSchool(LINCOLN);
  const page = await stage.show();
  await page.getByRole('heading', { name: '1 open alert' }).waitFor();
  const card = page.locator('.alert');
  expect(await card.count()).toBe(1);
  expect(await card.innerText()).toContain('3 alerts behind it of which nobody is told');
  const section = page.locator('section', { hasText: 'Nobody is told of these' });
  expect(await section.innerText()).toMatch(
    /3 alerts at lincoln-charter\s+Behind core1, which is down\s+sw-1, sw-2, sw-3/,
  );
});

it('maintenance is begun, listed and ended on the page, and is in force at once', async () => {
  const id = await down('core1');
  const page = await stage.show();
  const panel = page.locator('.panel', { hasText: 'Maintenance and silences' });
  await panel.getByText('None: everybody is told of everything.').waitFor();
  await panel.getByRole('button', { name: 'Begin maintenance' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Device').fill('core1');
  await dialog.getByLabel('For', { exact: true }).selectOption('2 hours');
  await dialog.getByLabel('What is done').fill('new power supply');
  await dialog.getByLabel('Your name').fill('Kim Lee');
  await dialog.getByLabel('You are of').selectOption('internal');
  await dialog.getByRole('button', { name: 'Begin' }).click();
  await panel.getByText('new power supply (maintenance by Kim Lee)').waitFor();
  await page.locator(`[data-alert="${id}"]`).waitFor({ state: 'detached' });
  await page.getByText('Maintenance: new power supply (Kim Lee)').waitFor();
  await panel.getByRole('button', { name: 'End', exact: true }).click();
  await page.locator(`[data-alert="${id}"]`).waitFor();
  await panel.getByText('None: everybody is told of everything.').waitFor();
});

it('says what it is about in words', () => {
  const matcher = { name: 'device', value: 'sw1', isRegex: false, isEqual: true };
  expect(matchersText([matcher, { ...matcher, name: 'site', value: 'annex', isEqual: false }])).toBe(
    'device sw1, site not annex',
  );
  expect(devicesText(['a', 'b'], 2)).toBe('a, b');
  expect(devicesText(['a', 'b'], 9)).toBe('a, b and others');
});
