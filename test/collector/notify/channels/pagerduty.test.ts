import { describe, expect, it } from 'vitest';
import { sendAll } from './case-runner.ts';
import { ALERT_ID, agreementBody, MESSAGE_ID, movedBody, openBody, resolvedBody, testBody } from './messages.ts';
import { pagerduty } from './services/pagerduty.ts';

it('an alert is one incident from its opening to its end, whoever it is handed to', async () => {
  const { json, results } = await sendAll(pagerduty, [
    openBody(),
    movedBody(),
    openBody(),
    agreementBody(),
    resolvedBody(),
  ]);
  expect(results.every(({ ok }) => ok)).toBe(true);
  expect(json.map(({ event_action, dedup_key }) => [event_action, dedup_key])).toEqual([
    ['trigger', ALERT_ID],
    ['trigger', ALERT_ID],
    ['resolve', ALERT_ID],
  ]);
});

it('says where, what and how bad', async () => {
  const { json } = await sendAll(pagerduty, [openBody({ labels: { device: 'sw-1' } })]);
  expect(json[0].payload).toMatchObject({
    summary: 'CRITICAL at Lincoln Charter (main): 5 of 8 access points do not answer',
    source: 'lincoln/main',
    severity: 'critical',
    timestamp: '2026-10-05T14:00:00.000Z',
    component: 'sw-1',
    group: 'lincoln',
    class: 'ap-down-share',
    custom_details: { owner: 'provider', value: 62.5, reference: MESSAGE_ID },
  });
});

it('a test is an incident of its own, opened and closed', async () => {
  const { json, results } = await sendAll(pagerduty, [testBody()]);
  expect(results).toEqual([{ ok: true }]);
  expect(json.map(({ event_action, dedup_key, payload }) => [event_action, dedup_key, payload?.severity])).toEqual([
    ['trigger', MESSAGE_ID, 'info'],
    ['resolve', MESSAGE_ID, undefined],
  ]);
  const refused = await sendAll(pagerduty, [testBody()], { answers: [{ status: 400, body: {} }] });
  expect(refused.results).toMatchObject([{ ok: false, retryable: false }]);
});

describe('its answers', () => {
  it.each([
    [202, undefined],
    [400, false],
    [403, true],
    [429, true],
    [500, true],
    [503, true],
  ])('%i', async (status, retryable) => {
    const { result } = await sendAll(pagerduty, [openBody()], { answers: [{ status, body: {} }] });
    expect(result).toMatchObject(retryable === undefined ? { ok: true } : { ok: false, retryable });
  });
});
