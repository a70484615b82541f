import { expect, it } from 'vitest';
import { safetyNetProblems } from '../../console/on-call.ts';
import type { SafetyNetReport } from '../../core/on-call-api.ts';
import { SCHOOL } from './school-data.ts';
import { LINCOLN, Stage } from './stage.ts';

const stage = new Stage();
const DAY = 86_400_000;
const date = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

it('who is on call on each side, who comes next, who stands in for whom, and how the last test of the safety net went', async () => {
  const now = stage.server.clock.now();
  await stage.fillSchool(SCHOOL, {
    tz: 'UTC',
    parties: {
      internal: { contacts: ['kim'], coverage: [] },
      provider: {
        name: 'Coastal Tech',
        contacts: ['ada', 'ben'],
        coverage: 'always',
        on_call: { rotation: { contacts: ['ada', 'ben'], start: date(now - 3 * DAY), handover: '00:00', every: '2d' } },
        absences: [{ who: ['ben'], from: date(now - DAY), to: date(now + DAY) }],
      },
    },
    safety_net: ['principal', 'clerk'],
  });
  const school = stage.server.desk.router.school(LINCOLN)!;
  expect(await stage.server.desk.safetyNet.ask(school, 'Kim')).toBe(true);
  const page = await stage.show();
  const rows = page.locator('.panel', { hasText: 'On call' }).locator('.rows > li');
  await rows.nth(2).waitFor();
  expect(await rows.nth(0).innerText()).toMatch(/The school's own IT: kim\s+Off duty now\./);
  // Three days into turns of two days it is Ben's, who is absent today.
  expect(await rows.nth(1).innerText()).toMatch(
    /^Coastal Tech: ada for ben, who is absent.*Ben is absent \(ada stands in\), from/s,
  );
  const net = await rows.nth(2).innerText();
  expect(net).toMatch(/^The safety net: principal, clerk\s+Tested/);
  expect(net).toContain('principal has no channel');
  expect(net).toMatch(/Next test \w+, \w+ \d+, 10:00/);
});

it('the safety net is tested by a button, by somebody with a name', async () => {
  await stage.fillSchool(SCHOOL, { safety_net: ['principal'] });
  const page = await stage.show();
  const row = page.locator('.rows > li', { hasText: 'The safety net' });
  await row.getByRole('button', { name: 'Test now' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your name').fill('Kim Lee');
  await dialog.getByLabel('You are of').selectOption('internal');
  await dialog.getByRole('button', { name: 'Test now' }).click();
  await row.getByText('principal has no channel').waitFor();
  const { tests } = (await stage.server.ask('GET', `/api/schools/${LINCOLN}/safety-net`)).json<SafetyNetReport>();
  expect(tests.map(({ actor }) => actor)).toEqual(['Kim Lee']);
  await row.getByRole('button', { name: 'Test now' }).click();
  await row.getByText('the last test began less than ten minutes ago').waitFor();
});

it('names what of the last test did not arrive', () => {
  const result = (result: string, reason: string | null = null) => ({
    contact: 'head',
    name: 'Head',
    channel: 'ntfy',
    result,
    reason,
    changedAt: 0,
  });
  const test = (...results: SafetyNetReport['tests'][number]['results'][number][]) => ({
    round: 'r',
    beganAt: 0,
    actor: 'collector',
    results,
  });
  const tests = [
    test(result('delivered'), result('skipped'), result('waiting'), result('failing', 'status 500'), result('failed')),
    test(result('failed')),
  ];
  expect(safetyNetProblems({ tests })).toEqual([
    'Head was not reached by ntfy: status 500',
    'Head was not reached by ntfy',
  ]);
  expect(safetyNetProblems({ tests: [] })).toEqual([]);
});
