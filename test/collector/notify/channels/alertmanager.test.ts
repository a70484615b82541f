import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlertmanagerChannel } from '../../../../collector/notify/channels/alertmanager.ts';
import { withToldAs } from '../../../../collector/notify/told-severities.ts';
import { startAlertmanager } from '../../../support/alertmanager.ts';
import { until } from '../../../support/process.ts';
import type { ServerProcess } from '../../../support/server-process.ts';
import { sendAll } from './case-runner.ts';
import { ALERT_ID, agreementBody, local, MESSAGE_ID, movedBody, openBody, resolvedBody } from './messages.ts';
import { alertmanager } from './services/alertmanager.ts';
import { endpointOf } from './services/service-case.ts';

interface Shown {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

describe("Debian's Alertmanager", () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startAlertmanager();
  });
  afterAll(() => server?.stop());

  const shown = async (): Promise<Shown[]> => {
    const response = await fetch(`${server.url}/api/v2/alerts`, { signal: AbortSignal.timeout(5_000) });
    return (await response.json()) as Shown[];
  };
  const push = (body: string) => {
    const endpoint = endpointOf({ type: 'alertmanager', url: `${server.url}/` });
    return new AlertmanagerChannel(local).deliver({ id: MESSAGE_ID, body, endpoint }, new AbortController().signal);
  };

  // Alertmanager judges by its own clock what is open.
  const opened = Date.now() - 60_000;
  const times = { openedAt: opened, labels: { zone: 'gym', 'odd label-1': 'x 🏫', '1st': 'y' } };

  it('takes an alert that opens, once, and keeps it open', async () => {
    expect(await push(openBody(times))).toEqual({ ok: true });
    expect(await push(openBody(times))).toEqual({ ok: true });
    const [alert, ...more] = await until(
      'the alert',
      10_000,
      async () => (await shown()).length > 0 && (await shown()),
    );
    expect(more).toEqual([]);
    expect(alert!.labels).toEqual({
      alertname: 'ap-down-share',
      alert_id: ALERT_ID,
      school: 'lincoln',
      site: 'main',
      domain: 'wireless',
      severity: 'critical',
      zone: 'gym',
      odd_label_1: 'x 🏫',
      _1st: 'y',
    });
    expect(alert!.annotations).toMatchObject({ owner: 'provider', reference: MESSAGE_ID });
    expect(Date.parse(alert!.startsAt)).toBe(opened);
    // Later than the five minutes after which it would end an alert that it is not told of again.
    expect(Date.parse(alert!.endsAt) - Date.now()).toBeGreaterThan(30 * 86_400_000);
  });

  it('is told of no notes', async () => {
    expect(await push(movedBody())).toMatchObject({ ok: true, skipped: expect.any(String) });
    expect(await push(agreementBody())).toMatchObject({ ok: true, skipped: expect.any(String) });
    expect(await shown()).toHaveLength(1);
  });

  it('knows it by its new severity only, when that changed, and by none when it is over', async () => {
    const more = { ...times, id: 'alert-2', severity: 'warning' as const };
    const severities = async () =>
      (await shown()).filter(({ labels }) => labels['alert_id'] === 'alert-2').map(({ labels }) => labels['severity']);
    const is = (what: string, expected: string[]) =>
      until(what, 10_000, async () => JSON.stringify(await severities()) === JSON.stringify(expected));
    await push(openBody(more));
    await is('the warning', ['warning']);
    const worse = JSON.stringify(withToldAs(JSON.parse(openBody({ ...more, severity: 'critical' })), ['warning']));
    await push(worse);
    await is('the critical one alone', ['critical']);
    const over = JSON.parse(resolvedBody({ ...more, resolvedAt: Date.now() - 1_000 }));
    await push(JSON.stringify(withToldAs(over, ['warning', 'critical'])));
    await is('its end', []);
  });

  it('takes its end', async () => {
    expect(await push(resolvedBody({ ...times, resolvedAt: Date.now() - 1_000 }))).toEqual({ ok: true });
    expect(await until('its end', 10_000, async () => (await shown()).length === 0)).toBe(true);
  });
});

it('logs in to a proxy in front with user and password', async () => {
  const settings = { token: undefined, user: 'bellwether', password: 'pass word' };
  const { seen } = await sendAll(alertmanager, [openBody()], { settings });
  expect(seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from('bellwether:pass word').toString('base64')}`);
});

it('a refusal by a proxy is tried again, one by Alertmanager is not', async () => {
  const answers = [{ status: 403 }, { status: 404 }, { status: 400, body: '"start time must be before end time"' }];
  const { results } = await sendAll(alertmanager, [openBody(), openBody(), openBody()], { answers });
  expect(results.map((result) => !result.ok && result.retryable)).toEqual([true, true, false]);
});
