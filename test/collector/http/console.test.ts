import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConsoleAssets } from '../../../collector/http/console-assets.ts';
import { UNKNOWN_AFTER_MS } from '../../../collector/http/console-devices.ts';
import type { DeviceList, Overview, Series } from '../../../core/page-api.ts';
import { decision, PageServer } from '../../console/page-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let server: PageServer;
let cookie: string;

beforeEach(async () => {
  clock = new FakeClock();
  server = await new PageServer(clock).start();
  server.schools.push({ school: 'north', tz: 'America/New_York' }, { school: 'south', tz: 'America/Chicago' });
  await login();
});
afterEach(() => server.stop());

async function login(): Promise<void> {
  const reply = await server.app.inject({ method: 'POST', url: '/login', payload: { token: server.token } });
  cookie = String(reply.headers['set-cookie']).split(';')[0]!;
}

/** A session does not last that long. */
async function nextDay(): Promise<void> {
  await clock.advance(24 * 3_600_000);
  await login();
}

async function get(url: string, headers: Record<string, string> = {}) {
  return server.app.inject({ url, headers: { cookie, ...headers } });
}

async function overview(): Promise<Overview> {
  // Answers are shared between viewers for a second.
  await clock.advance(3_000);
  return (await get('/api/overview')).json<Overview>();
}

async function poll(school: string, device: string, fields: Record<string, number | bigint | string>, more = {}) {
  await server.store.write([
    {
      measurement: 'device',
      tags: { school, site: 'main', device, role: 'switch' },
      fields,
      time: clock.now(),
      ...more,
    },
  ]);
}

describe('who may read', () => {
  it.each(['/api/overview', '/api/schools/north/devices', '/api/schools/north/series?device=x'])(
    '%s needs a session',
    async (url) => {
      expect((await server.app.inject({ url })).statusCode).toBe(401);
      expect((await get(url, { cookie: 'bellwether_session=forged' })).statusCode).toBe(401);
    },
  );

  it.each(['devices', 'series'])('%s of a school that is not there is 404', async (what) => {
    expect((await get(`/api/schools/nowhere/${what}`)).statusCode).toBe(404);
  });

  it('a school shows only its own alerts, devices and points', async () => {
    await poll('north', 'sw-n', { state: 'up', down: 0n });
    await poll('south', 'sw-s', { state: 'down', down: 1n });
    await server.open({ school: 'north', summary: 'n' });
    const [north, south] = (await overview()).schools;
    expect([north!.openAlerts.warning, south!.openAlerts.warning]).toEqual([1, 0]);
    expect([north!.devices!.up, south!.devices!.up, south!.devices!.down]).toEqual([1, 0, 1]);
    const devices = (await get('/api/schools/north/devices')).json<DeviceList>().devices;
    expect(devices.map((d) => d.device)).toEqual(['sw-n']);
    const query = `measurement=device&field=down&device=sw-s&from=${clock.now() - 60_000}&to=${clock.now()}&step=1000`;
    expect((await get(`/api/schools/north/series?${query}`)).json<Series>().points).toEqual([]);
    expect((await get(`/api/schools/south/series?${query}`)).json<Series>().points).toHaveLength(1);
  });

  it('alerts of a school that is no longer configured are not shown', async () => {
    await server.open({ school: 'gone', summary: 'x' });
    expect((await overview()).open).toEqual([]);
  });
});

describe('the overview', () => {
  it('shows open alerts, worst first, with owner, reason and who was told', async () => {
    const minor = await server.open({ school: 'south', severity: 'warning', summary: 'minor' });
    const why = decision('provider', 'infra#0', 'provider answers for switching under engagement infra');
    const major = await server.open(
      { school: 'north', severity: 'critical', summary: 'major', labels: { device: 'sw-1' } },
      why,
    );
    await server.told(major, 'north', 'noc', { at: clock.now() - 5_000 });
    await server.told(major, 'north', 'noc', { at: clock.now(), repeat: 1 });
    await server.told(major, 'north', 'kim', { party: 'internal', status: 'waiting', attempts: 2, error: 'refused' });
    const { open } = await overview();
    expect(open.map((alert) => alert.id)).toEqual([major, minor]);
    expect(open[0]).toMatchObject({ owner: 'provider', reason: why.text, why: 'infra#0', device: 'sw-1' });
    expect(open[0]!.told.map((t) => [t.contact, t.status, t.attempts, t.error])).toEqual([
      ['noc', 'sent', 1, null],
      ['kim', 'waiting', 2, 'refused'],
    ]);
    expect(open[1]).toMatchObject({ owner: null, reason: null, told: [] });
  });

  it('a resolved alert moves, and leaves after a day; one that never opened is not shown', async () => {
    const id = await server.open({ school: 'north', summary: 'x' });
    await server.resolve(id);
    const cancelled = await server.open({ school: 'north', summary: 'y', openedAt: null });
    await server.resolve(cancelled);
    const after = await overview();
    expect([after.open, after.resolved.map((alert) => alert.id)]).toEqual([[], [id]]);
    await nextDay();
    expect((await overview()).resolved).toEqual([]);
  });

  it("is 304 while nothing changed, and tells the collector's time all the same", async () => {
    const first = await get('/api/overview');
    const again = await get('/api/overview', { 'if-none-match': String(first.headers.etag) });
    expect([again.statusCode, again.body, again.headers['bellwether-now']]).toEqual([304, '', String(clock.now())]);
    await server.open({ school: 'north', summary: 'new' });
    await clock.advance(1_000);
    const changed = await get('/api/overview', { 'if-none-match': String(first.headers.etag) });
    expect(changed.statusCode).toBe(200);
  });

  it('shows alerts although the metrics store cannot be read', async () => {
    server.store.broken = true;
    await server.open({ school: 'north', summary: 'x' });
    const { open, schools } = await overview();
    expect([open.length, schools[0]!.devices]).toEqual([1, null]);
    const devices = await get('/api/schools/north/devices');
    expect([devices.statusCode, devices.json()]).toEqual([503, { error: 'the metrics store cannot be reached' }]);
  });

  it('waits only a moment for a store that does not answer', async () => {
    server.store.latest = () => new Promise(() => {});
    const reply = get('/api/overview');
    for (let i = 0; i < 100 && clock.sleeping === 0; i++) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_500);
    expect((await reply).json<Overview>().schools[0]!.devices).toBeNull();
  });

  it('asks the store once for many viewers', async () => {
    let reads = 0;
    const read = server.store.latest.bind(server.store);
    server.store.latest = (query) => {
      reads++;
      return read(query);
    };
    await Promise.all(Array.from({ length: 10 }, () => get('/api/overview')));
    expect(reads).toBe(2);
  });
});

describe('devices', () => {
  it('worst first, then by name as people count; the newest of two series of one device', async () => {
    await poll('north', 'sw-10', { state: 'up' });
    await poll('north', 'sw-2', { state: 'up' });
    await poll('north', 'sw-3', { state: 'up' });
    await clock.advance(1_000);
    await poll(
      'north',
      'sw-3',
      { state: 'down' },
      { tags: { school: 'north', site: 'main', device: 'sw-3', role: 'ap' } },
    );
    const { devices } = (await get('/api/schools/north/devices')).json<DeviceList>();
    expect(devices.map((d) => [d.device, d.role, d.state])).toEqual([
      ['sw-3', 'ap', 'down'],
      ['sw-2', 'switch', 'up'],
      ['sw-10', 'switch', 'up'],
    ]);
  });

  it('a state that is old is unknown, and after a day the device is gone', async () => {
    await poll('north', 'sw-1', { state: 'up' });
    await clock.advance(UNKNOWN_AFTER_MS + 1);
    const states = async () => (await get('/api/schools/north/devices')).json<DeviceList>().devices.map((d) => d.state);
    expect(await states()).toEqual(['unknown']);
    await nextDay();
    expect(await states()).toEqual([]);
  });

  it('a round trip from before the replies stopped is not shown', async () => {
    const tags = { school: 'north', site: 'main', device: 'sw-1' };
    await poll('north', 'sw-1', { state: 'down' });
    await server.store.write([
      {
        measurement: 'ping',
        tags,
        fields: { average_response_ms: 2, percent_packet_loss: 0 },
        time: clock.now() - 20_000,
      },
      { measurement: 'ping', tags, fields: { percent_packet_loss: 100 }, time: clock.now() },
    ]);
    const { devices } = (await get('/api/schools/north/devices')).json<DeviceList>();
    expect(devices[0]!.ping).toMatchObject({ ms: null, lossPercent: 100 });
  });
});

describe('series', () => {
  // The instant of FakeClock.
  const t = Date.UTC(2026, 9, 5, 14, 0, 0) - 60_000;
  const valid = {
    measurement: 'interface',
    field: 'in_bits_per_s',
    device: 'sw-1',
    ifIndex: '3',
    from: t,
    to: t + 60_000,
    step: 1_000,
  };
  const ask = (query: Record<string, unknown>) =>
    get(`/api/schools/north/series?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]))}`);

  it.each([
    ['an unknown measurement', { measurement: 'alert' }, 'measurement'],
    ['a field that is no name', { field: 'a"; DROP' }, 'field'],
    ['an interface that is no number', { ifIndex: '3 OR 1=1' }, 'ifIndex'],
    ['an end before the start', { to: t - 1 }, 'to'],
    ['no span', { to: t }, 'to'],
    ['more than 2,000 points', { to: t + 2_001_000 }, 'step'],
    ['more than 400 days', { from: t - 401 * 86_400_000, step: 86_400_000 }, 'from'],
    ['a step below a second', { step: 10 }, 'step'],
    ['no number', { from: 'yesterday' }, 'from'],
    ['a parameter nobody knows', { school: 'south' }, 'school'],
  ])('%s is refused, and named', async (_what, wrong, named) => {
    const reply = await ask({ ...valid, ...wrong });
    expect(reply.statusCode).toBe(400);
    expect(reply.json<{ error: string }>().error).toContain(named);
  });

  it('an interface needs its index', async () => {
    const { ifIndex: _, ...rest } = valid;
    expect((await ask(rest)).json()).toEqual({ error: 'ifIndex: an interface index' });
  });

  it('a new alias in the middle is still one line', async () => {
    const tags = { school: 'north', device: 'sw-1', ifIndex: '3' };
    const point = (time: number, ifAlias: string, value: number) => ({
      measurement: 'interface',
      tags: { ...tags, ifAlias },
      fields: { in_bits_per_s: value },
      time,
    });
    await server.store.write([point(t + 1_000, 'old', 10), point(t + 2_000, 'old', 20), point(t + 3_000, 'new', 30)]);
    expect((await ask(valid)).json<Series>().points).toEqual([
      [t + 1_000, 10],
      [t + 2_000, 20],
      [t + 3_000, 30],
    ]);
  });
});

describe('the page and its files', () => {
  it('needs no login, is checked again each time, and allows no script but its own', async () => {
    const page = await server.app.inject({ url: '/' });
    expect(page.statusCode).toBe(200);
    expect(page.headers['cache-control']).toBe('no-cache');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe/);
    expect(page.body).not.toMatch(/https?:\/\//);
    const again = await server.app.inject({ url: '/', headers: { 'if-none-match': String(page.headers.etag) } });
    expect(again.statusCode).toBe(304);
  });

  it('every file loads, compressed or not, for ever; an old version is not found', async () => {
    const { base, files } = await loadConsoleAssets();
    for (const [name, asset] of files) {
      const plain = await server.app.inject({ url: `${base}/${name}` });
      expect([plain.statusCode, plain.headers['content-type'], plain.headers['cache-control']]).toEqual([
        200,
        asset.type,
        'public, max-age=31536000, immutable',
      ]);
      const packed = await server.app.inject({ url: `${base}/${name}`, headers: { 'accept-encoding': 'gzip' } });
      expect(packed.headers['content-encoding']).toBe('gzip');
    }
    expect((await server.app.inject({ url: '/assets/0123456789abcdef/main.ts' })).statusCode).toBe(404);
    expect((await server.app.inject({ url: `${base}/../../package.json` })).statusCode).toBe(404);
  });

  it("every import of the page's scripts leads to a file that is served, and none has types left", async () => {
    const { files, page } = await loadConsoleAssets();
    const named = Object.keys(
      (JSON.parse(/importmap">(.*?)</.exec(page.body.toString())![1]!) as { imports: object }).imports,
    );
    for (const [name, { body }] of files) {
      if (!name.endsWith('.ts')) continue;
      expect(body.toString(), name).not.toMatch(/^(import type|export interface|interface) /m);
      for (const [, target] of body.toString().matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'/gm)) {
        if (target!.startsWith('./')) expect(files.has(target!.slice(2)), `${name} imports ${target}`).toBe(true);
        else expect(named, `${name} imports ${target}`).toContain(target);
      }
    }
  });
});
