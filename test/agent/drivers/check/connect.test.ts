import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConnection } from '../../../../agent/drivers/check/connection-check.ts';
import type { HostAddresses } from '../../../../agent/drivers/check/host-addresses.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { StuckListener } from '../../../support/stuck-listener.ts';
import { forever, Servers } from './fixture.ts';

let stuck: StuckListener;
beforeEach(() => {
  stuck = new StuckListener();
});
const servers = new Servers();
afterEach(() => {
  stuck.stop();
  servers.stop();
});

const attempt = (port: number, timeoutMs: number, ...addresses: string[]) => {
  const resolve: HostAddresses = async () => addresses.map((address) => ({ address, family: 4 }));
  return checkConnection({ type: 'tcp', host: 'www.test', port }, resolve, systemClock, timeoutMs, forever);
};

describe('a connection that hangs', () => {
  it('ends with the time of the check', async () => {
    const { fault } = await attempt(await stuck.start(), 300, '127.0.0.1');
    expect(fault).toEqual({ step: 'connect', kind: 'timeout', text: 'no connection within 300ms' });
  });

  it('makes way for the next address, with the rest of the time', async () => {
    const port = await stuck.start();
    await servers.start(createServer(), '127.0.0.2', port);
    expect((await attempt(port, 2_000, '127.0.0.1', '127.0.0.2')).fault).toBeUndefined();
  });

  it('has its share of the time: a slow line is no dead one', async () => {
    const port = await stuck.start();
    const slow = attempt(port, 10_000, '127.0.0.1', '127.0.0.2');
    await stuck.release();
    const { fault, connectMs } = await slow;
    expect(fault).toBeUndefined();
    expect(connectMs).toBeGreaterThan(250);
  });
});
