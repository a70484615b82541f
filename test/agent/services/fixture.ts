import type { Check, DnsCheck, HttpCheck, Service } from '../../../agent/services/service.ts';

export const dns: DnsCheck = {
  type: 'dns',
  query: 'www.school.test',
  record: 'A',
  server: { address: '192.0.2.53', port: 53 },
  expect: 'any',
};

export const http: HttpCheck = {
  type: 'http',
  url: 'https://www.school.test/',
  method: 'GET',
  expectStatus: [[200, 399]],
  expectText: undefined,
  followRedirects: false,
  verify: true,
  ca: undefined,
};

export function service(check: Check, more: Partial<Service> = {}): Service {
  return {
    name: 'www',
    domain: 'services',
    intervalMs: 30_000,
    timeoutMs: 2_000,
    window: undefined,
    tags: { zone: 'main' },
    check,
    ...more,
  };
}
