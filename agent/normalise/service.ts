import type { FieldValue, Sample } from '../../core/sample.ts';
import type { Attempt, CertificateFacts, ConnectionAttempt, DnsAttempt } from '../drivers/check/attempt.ts';
import type { Check, HttpCheck, Service } from '../services/service.ts';
import type { Tags } from './device-tags.ts';
import { normalisePing } from './ping.ts';
import { isGoodStatus, rcodeName, type Verdict } from './service-verdict.ts';

type Fields = Record<string, FieldValue>;

/** Tags on every point of a service; the user's own come first, so that they cannot pass themselves off as ours. */
export function serviceTags({ name, domain, tags, check }: Service): Tags {
  return { ...tags, service: name, type: check.type, domain };
}

/**
 * The samples of one attempt: `service`, which rules look at, and what Telegraf's plugins would say of it under their names. Tags do not
 * change with the outcome (Telegraf's `result`, `rcode`, `status_code` and names in the certificate are fields here), so a service stays one series.
 * `failures` is how many of the last five attempts failed, this one included; undefined when it says nothing.
 */
export function serviceSamples(
  service: Service,
  attempt: Attempt,
  verdict: Verdict,
  failures: number | undefined,
  time: number,
): Sample[] {
  const tags = serviceTags(service);
  const sample = (measurement: string, more: Tags, fields: Fields): Sample => ({
    measurement,
    tags: { ...tags, ...more },
    fields,
    time,
  });
  const own = sample('service', {}, serviceFields(attempt, verdict, failures));
  const { check } = service;
  if (attempt.type === 'gateway')
    return [
      own,
      normalisePing(attempt.times ? { code: 0, times: attempt.times } : { code: 2 }, gatewayName(check), tags, time),
    ];
  // Telegraf has no word for "could not be asked".
  if (verdict.state === 'unknown') return [own];
  if (attempt.type === 'dns') return [own, sample('dns_query', dnsTags(check), dnsFields(attempt, verdict))];
  const detail =
    check.type === 'http'
      ? sample('http_response', { server: check.url, method: check.method }, httpFields(check, attempt))
      : sample('net_response', netTags(check), netFields(attempt));
  const { certificate } = attempt;
  return [
    own,
    detail,
    ...(certificate ? [sample('x509_cert', { source: sourceOf(check) }, certificateFields(certificate, time))] : []),
  ];
}

function serviceFields(attempt: Attempt, verdict: Verdict, failures: number | undefined): Fields {
  const { state, reason, responseMs, correct } = verdict;
  return {
    state,
    unknown: state === 'unknown' ? 1n : 0n,
    // What is not known is left out.
    ...(state === 'unknown' ? {} : { failed: state === 'failed' ? 1n : 0n }),
    ...(failures === undefined ? {} : { failures_of_5: BigInt(failures) }),
    ...(responseMs === undefined ? {} : { response_ms: responseMs }),
    ...(correct === undefined ? {} : { correct: correct ? 1n : 0n }),
    ...(reason === '' ? {} : { reason }),
    ...(attempt.type === 'gateway' && attempt.address !== undefined ? { address: attempt.address } : {}),
  };
}

/** One name for the default gateway, whatever its address is today. */
function gatewayName(check: Check): string {
  return (check.type === 'gateway' && check.host) || 'default-gateway';
}

function dnsTags(check: Check): Tags {
  if (check.type !== 'dns') return {};
  const { server, query, record } = check;
  return { server: server ? server.address : 'system', query, record_type: record };
}

/** Telegraf's words, at the place of their codes. */
const DNS_RESULTS = ['success', 'timeout', 'error'] as const;
const NET_RESULTS = ['success', 'timeout', 'connection_failed'] as const;
const HTTP_RESULTS = [
  'success',
  'response_string_mismatch',
  'body_read_error',
  'connection_failed',
  'timeout',
  'dns_error',
  'response_status_code_mismatch',
] as const;

function resultFields<T extends string>(results: readonly T[], result: T): Fields {
  return { result_code: BigInt(results.indexOf(result)), result_type: result };
}

function dnsFields({ rcode, totalMs, fault }: DnsAttempt, { state }: Verdict): Fields {
  if (rcode === undefined) return resultFields(DNS_RESULTS, fault?.kind === 'timeout' ? 'timeout' : 'error');
  return {
    ...resultFields(DNS_RESULTS, rcode === 0 || state === 'ok' ? 'success' : 'error'),
    query_time_ms: totalMs,
    rcode: rcodeName(rcode),
    rcode_value: BigInt(rcode),
  };
}

function netTags(check: Check): Tags {
  if (check.type !== 'tcp' && check.type !== 'tls') return {};
  return { server: check.host, port: `${check.port}`, protocol: 'tcp' };
}

function netFields({ connectMs, tlsMs, nameMs, fault }: ConnectionAttempt): Fields {
  const failed = fault?.kind === 'timeout' ? 'timeout' : 'connection_failed';
  return {
    ...resultFields(NET_RESULTS, fault ? failed : 'success'),
    ...(connectMs === undefined ? {} : { response_time: connectMs / 1000 }),
    ...step('name_ms', nameMs),
    ...step('tls_ms', tlsMs),
  };
}

function httpFields(check: HttpCheck, attempt: ConnectionAttempt): Fields {
  const { answer, fault, nameMs, connectMs, tlsMs, firstByteMs } = attempt;
  const isText = check.expectText === undefined ? undefined : (answer?.text?.includes(check.expectText) ?? false);
  return {
    ...resultFields(HTTP_RESULTS, httpResult(check, attempt, isText)),
    ...step('name_ms', nameMs),
    ...step('connect_ms', connectMs),
    ...step('tls_ms', tlsMs),
    ...step('first_byte_ms', firstByteMs),
    ...(answer && !fault
      ? {
          response_time: attempt.totalMs / 1000,
          http_response_code: BigInt(answer.status),
          content_length: BigInt(answer.length),
          response_status_code_match: isGoodStatus(check, answer.status) ? 1n : 0n,
          ...(isText === undefined ? {} : { response_string_match: isText ? 1n : 0n }),
        }
      : {}),
  };
}

function httpResult(
  check: HttpCheck,
  { answer, fault }: ConnectionAttempt,
  isText: boolean | undefined,
): (typeof HTTP_RESULTS)[number] {
  if (fault?.step === 'name') return 'dns_error';
  if (fault?.kind === 'timeout') return 'timeout';
  if (fault?.step === 'body') return 'body_read_error';
  if (fault || !answer) return 'connection_failed';
  if (!isGoodStatus(check, answer.status)) return 'response_status_code_mismatch';
  return isText === false ? 'response_string_mismatch' : 'success';
}

function step(name: string, ms: number | undefined): Fields {
  return ms === undefined ? {} : { [name]: ms };
}

function sourceOf(check: Check): string {
  if (check.type === 'http') return check.url;
  return check.type === 'tls' ? `tcp://${check.host}:${check.port}` : '';
}

const DAY_MS = 86_400_000;

function certificateFields(facts: CertificateFacts, now: number): Fields {
  const { validFrom, validTo, chainError, nameError } = facts;
  const error = [chainError, nameError].filter((text) => text !== undefined).join('; ');
  return {
    expiry: BigInt(Math.round((validTo - now) / 1000)),
    days_left: (validTo - now) / DAY_MS,
    age: BigInt(Math.round((now - validFrom) / 1000)),
    startdate: BigInt(Math.round(validFrom / 1000)),
    enddate: BigInt(Math.round(validTo / 1000)),
    verification_code: error === '' ? 0n : 1n,
    chain_valid: chainError === undefined ? 1n : 0n,
    name_valid: nameError === undefined ? 1n : 0n,
    ...(error === '' ? {} : { verification_error: error }),
    ...Object.fromEntries(
      Object.entries({
        common_name: facts.commonName,
        issuer_common_name: facts.issuer,
        serial_number: facts.serial,
      }).filter(([, text]) => text !== ''),
    ),
  };
}
