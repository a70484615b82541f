import type { Attempt, ConnectionAttempt, DnsAttempt, Fault, GatewayAttempt } from '../drivers/check/attempt.ts';
import type { DnsCheck, HttpCheck, Service, TlsTrust } from '../services/service.ts';

/** What an attempt says of the service. `unknown`: nothing, as it could not be made from here. */
export interface Verdict {
  readonly state: 'ok' | 'failed' | 'unknown';
  /** Why it is not ok, in words. */
  readonly reason: string;
  /** How long the service took to answer, ms; absent without an answer. */
  readonly responseMs?: number;
  /** Of an answer: whether it was the one expected. */
  readonly correct?: boolean;
}

/** Pure: the same attempt always gives the same verdict. */
export function verdictOn({ check }: Pick<Service, 'check'>, attempt: Attempt): Verdict {
  if (attempt.fault) return faulty(attempt.fault);
  if (attempt.type === 'gateway') return ofGateway(attempt);
  if (attempt.type === 'dns') return ofDns(check as DnsCheck, attempt);
  return ofConnection(check, attempt);
}

function faulty(fault: Fault): Verdict {
  return { state: fault.kind === 'ours' ? 'unknown' : 'failed', reason: fault.text };
}

function ofGateway({ times = [], address }: GatewayAttempt): Verdict {
  const answered = times.filter((t) => t !== undefined);
  if (answered.length === 0) return { state: 'failed', reason: `${address} does not answer ping` };
  return { state: 'ok', reason: '', responseMs: answered.reduce((sum, t) => sum + t, 0) / answered.length };
}

const RCODE_WORDS: readonly string[] = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** RFC 1035 response codes by name. */
export function rcodeName(rcode: number): string {
  return RCODE_WORDS[rcode] ?? `RCODE${rcode}`;
}

function ofDns(check: DnsCheck, { rcode = 0, records, totalMs }: DnsAttempt): Verdict {
  const reason = wrongAnswer(check, rcode, records);
  const correct = reason === '';
  return { state: correct ? 'ok' : 'failed', reason, responseMs: totalMs, correct };
}

/** Why the answer is not the one expected; empty when it is. */
function wrongAnswer({ expect, record, query }: DnsCheck, rcode: number, records: readonly string[]): string {
  if (expect === 'nxdomain') {
    if (rcode === 3) return '';
    return `${query} should not exist, and the answer is ${records.join(', ') || rcodeName(rcode)}`;
  }
  if (rcode !== 0) return `the answer about ${query} is ${rcodeName(rcode)}`;
  if (records.length === 0) return `${query} has no ${record} record`;
  if (expect === 'any') return '';
  const expected = new Set(expect.map(comparable));
  const strange = records.filter((text) => !expected.has(comparable(text)));
  return strange.length === 0 ? '' : `${query} is ${strange.join(', ')}, not ${expect.join(' or ')}`;
}

/** Names are the same in any case, with or without the last dot. */
function comparable(text: string): string {
  return text.toLowerCase().replace(/\.$/, '');
}

function ofConnection(check: Service['check'], attempt: ConnectionAttempt): Verdict {
  const { connectMs = 0, tlsMs = 0, firstByteMs = 0 } = attempt;
  // Without the name's lookup, which says something of the name server.
  const responseMs = connectMs + tlsMs + firstByteMs;
  const distrust = 'verify' in check ? wrongCertificate(check, attempt) : '';
  if (distrust !== '') return { state: 'failed', reason: distrust, responseMs };
  if (check.type !== 'http') return { state: 'ok', reason: '', responseMs };
  const reason = wrongPage(check, attempt);
  return { state: reason === '' ? 'ok' : 'failed', reason, responseMs, correct: reason === '' };
}

function wrongCertificate({ verify }: TlsTrust, { certificate }: ConnectionAttempt): string {
  if (!verify || !certificate) return '';
  const { chainError, nameError } = certificate;
  return [
    ...(chainError === undefined ? [] : [`the certificate is not trusted: ${chainError}`]),
    ...(nameError === undefined ? [] : [`the certificate is for another name: ${nameError}`]),
  ].join('; ');
}

/** True when the status lies in one of the ranges. */
export function isGoodStatus({ expectStatus }: HttpCheck, status: number): boolean {
  return expectStatus.some(([from, to]) => status >= from && status <= to);
}

function wrongPage(check: HttpCheck, { answer }: ConnectionAttempt): string {
  if (!answer) return 'no answer to the request';
  if (!isGoodStatus(check, answer.status)) {
    const expected = check.expectStatus
      .map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`))
      .join(' or ');
    return `status ${answer.status}${answer.location === undefined ? '' : ` (to ${answer.location})`}, not ${expected}`;
  }
  if (check.expectText === undefined || answer.text?.includes(check.expectText)) return '';
  return `the text "${check.expectText}" is not in the page`;
}
