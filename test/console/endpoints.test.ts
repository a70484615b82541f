import { expect, it } from 'vitest';
import { fingerprintOf } from '../../collector/notify/endpoint-health.ts';
import { saveEndpoint } from '../../collector/state/endpoints.ts';
import { changeMessage } from '../../collector/state/outbox.ts';
import { troubledFirst } from '../../console/endpoints.ts';
import type { EndpointView } from '../../core/endpoint-api.ts';
import { LINCOLN, Stage } from './stage.ts';

const stage = new Stage();
const CONTACTS = {
  contacts: {
    kim: { name: 'Kim Lee', channels: [{ type: 'ntfy', url: 'https://ntfy.example.org/kim-secret-topic' }] },
    noc: { name: 'The NOC', channels: [{ type: 'email', to: 'noc@example.org' }] },
  },
  safety_net: ['kim', 'noc'],
};

it('says which channels are in trouble and why, and tests one', async () => {
  const { server } = stage;
  await stage.fillSchool([], CONTACTS);
  const endpoint = {
    type: 'ntfy',
    id: 'ntfy',
    address: 'https://ntfy.example.org/kim-secret-topic',
    secrets: [],
    settings: {},
  };
  const now = server.clock.now();
  await saveEndpoint(server.db, {
    school: LINCOLN,
    contact: 'kim',
    channel: 'ntfy',
    type: 'ntfy',
    fingerprint: fingerprintOf(endpoint),
    succeededAt: now - 7_200_000,
    failedAt: now - 60_000,
    error: 'status 503',
    failures: 7,
    failingSince: now - 3_600_000,
    disabledAt: null,
  });
  const page = await stage.show();
  const section = page.locator('.endpoints');
  await section.getByText('2 channels, 1 in trouble').waitFor();
  const kim = section.locator('[data-endpoint="kim ntfy"]');
  expect(await kim.innerText()).toMatch(
    /Kim Lee over ntfy at ntfy\.example\.org\s+Dead\s+Failed 7 times in a row: status 503\. Last delivered 2 h/,
  );
  expect(await section.innerText()).not.toContain('secret-topic');

  await kim.getByRole('button', { name: 'Test' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your name').fill('Noa Diaz');
  await dialog.getByLabel('You are of').selectOption('internal');
  await dialog.getByRole('button', { name: 'Send a test' }).click();
  const row = await expect
    .poll(() => server.db.selectFrom('outbox').selectAll().executeTakeFirst())
    .toBeDefined()
    .then(() => server.db.selectFrom('outbox').selectAll().executeTakeFirstOrThrow());
  expect(row).toMatchObject({ contact: 'kim', channel: 'ntfy', school: LINCOLN });
  expect(row.body).toContain('by Noa Diaz');
  await changeMessage(server.db, row.id, { status: 'failed', lastError: 'status 503' });
  await kim.getByText('The test was not taken: status 503.').waitFor();
});

it('what is in trouble comes first, the rest as it was', () => {
  const view = (contact: string, state: EndpointView['state']) => ({ contact, state }) as EndpointView;
  const all = [view('a', 'ok'), view('b', 'failing'), view('c', 'disabled'), view('d', 'ok'), view('e', 'dead')];
  expect(
    troubledFirst(all)
      .map(({ contact }) => contact)
      .join(''),
  ).toBe('cebad');
});
