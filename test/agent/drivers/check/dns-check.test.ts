import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkDns, recordTexts } from '../../../../agent/drivers/check/dns-check.ts';
import type { DnsCheck } from '../../../../agent/services/service.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { type Dnsmasq, startDnsmasq } from '../../../support/dnsmasq.ts';
import { NameServer, refuse } from '../../../support/name-server.ts';
import { freeUdpPort } from '../../../support/snmpd.ts';
import { forever } from './fixture.ts';

const big = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(200));

let dnsmasq: Dnsmasq;
beforeAll(async () => {
  dnsmasq = await startDnsmasq(
    '--host-record=www.test,192.0.2.10,2001:db8::10',
    '--host-record=bare.test,192.0.2.11',
    '--cname=alias.test,bare.test',
    '--mx-host=test,mail.test,10',
    '--txt-record=note.test,one,two',
    `--txt-record=big.test,${big.join(',')}`,
  );
});
afterAll(() => dnsmasq?.stop());

const servers: NameServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

function ask(query: string, more: Partial<DnsCheck> = {}, port = dnsmasq.port, timeoutMs = 5_000) {
  const check: DnsCheck = {
    type: 'dns',
    query,
    record: 'A',
    server: { address: '127.0.0.1', port },
    expect: 'any',
    ...more,
  };
  return checkDns(check, systemClock, timeoutMs, forever);
}

describe('a name server is asked for', () => {
  it.each<[query: string, record: DnsCheck['record'], rcode: number, records: string[]]>([
    ['www.test', 'A', 0, ['192.0.2.10']],
    ['www.test', 'AAAA', 0, ['2001:db8::10']],
    ['alias.test', 'A', 0, ['192.0.2.11']],
    ['alias.test', 'CNAME', 0, ['bare.test']],
    ['test', 'MX', 0, ['10 mail.test']],
    ['note.test', 'TXT', 0, ['onetwo']],
    // Cut short over UDP, whole over TCP.
    ['big.test', 'TXT', 0, [big.join('')]],
    // There is such a name, without such a record; there is none.
    ['bare.test', 'AAAA', 0, []],
    ['nobody.test', 'A', 3, []],
    // It has nobody to ask.
    ['www.example.org', 'A', 5, []],
  ])('%s %s', async (query, record, rcode, records) => {
    const attempt = await ask(query, { record });
    expect(attempt).toEqual({ type: 'dns', totalMs: expect.any(Number), rcode, records });
    expect(attempt.totalMs).toBeGreaterThan(0);
  });
});

describe('what a name server can do wrong', () => {
  const serve = (answer: Parameters<NameServer['start']>[0]): Promise<number> => {
    const server = new NameServer();
    servers.push(server);
    return server.start(answer);
  };

  it.each([
    [1, 'FORMERR'],
    [2, 'SERVFAIL'],
    [4, 'NOTIMP'],
  ])('it answers with code %d (%s)', async (rcode) => {
    const port = await serve((question) => refuse(question, rcode));
    expect(await ask('www.test', {}, port)).toMatchObject({ rcode, records: [] });
  });

  it('it says nothing: one question, and the end of the time', async () => {
    const server = new NameServer();
    servers.push(server);
    const port = await server.start(() => undefined);
    const attempt = await ask('www.test', {}, port, 200);
    expect(attempt.fault).toEqual({ step: 'query', kind: 'timeout', text: 'no answer within 200ms' });
    expect(attempt.rcode).toBeUndefined();
    expect(server.questions).toBe(1);
  });

  it('it sends what is no answer to the question: that is as good as none', async () => {
    const port = await serve((question) => Buffer.concat([Buffer.from([0, 0]), refuse(question, 0).subarray(2)]));
    expect((await ask('www.test', {}, port, 200)).fault?.kind).toBe('timeout');
  });

  it('it cuts its answer short, and TCP is not to be had there', async () => {
    const port = await serve((question) => {
      const reply = refuse(question, 0);
      reply[2] = reply[2]! | 0x02;
      return reply;
    });
    expect((await ask('www.test', {}, port, 1_000)).fault?.kind).toBe('refused');
  });

  it('it is not there', async () => {
    const port = await freeUdpPort();
    const { fault } = await ask('www.test', {}, port, 1_000);
    expect(fault).toEqual({ step: 'query', kind: 'refused', text: `nothing listens at 127.0.0.1:${port}` });
  });
});

it('an attempt that is no longer wanted ends', async () => {
  const server = new NameServer();
  servers.push(server);
  const stop = new AbortController();
  const port = await server.start(() => {
    stop.abort();
    return undefined;
  });
  const check: DnsCheck = {
    type: 'dns',
    query: 'www.test',
    record: 'A',
    server: { address: '127.0.0.1', port },
    expect: 'any',
  };
  expect((await checkDns(check, systemClock, 60_000, stop.signal)).fault).toBeDefined();
});

it('records are text', () => {
  const soa = { nsname: 'ns.test', hostmaster: 'h.test', serial: 1, refresh: 2, retry: 3, expire: 4, minttl: 5 };
  expect(recordTexts(soa)).toEqual(['ns.test h.test 1 2 3 4 5']);
  expect(recordTexts([{ priority: 1, weight: 2, port: 3, name: 'a.test' }])).toEqual(['1 2 3 a.test']);
});
