import { expect, it } from 'vitest';
import { createResolver } from '../../../agent/drivers/resolve.ts';
import { systemClock } from '../../../runtime/clock.ts';

const resolve = createResolver(systemClock);
const signal = new AbortController().signal;

it.each([
  ['127.0.0.1', { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 }],
  ['2001:DB8:0::1', { address: '2001:DB8:0::1', canonical: '2001:db8::1', family: 6 }],
  ['fe80::1%lo', { address: 'fe80::1%lo', canonical: 'fe80::1', family: 6 }],
])('%s needs no name server', async (host, expected) => expect(await resolve(host, signal)).toEqual(expected));

it('finds a name', async () => {
  expect((await resolve('localhost', signal)).canonical).toMatch(/^(127\.0\.0\.1|::1)$/);
});

it.each(['no-such-host.invalid', '-f', '; reboot'])('"%s" has no address', async (host) => {
  await expect(resolve(host, signal)).rejects.toMatchObject({ code: 'BW_HOST_UNKNOWN' });
});
