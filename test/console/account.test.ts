import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '../../collector/access/permission.ts';
import { addAccount } from '../../collector/state/accounts.ts';
import { findAlert, listEvents } from '../../collector/state/alerts.ts';
import { hashPassword } from '../../collector/state/password.ts';
import { openPage } from './browser.ts';
import { decision } from './page-server.ts';
import { SCHOOL } from './school-data.ts';
import { LINCOLN, Stage } from './stage.ts';

const PASSWORD = 'correct horse battery';
const stage = new Stage();
let id: string;

const PRIVATE = {
  id: 'private',
  kind: 'domain',
  status: 'approved',
  approvals: ['internal', 'provider'],
  approved_at: '2026-01-01',
  informed: [],
  grants: [{ owner: 'internal', scope: { domain: 'routing' } }],
};
const WIFI = {
  ...PRIVATE,
  id: 'wifi',
  informed: undefined,
  grants: [{ owner: 'provider', scope: { domain: 'wireless' } }],
};

beforeEach(async () => {
  await stage.fillSchool(SCHOOL, { engagements: [PRIVATE, WIFI] });
  id = await stage.server.open(
    { school: LINCOLN, domain: 'wireless', summary: 'an access point is down' },
    decision('provider', 'wifi#0', 'provider answers for wireless'),
  );
});

async function person(login: string, name: string, role: Role, party: string | null): Promise<void> {
  const { db, clock } = stage.server;
  const hash = await hashPassword(PASSWORD, randomBytes);
  await addAccount(db, { login, name, role, party, schools: [LINCOLN] }, hash, clock.now());
}

async function logInAs(login: string, password = PASSWORD): Promise<Page> {
  stage.opened ??= await openPage(stage.browser, stage.server);
  const { page } = stage.opened;
  await page.getByLabel('Name').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  return page;
}

const cardOf = (page: Page) => page.locator(`.alerts [data-alert="${id}"]`);

describe('somebody with an account', () => {
  it('logs in by name and password, and acts as who they are without being asked', async () => {
    await person('noa', 'Noa Diaz', 'provider_technician', 'provider');
    const wrong = await logInAs('noa', 'not this one');
    await wrong.getByText('These are not valid together.').waitFor();
    const page = await logInAs('noa');
    await page.locator('header').getByText('Noa Diaz').waitFor();
    await cardOf(page).getByRole('button', { name: 'Acknowledge' }).click();
    await cardOf(page).getByText('Acknowledged by').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    const acked = (await listEvents(stage.server.db, id)).filter(({ type }) => type === 'acked');
    expect(acked.map(({ detail }) => detail)).toEqual([{ party: 'provider', by: 'Noa Diaz' }]);
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
  });

  it('cannot say they are somebody else', async () => {
    await person('kim', 'Kim Lee', 'specialist', 'internal');
    const page = await logInAs('kim');
    await page.locator('header').getByText('Kim Lee').waitFor();
    await cardOf(page).getByRole('button', { name: 'More' }).click();
    await cardOf(page).getByText('Write a note').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Kim Lee').waitFor();
    expect(await dialog.getByRole('button', { name: 'Change' }).count()).toBe(0);
  });

  it('sees of what the other side keeps private that it is there, and has nothing to press', async () => {
    const kept = await stage.server.open(
      { school: LINCOLN, domain: 'routing', summary: 'the secret of the router' },
      decision('internal', 'private#0', 'the school answers'),
    );
    await person('noa', 'Noa Diaz', 'provider_technician', 'provider');
    const page = await logInAs('noa');
    const card = page.locator(`.alerts [data-alert="${kept}"]`);
    await card.getByText('Something that its owner keeps private, by agreement').waitFor();
    expect(await card.getByRole('button').count()).toBe(0);
    expect(await page.content()).not.toContain('the secret of the router');
  });

  it('is told in plain words what is not theirs to do', async () => {
    await person('aud', 'Ada Audit', 'auditor', null);
    const page = await logInAs('aud');
    await page.locator('header').getByText('Ada Audit').waitFor();
    await cardOf(page).getByRole('button', { name: 'Acknowledge' }).click();
    await cardOf(page)
      .getByText('not allowed: an auditor reads everything of its schools and changes nothing')
      .waitFor();
    expect(await findAlert(stage.server.db, id)).toMatchObject({ ackedBy: null });
  });
});
