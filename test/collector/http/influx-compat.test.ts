import { HttpError, InfluxDB as InfluxDB2, Point } from '@influxdata/influxdb-client';
import { InfluxDB as InfluxDB1 } from 'influx';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../runtime/clock.ts';
import { listen, type TestServer, testServer } from './test-server.ts';

let server: TestServer;
let address: { host: string; port: number; url: string };

beforeEach(async () => {
  server = await testServer({ clock: systemClock });
  address = await listen(server.app);
});
afterEach(() => server.close());

const samples = () => server.batches.flatMap((b) => b.samples);

describe('@influxdata/influxdb-client', () => {
  it('writes, compressed and not', async () => {
    const writer = new InfluxDB2({ url: address.url, token: server.north }).getWriteApi('any', 'any', 'ms', {
      batchSize: 50,
      gzipThreshold: 500,
      maxRetries: 0,
      flushInterval: 0,
    });
    for (let i = 0; i < 60; i++)
      writer.writePoint(
        new Point('interface')
          .tag('device', `sw ${i}, a=b`)
          .uintField('ifHCInOctets', '18446744073709551615')
          .timestamp(1_790_000_000_000 + i),
      );
    await writer.close();
    expect(server.batches.map((b) => b.samples.length)).toEqual([50, 10]);
    expect(samples()[59]).toEqual({
      measurement: 'interface',
      tags: { device: 'sw 59, a=b', school: 'north', site: 'main' },
      fields: { ifHCInOctets: 18446744073709551615n },
      time: 1_790_000_000_059,
    });
  });

  it('understands the errors', async () => {
    const tried = async (token: string, line: string): Promise<unknown> => {
      const errors: unknown[] = [];
      const writer = new InfluxDB2({ url: address.url, token }).getWriteApi('o', 'b', 'ns', {
        maxRetries: 0,
        flushInterval: 0,
        writeFailed: async (error) => {
          errors.push(error);
        },
      });
      writer.writeRecord(line);
      await writer.close().catch((error: unknown) => errors.push(error));
      return errors[0];
    };
    const partial = await tried(server.north, 'm v=1 1\nbad');
    expect(partial).toBeInstanceOf(HttpError);
    expect(partial).toMatchObject({
      statusCode: 400,
      code: 'invalid',
      message: expect.stringMatching(/^partial write: 1 line dropped: line 2: /),
    });
    expect(await tried('bw_wrong', 'm v=1 1')).toMatchObject({ statusCode: 401, code: 'unauthorized' });
  });
});

describe('npm influx (1.x)', () => {
  const client = (password: string) =>
    new InfluxDB1({ host: address.host, port: address.port, database: 'any', username: 'any', password });

  it('creates its database, writes and pings', async () => {
    const influx = client(server.south);
    await influx.createDatabase('any');
    await influx.writePoints(
      [
        {
          measurement: 'ping',
          tags: { url: '10.0.0.1' },
          fields: { average_response_ms: 1.5 },
          timestamp: new Date(1_790_000_000_123),
        },
      ],
      { precision: 'ms' },
    );
    expect(samples()).toEqual([
      {
        measurement: 'ping',
        tags: { url: '10.0.0.1', school: 'south', site: 'annex' },
        fields: { average_response_ms: 1.5 },
        time: 1_790_000_000_123,
      },
    ]);
    expect(await influx.ping(5_000)).toMatchObject([{ online: true, version: expect.stringMatching(/^1\.8/) }]);
  });

  it('understands the errors', async () => {
    await expect(client('bw_wrong').writeMeasurement('m', [{ fields: { v: 1 } }])).rejects.toThrow(
      /unknown or revoked/,
    );
    await expect(client(server.north).query('select * from m')).rejects.toThrow(/queries are not offered here/);
  });
});

/** What Telegraf 1.x sends, read from its output plugins. */
describe('Telegraf', () => {
  const line = 'cpu,cpu=cpu-total,host=t usage_idle=97.5 1790000000000000000\n';

  it('outputs.influxdb: creates the database with a form, then writes with Basic; exactly 204 counts', async () => {
    const authorization = `Basic ${Buffer.from(`telegraf:${server.north}`).toString('base64')}`;
    const created = await fetch(`${address.url}/query`, {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'Telegraf/1.30.0 Go/1.22.0',
      },
      body: 'q=CREATE+DATABASE+%22telegraf%22',
    });
    expect([created.status, await created.text()]).toEqual([200, '{"results":[{"statement_id":0}]}']);
    const written = await fetch(`${address.url}/write?consistency=any&db=telegraf&rp=autogen`, {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'text/plain; charset=utf-8',
        'user-agent': 'Telegraf/1.30.0 Go/1.22.0',
      },
      body: line,
    });
    expect([written.status, await written.text()]).toEqual([204, '']);
    expect(samples()[0]).toMatchObject({ measurement: 'cpu', tags: { host: 't', school: 'north' } });
  });

  it('outputs.influxdb_v2: gzip, chunked (no content length)', async () => {
    const body = new Blob([line]).stream().pipeThrough(new CompressionStream('gzip'));
    const written = await fetch(`${address.url}/api/v2/write?bucket=b&org=o`, {
      method: 'POST',
      headers: {
        authorization: `Token ${server.north}`,
        'content-type': 'text/plain; charset=utf-8',
        'content-encoding': 'gzip',
      },
      body,
      duplex: 'half',
    } as RequestInit);
    expect(written.status).toBe(204);
    expect(samples()).toHaveLength(1);
  });

  it('outputs.http with data_format="influx": any user of any content type', async () => {
    const written = await fetch(`${address.url}/api/v2/write`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.north}`, 'content-type': 'application/json' },
      body: line,
    });
    expect(written.status).toBe(204);
  });
});

describe('/ping and /query', () => {
  it('answer HEAD and GET /ping without a token', async () => {
    for (const method of ['GET', 'HEAD']) {
      const reply = await fetch(`${address.url}/ping`, { method });
      expect([reply.status, reply.headers.get('x-influxdb-version')]).toEqual([204, '1.8.10-bellwether']);
      expect(reply.headers.get('accept-encoding')).toBe('zstd, gzip');
    }
  });

  it.each([
    ['GET', '/query?q=create%20database%20x', '', 200],
    ['POST', '/query?q=CREATE+DATABASE+x', '', 200],
    ['GET', '/query?q=SHOW+DATABASES', '', 400],
    ['GET', '/query', '', 400],
    ['POST', '/query', 'q=DROP DATABASE x', 400],
    ['POST', '/query', `q=${'x'.repeat(20_000)}`, 413],
  ])('%s %s %.20s: %d', async (method, path, body, status) => {
    const init = { method, headers: { authorization: `Token ${server.north}` }, ...(body === '' ? {} : { body }) };
    const reply = await fetch(address.url + path, init);
    expect(reply.status).toBe(status);
    const json = (await reply.json()) as { error?: string };
    if (status !== 200) expect(json.error).toEqual(expect.any(String));
  });

  it('need a token for /query', async () => {
    const reply = await fetch(`${address.url}/query?q=CREATE+DATABASE+x`);
    expect(reply.status).toBe(401);
  });
});
