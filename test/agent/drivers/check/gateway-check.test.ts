import { describe, expect, it } from 'vitest';
import { checkGateway, type GatewayTools } from '../../../../agent/drivers/check/gateway-check.ts';
import { Fping } from '../../../../agent/drivers/fping.ts';
import { createResolver } from '../../../../agent/drivers/resolve.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { forever } from './fixture.ts';

const tools: GatewayTools = {
  ping: new Fping('fping', systemClock),
  resolve: createResolver(systemClock),
  findGateway: async () => '127.0.0.1',
};

const check = (host: string | undefined, more: Partial<GatewayTools> = {}) =>
  checkGateway({ type: 'gateway', host }, { ...tools, ...more }, systemClock, 500, forever);

describe('a gateway', () => {
  it('is found in the route table and pinged', async () => {
    const attempt = await check(undefined);
    expect(attempt).toMatchObject({ type: 'gateway', address: '127.0.0.1' });
    expect(attempt.times?.filter((t) => t !== undefined)).toHaveLength(3);
  });

  it('is the one that is named', async () => {
    expect(await check('127.0.0.2')).toMatchObject({ address: '127.0.0.2' });
  });

  it('that does not answer has no times', async () => {
    const silent: GatewayTools['ping'] = {
      name: 'silent',
      ping: async ({ addresses, count }) => new Map(addresses.map((a) => [a, Array<undefined>(count).fill(undefined)])),
    };
    expect(await check(undefined, { ping: silent })).toEqual({
      type: 'gateway',
      address: '127.0.0.1',
      times: [undefined, undefined, undefined],
    });
  });
});

describe('on our side it is, and no fault of the gateway,', () => {
  it.each<[what: string, more: Partial<GatewayTools>, text: string]>([
    ['that there is no default route', { findGateway: async () => undefined }, 'this machine has no default gateway'],
    ['that nothing here can ping', { ping: new Fping('/no/such/fping', systemClock) }, 'ENOENT'],
    [
      'that the system refused to send',
      { ping: { name: 'none', ping: async () => new Map() } },
      'no ping could be sent',
    ],
  ])('%s', async (_what, more, text) => {
    const { fault } = await check(undefined, more);
    expect(fault).toMatchObject({ kind: 'ours', text: expect.stringContaining(text) });
  });

  it('that its name is not known', async () => {
    expect((await check('no-such-gateway')).fault?.kind).toBe('ours');
  });
});
