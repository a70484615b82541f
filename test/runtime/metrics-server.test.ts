import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../runtime/lifecycle.ts';
import { createLogger } from '../../runtime/logger.ts';
import { serveMetrics } from '../../runtime/metrics-server.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';
import { FakeClock } from '../support/fake-clock.ts';

let life: Lifecycle;
beforeEach(() => {
  life = new Lifecycle(createLogger('test', 'silent'), new FakeClock());
});
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

  it('answers what is read only, by path, and says what there is', async () => {
    const routes = {
      '/api/x': (query: URLSearchParams) => ({ status: 200, body: { q: query.get('q') } }),
      '/api/broken': () => {
        throw new Error('not now');
      },
    };
    const url = await serveMetrics(life, new SelfMetrics(), { host: '127.0.0.1', port: 0 }, routes);
    const ask = async (path: string, method = 'GET'): Promise<unknown[]> => {
      const reply = await fetch(new URL(path, url), { method });
      return [reply.status, await reply.text()];
    };
    expect(await ask('/api/x?q=a%20b')).toEqual([200, '{"q":"a b"}\n']);
    expect(await ask('/api/broken')).toEqual([500, 'not now\n']);
    expect(await ask('/livez?x')).toEqual([200, 'ok\n']);
    expect(await ask('/constructor')).toEqual([404, 'here are /metrics, /livez, /api/x, /api/broken\n']);
    expect(await ask('/api/x', 'POST')).toEqual([405, 'GET only\n']);
    expect(await ask('/metrics', 'HEAD')).toEqual([200, '']);
  });
});
