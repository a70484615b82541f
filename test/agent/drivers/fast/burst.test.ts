import { describe, expect, it } from 'vitest';
import { Burst } from '../../../../agent/drivers/fast/burst.ts';
import type { Waiter } from '../../../../agent/drivers/fast/endpoint.ts';
import { BellwetherError } from '../../../../core/errors.ts';

const silent = new BellwetherError('BW_SNMP_TIMEOUT', 'nothing came');

function world(send: (index: number, waiter: Waiter) => number) {
  const signal = new AbortController();
  const burst = new Burst({
    send,
    open: () => ({ bytes: new Uint8Array(0), from: 0, to: 0 }),
    forget: () => {},
    silence: () => silent,
    stopped: () => silent,
  });
  const run = (count: number) => burst.run(count, { window: 4, retries: 0, signal: signal.signal, take: () => true });
  return { burst, run };
}

describe('a burst', () => {
  it('that cannot be sent, by a defect, says so, and the next one goes on', async () => {
    let isBroken = true;
    const waiters: Waiter[] = [];
    const { run } = world((_, waiter) => {
      if (isBroken) throw new RangeError('no OID');
      waiters.push(waiter);
      return waiters.length;
    });
    await expect(run(3)).rejects.toThrow('no OID');
    isBroken = false;
    const outcome = run(3);
    for (const waiter of waiters) expect(waiter.answer(new Uint8Array(0), 1, undefined)).toBe('taken');
    expect(await outcome).toMatchObject({ error: undefined, taken: 3, sent: 3 });
  });

  it('fails where a later request of it cannot be sent', async () => {
    const waiters: Waiter[] = [];
    const { run } = world((index, waiter) => {
      if (index === 5) throw new RangeError('no OID');
      waiters.push(waiter);
      return waiters.length;
    });
    const outcome = run(6);
    for (let k = 0; k < 2; k++) waiters[k]!.answer(new Uint8Array(0), 1, undefined);
    await expect(outcome).rejects.toThrow('no OID');
  });

  it('begins anew each time: what one left behind does not count for the next', async () => {
    const waiters: Waiter[] = [];
    const { run } = world((_, waiter) => waiters.push(waiter));
    const first = run(2);
    waiters[0]!.expire();
    expect(await first).toMatchObject({ error: silent, taken: 0, timeouts: 1, sent: 2 });
    const second = run(1);
    waiters.at(-1)!.answer(new Uint8Array(0), 1, undefined);
    expect(await second).toMatchObject({ error: undefined, taken: 1, timeouts: 0, sent: 1 });
  });
});
