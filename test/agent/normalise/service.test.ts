import { describe, expect, it } from 'vitest';
import type { Attempt, CertificateFacts, ConnectionAttempt, Fault } from '../../../agent/drivers/check/attempt.ts';
import { serviceSamples } from '../../../agent/normalise/service.ts';
import { verdictOn } from '../../../agent/normalise/service-verdict.ts';
import type { Check } from '../../../agent/services/service.ts';
import { dns, http, service } from '../services/fixture.ts';

const NOW = Date.UTC(2026, 9, 5);
const DAY = 86_400_000;
const certificate: CertificateFacts = {
  commonName: 'www.school.test',
  issuer: 'An authority',
  serial: '0A',
  validFrom: NOW - 60 * DAY,
  validTo: NOW + 30 * DAY,
  chainError: undefined,
  nameError: undefined,
};
const fault = (step: Fault['step'], kind: Fault['kind']): Fault => ({ step, kind, text: 'why' });
const page = (status: number, text?: string): ConnectionAttempt => ({
  type: 'http',
  totalMs: 60,
  nameMs: 5,
  connectMs: 10,
  tlsMs: 20,
  firstByteMs: 30,
  certificate,
  answer: { status, length: 9, text, location: undefined },
});
const answer = (rcode: number, ...records: string[]): Attempt => ({ type: 'dns', totalMs: 7, rcode, records });
const tls: Check = {
  type: 'tls',
  host: 'ldap.school.test',
  port: 636,
  serverName: 'ldap.school.test',
  verify: true,
  ca: '',
};
const shaken: ConnectionAttempt = { type: 'tls', totalMs: 35, nameMs: 5, connectMs: 10, tlsMs: 20, certificate };

describe('the verdict on', () => {
  it.each<[what: string, check: Check, attempt: Attempt, state: string, reason: string | RegExp]>([
    ['a name that is there', dns, answer(0, '192.0.2.1'), 'ok', ''],
    ['a name that is not there', dns, answer(3), 'failed', 'the answer about www.school.test is NXDOMAIN'],
    ['a code without a name', dns, answer(9), 'failed', 'the answer about www.school.test is RCODE9'],
    ['a name without such a record', dns, answer(0), 'failed', 'www.school.test has no A record'],
    ['the address that is expected', { ...dns, expect: ['192.0.2.1', '192.0.2.2'] }, answer(0, '192.0.2.2'), 'ok', ''],
    [
      'an address that is not',
      { ...dns, expect: ['192.0.2.1'] },
      answer(0, '192.0.2.1', '198.51.100.7'),
      'failed',
      'www.school.test is 198.51.100.7, not 192.0.2.1',
    ],
    [
      'a name that is written otherwise',
      { ...dns, record: 'CNAME', expect: ['Web.School.Test.'] },
      answer(0, 'web.school.test'),
      'ok',
      '',
    ],
    ['what should not exist and does not', { ...dns, expect: 'nxdomain' }, answer(3), 'ok', ''],
    [
      'what should not exist and does: a resolver that makes answers up',
      { ...dns, expect: 'nxdomain' },
      answer(0, '198.51.100.7'),
      'failed',
      'www.school.test should not exist, and the answer is 198.51.100.7',
    ],
    ['what should not exist, and an error', { ...dns, expect: 'nxdomain' }, answer(2), 'failed', /SERVFAIL$/],
    ['silence', dns, { type: 'dns', totalMs: 9, records: [], fault: fault('query', 'timeout') }, 'failed', 'why'],
    [
      'what could not be asked',
      dns,
      { type: 'dns', totalMs: 9, records: [], fault: fault('query', 'ours') },
      'unknown',
      'why',
    ],
    ['a good page', http, page(200), 'ok', ''],
    ['another status', http, page(500), 'failed', 'status 500, not 200 to 399'],
    [
      'a redirect that was not expected',
      {
        ...http,
        expectStatus: [
          [200, 200],
          [204, 204],
        ],
      },
      { ...page(302), answer: { status: 302, length: 0, text: undefined, location: 'https://blocked.test/' } },
      'failed',
      'status 302 (to https://blocked.test/), not 200 or 204',
    ],
    ['a page with the text', { ...http, expectText: 'sign in' }, page(200, 'please sign in'), 'ok', ''],
    [
      'a page without it',
      { ...http, expectText: 'sign in' },
      page(200, 'blocked by the filter'),
      'failed',
      'the text "sign in" is not in the page',
    ],
    [
      'a certificate that is wrong in both ways',
      tls,
      { ...shaken, certificate: { ...certificate, chainError: 'CERT_HAS_EXPIRED', nameError: 'other.test' } },
      'failed',
      'the certificate is not trusted: CERT_HAS_EXPIRED; the certificate is for another name: other.test',
    ],
    [
      'one that does not matter',
      { ...tls, verify: false },
      { ...shaken, certificate: { ...certificate, chainError: 'CERT_HAS_EXPIRED' } },
      'ok',
      '',
    ],
    [
      'a gateway that answers once',
      { type: 'gateway', host: undefined },
      { type: 'gateway', address: '192.0.2.1', times: [undefined, 2, undefined] },
      'ok',
      '',
    ],
    [
      'a gateway that does not',
      { type: 'gateway', host: undefined },
      { type: 'gateway', address: '192.0.2.1', times: [undefined, undefined] },
      'failed',
      '192.0.2.1 does not answer ping',
    ],
  ])('%s', (_what, check, attempt, state, reason) => {
    const verdict = verdictOn({ check }, attempt);
    expect(verdict.state).toBe(state);
    if (typeof reason === 'string') expect(verdict.reason).toBe(reason);
    else expect(verdict.reason).toMatch(reason);
  });

  it('how long it took leaves the look-up of the name out', () => {
    expect(verdictOn({ check: http }, page(200)).responseMs).toBe(60);
    expect(verdictOn({ check: tls }, shaken).responseMs).toBe(30);
  });
});

const samples = (check: Check, attempt: Attempt, failures?: number) =>
  serviceSamples(service(check), attempt, verdictOn({ check }, attempt), failures, NOW);

describe('the samples of', () => {
  it('an answer of a name server', () => {
    const tags = { zone: 'main', service: 'www', type: 'dns', domain: 'services' };
    expect(samples(dns, answer(0, '192.0.2.1'), 1)).toEqual([
      {
        measurement: 'service',
        tags,
        fields: { state: 'ok', unknown: 0n, failed: 0n, failures_of_5: 1n, response_ms: 7, correct: 1n },
        time: NOW,
      },
      {
        measurement: 'dns_query',
        tags: { ...tags, server: '192.0.2.53', query: 'www.school.test', record_type: 'A' },
        fields: { result_code: 0n, result_type: 'success', query_time_ms: 7, rcode: 'NOERROR', rcode_value: 0n },
        time: NOW,
      },
    ]);
  });

  it('a page, with the certificate', () => {
    const [own, detail, x509] = samples(http, page(404));
    expect(own!.fields).toMatchObject({
      state: 'failed',
      failed: 1n,
      correct: 0n,
      reason: 'status 404, not 200 to 399',
    });
    expect(detail).toMatchObject({
      measurement: 'http_response',
      tags: { server: 'https://www.school.test/', method: 'GET' },
      fields: {
        result_code: 6n,
        result_type: 'response_status_code_mismatch',
        http_response_code: 404n,
        content_length: 9n,
        response_time: 0.06,
        response_status_code_match: 0n,
      },
    });
    expect(x509).toMatchObject({
      measurement: 'x509_cert',
      tags: { source: 'https://www.school.test/' },
      fields: { days_left: 30, expiry: 2_592_000n, age: 5_184_000n, verification_code: 0n, chain_valid: 1n },
    });
  });

  it('a certificate that ran out', () => {
    const gone = { ...certificate, validTo: NOW - DAY / 2, chainError: 'CERT_HAS_EXPIRED' };
    const x509 = samples(tls, { ...shaken, certificate: gone }).at(-1)!;
    expect(x509.tags['source']).toBe('tcp://ldap.school.test:636');
    expect(x509.fields).toMatchObject({
      days_left: -0.5,
      expiry: -43_200n,
      verification_code: 1n,
      verification_error: 'CERT_HAS_EXPIRED',
      chain_valid: 0n,
      name_valid: 1n,
    });
  });

  it('what could not be asked: only that, and not how often it failed', () => {
    const attempt: Attempt = { ...page(200), fault: fault('connect', 'ours') };
    expect(samples(http, attempt)).toEqual([
      {
        measurement: 'service',
        tags: { zone: 'main', service: 'www', type: 'http', domain: 'services' },
        fields: { state: 'unknown', unknown: 1n, reason: 'why' },
        time: NOW,
      },
    ]);
  });

  it('a gateway are pings under a name that stays', () => {
    const [own, ping] = samples(
      { type: 'gateway', host: undefined },
      { type: 'gateway', address: '192.0.2.1', times: [1, 3] },
    );
    expect(own!.fields).toMatchObject({ address: '192.0.2.1', response_ms: 2 });
    expect(ping).toMatchObject({
      measurement: 'ping',
      tags: { url: 'default-gateway' },
      fields: { packets_received: 2n },
    });
  });

  it.each<[step: Fault['step'], kind: Fault['kind'], code: bigint, word: string]>([
    ['name', 'no_name', 5n, 'dns_error'],
    ['connect', 'timeout', 4n, 'timeout'],
    ['connect', 'refused', 3n, 'connection_failed'],
    ['body', 'broken', 2n, 'body_read_error'],
    ['body', 'timeout', 4n, 'timeout'],
  ])('a page that broke off (%s, %s) say so in the words of Telegraf', (step, kind, code, word) => {
    const { answer: _answer, ...attempt } = page(200);
    expect(samples(http, { ...attempt, fault: fault(step, kind) })[1]!.fields).toMatchObject({
      result_code: code,
      result_type: word,
    });
  });

  it('one service have the same tags whatever comes of it', () => {
    const tagsOf = (attempt: Attempt) => samples(http, attempt).map((s) => s.tags);
    const good = tagsOf(page(200));
    expect(tagsOf(page(500))).toEqual(good);
    const { answer: _answer, certificate: _certificate, ...broken } = page(200);
    expect(tagsOf({ ...broken, fault: fault('connect', 'timeout') })).toEqual(good.slice(0, 2));
  });

  it('a service do not let its own tags pass for ours', () => {
    const check = service(dns, { tags: { service: 'other', domain: 'wan' } });
    expect(serviceSamples(check, answer(3), verdictOn(check, answer(3)), 1, NOW)[0]!.tags).toMatchObject({
      service: 'www',
      domain: 'services',
    });
  });
});
