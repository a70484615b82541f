import { afterEach, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../runtime/lifecycle.ts';
import { createLogger } from '../../runtime/logger.ts';
import { serveMetrics } from '../../runtime/metrics-server.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';
import { FakeClock } from '../support/fake-clock.ts';

const life = new Lifecycle(createLogger('test', 'silent'), new FakeClock());
afterEach(() => life.stop('test'));

describe('serveMetrics', () => {
  it('answers 500 while a gauge cannot be read, and well again after', async () => {
    const metrics = new SelfMetrics();
    let broken = true;
    metrics.gauge('bellwether_test', 'A test', [], (gauge) => {
      if (broken) throw new Error('cannot read the spool');
      gauge.set(7);
    });
    const url = await serveMetrics(life, metrics, { host: '127.0.0.1', port: 0 });
    const refused = await fetch(url);
    expect([refused.status, await refused.text()]).toEqual([500, 'cannot read the spool\n']);
    broken = false;
    const answered = await fetch(url);
    expect([answered.status, await answered.text()]).toEqual([200, expect.stringContaining('bellwether_test 7')]);
  });
});
