import { describe, expect, it } from 'vitest';
import type { DeliveryResult } from '../../../collector/notify/channels/channel.ts';
import {
  afterAttempt,
  type EndpointRecord,
  fingerprintOf,
  probeWait,
  stateOf,
} from '../../../collector/notify/endpoint-health.ts';
import { hostOf } from '../../../collector/notify/endpoint-watch.ts';

const KIM = { school: 'lincoln', contact: 'kim', channel: 'ntfy', type: 'ntfy', fingerprint: 'f1' };
const OK: DeliveryResult = { ok: true };
const FAIL: DeliveryResult = { ok: false, retryable: true, reason: 'status 500' };
const GONE: DeliveryResult = { ok: false, retryable: false, reason: '410 Gone', gone: true };

/** Attempts as [seconds, result]. */
function history(...attempts: readonly (readonly [number, DeliveryResult])[]): EndpointRecord {
  let record: EndpointRecord | undefined;
  for (const [s, result] of attempts) record = afterAttempt(record, KIM, result, s * 1000);
  return record!;
}

describe('how an endpoint does', () => {
  it.each<[string, readonly (readonly [number, DeliveryResult])[], string]>([
    ['it answered', [[0, OK]], 'ok'],
    ['it failed once', [[0, FAIL]], 'failing'],
    [
      'as many fast retries as a page has',
      [
        [0, FAIL],
        [5, FAIL],
        [25, FAIL],
      ],
      'dead',
    ],
    [
      'many messages that fail at once are one blip',
      [
        [0, FAIL],
        [1, FAIL],
        [1, FAIL],
        [2, FAIL],
      ],
      'failing',
    ],
    [
      'two failures a day apart',
      [
        [0, FAIL],
        [86_400, FAIL],
      ],
      'failing',
    ],
    [
      'it answers again',
      [
        [0, FAIL],
        [5, FAIL],
        [25, FAIL],
        [85, OK],
      ],
      'ok',
    ],
    [
      'and fails again: it begins anew',
      [
        [0, FAIL],
        [5, FAIL],
        [25, FAIL],
        [85, OK],
        [90, FAIL],
      ],
      'failing',
    ],
    ['gone for good', [[0, GONE]], 'disabled'],
    [
      'gone, and then only failing',
      [
        [0, GONE],
        [5, FAIL],
      ],
      'disabled',
    ],
    [
      'a test went through',
      [
        [0, GONE],
        [5, OK],
      ],
      'ok',
    ],
  ])('%s', (_name, attempts, state) => expect(stateOf(history(...attempts))).toBe(state));

  it('other settings begin anew', () => {
    const record = afterAttempt(history([0, GONE]), { ...KIM, fingerprint: 'f2' }, FAIL, 9_000);
    expect([stateOf(record), record.failures, record.failingSince]).toEqual(['failing', 1, 9_000]);
  });

  it('remembers when it last went well, when and why it did not', () =>
    expect(history([1, OK], [2, FAIL], [3, FAIL])).toMatchObject({
      succeededAt: 1_000,
      failedAt: 3_000,
      error: 'status 500',
      failures: 2,
      failingSince: 2_000,
    }));

  it('while dead it is tried ever more seldom, but every five minutes', () => {
    const dead = history([0, FAIL], [5, FAIL], [25, FAIL]);
    const waits = [dead, { ...dead, failures: 4 }, { ...dead, failures: 5 }, { ...dead, failures: 400 }].map(probeWait);
    expect(waits).toEqual([60_000, 180_000, 300_000, 300_000]);
    expect(probeWait(history([0, FAIL]))).toBe(0);
  });
});

describe('what is told of an endpoint', () => {
  const of = (type: string, address: string, settings: Record<string, string> = {}, secrets = ['s3cret']) => ({
    type,
    id: type,
    address,
    secrets,
    settings,
  });
  it.each([
    [of('webhook', 'https://hooks.example.org/very/secret'), 'hooks.example.org'],
    [of('slack', 'https://hooks.slack.com/services/T0/B0/secret'), 'hooks.slack.com'],
    [of('ntfy', 'http://10.0.0.7:8080/topic'), '10.0.0.7:8080'],
    [of('email', 'kim@lincoln.example'), 'lincoln.example'],
    [
      of('pagerduty', 'R0UT1NGK3Y0123456789abcdefABCDEF', { url: 'https://events.pagerduty.com' }),
      'events.pagerduty.com',
    ],
    [of('twilio', '+15551230199', { url: 'https://api.twilio.com' }), 'api.twilio.com'],
    [of('pushover', 'userkey'), null],
  ])('only where it is: %#', (endpoint, host) => expect(hostOf(endpoint)).toBe(host));

  it('the fingerprint changes with every setting', () => {
    const all = [
      of('ntfy', 'https://a/b'),
      of('ntfy', 'https://a/c'),
      of('slack', 'https://a/b'),
      of('ntfy', 'https://a/b', { device: 'x' }),
      of('ntfy', 'https://a/b', {}, ['other']),
    ].map(fingerprintOf);
    expect(new Set(all).size).toBe(5);
    expect(fingerprintOf(of('ntfy', 'https://a/b'))).toBe(all[0]);
  });
});
