import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withDeadline } from '../../../../agent/drivers/check/deadline.ts';
import { hostAddresses } from '../../../../agent/drivers/check/host-addresses.ts';
import { createResolver } from '../../../../agent/drivers/resolve.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { type Dnsmasq, startDnsmasq } from '../../../support/dnsmasq.ts';
import { NameServer, refuse } from '../../../support/name-server.ts';
import { attemptAt, forever, Servers } from './fixture.ts';

let dnsmasq: Dnsmasq;
beforeAll(async () => {
  dnsmasq = await startDnsmasq(
    '--host-record=www.test,127.0.0.1,::1',
    '--host-record=six.test,::1',
    '--host-record=two.test,127.0.0.1',
    '--host-record=two.test,127.0.0.2',
    '--txt-record=empty.test,none',
    ...[1, 2, 3, 4, 5].map((n) => `--host-record=many.test,192.0.2.${n}`),
    ...[1, 2].map((n) => `--host-record=many.test,2001:db8::${n}`),
  );
});
afterAll(() => dnsmasq?.stop());

const servers = new Servers();
let silent: NameServer | undefined;
afterEach(() => {
  servers.stop();
  silent?.stop();
  silent = undefined;
});

const find = (host: string, from: readonly string[] = [dnsmasq.server]) =>
  withDeadline(systemClock, 5_000, forever, (limits) => hostAddresses(createResolver(systemClock), from)(host, limits));

describe('the addresses of', () => {
  it.each([
    ['127.0.0.7', [{ address: '127.0.0.7', family: 4 }]],
    ['::1', [{ address: '::1', family: 6 }]],
    ['six.test', [{ address: '::1', family: 6 }]],
  ])('%s', async (host, addresses) => expect(await find(host)).toEqual(addresses));

  it('many are four, of both families in turn', async () => {
    const families = (await find('many.test')).map(({ family }) => family);
    // The other question is not waited for.
    expect([[4, 6, 4, 6].join(), [4, 4, 4, 4].join()]).toContain(families.join());
  });

  it('a name of this machine come the way of the system', async () => {
    expect((await find('localhost', [])).length).toBe(1);
  });
});

describe('a check of a host', () => {
  const check = (host: string, from: readonly string[], port = 9, timeoutMs = 5_000) =>
    attemptAt({ type: 'tcp', host, port }, timeoutMs, from);

  it('goes to the address that answers', async () => {
    const port = await servers.start(createServer(), '127.0.0.2');
    expect((await check('two.test', [dnsmasq.server], port)).fault).toBeUndefined();
  });

  it.each([['nobody.test'], ['empty.test']])('%s: there is no such host', async (host) => {
    const { fault } = await check(host, [dnsmasq.server]);
    expect(fault).toEqual({ step: 'name', kind: 'no_name', text: `the name server knows no address of ${host}` });
  });

  it('of which the name server cannot say anything: its users fare no better', async () => {
    silent = new NameServer();
    const port = await silent.start((question) => refuse(question, 2));
    expect((await check('www.test', [`127.0.0.1:${port}`])).fault).toMatchObject({ step: 'name', kind: 'no_name' });
  });

  it('says nothing of the host while the name server is silent', async () => {
    silent = new NameServer();
    const port = await silent.start(() => undefined);
    expect((await check('www.test', [`127.0.0.1:${port}`], 9, 600)).fault).toMatchObject({
      step: 'name',
      kind: 'ours',
    });
  });

  it('asks the next name server while the first is silent', async () => {
    silent = new NameServer();
    const dead = await silent.start(() => undefined);
    const port = await servers.start(createServer());
    expect((await check('www.test', [`127.0.0.1:${dead}`, dnsmasq.server], port)).fault).toBeUndefined();
  });
});
