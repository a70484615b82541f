import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { snmp } from '../../../agent/config.ts';
import type { NamedCredentials } from '../../../agent/discover/known.ts';
import type { DiscoverPlan } from '../../../agent/discover/options.ts';
import { sweepRange } from '../../../agent/discover/ranges.ts';
import { type DiscoverParts, runDiscover } from '../../../agent/discover/run.ts';
import { createFastDriver } from '../../../agent/drivers/fast/session.ts';
import type { PingDriver } from '../../../agent/drivers/ping.ts';
import { createResolver } from '../../../agent/drivers/resolve.ts';
import type { SnmpSession } from '../../../agent/drivers/snmp-session.ts';
import { ProfileLibrary } from '../../../agent/profile/library.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import { BellwetherError } from '../../../core/errors.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SnmpResponder } from '../../../sim/responder.ts';
import { SimulatedSchool } from '../../../sim/school.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { random } from '../../support/random.ts';
import { type Snmpd, startSnmpd } from '../../support/snmpd.ts';

const library = new ProfileLibrary(loadProfiles());
const never = new AbortController().signal;

/** What `--json` prints, as far as looked at here. */
interface Document {
  readonly complete: boolean;
  readonly devices: readonly {
    readonly name: string;
    readonly host: string;
    readonly role: string;
    readonly snmp: string;
    readonly otherAddresses: readonly string[];
    readonly parents: readonly {
      readonly device: string;
      readonly links: readonly { port: string; parentPort: string }[];
    }[];
  }[];
  readonly not_found: readonly { readonly name: string }[];
  readonly answer_ping_only: readonly { readonly address: string; readonly detail?: string }[];
}

let school: SimulatedSchool;
const started: SnmpResponder[] = [];
beforeAll(async () => {
  school = new SimulatedSchool({ clock: systemClock, port: 0 });
  await school.start();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((r) => r.stop()));
});
afterAll(() => school.stop());

function set(name: string, more: Record<string, unknown> = {}): NamedCredentials {
  const raw = { version: '2c', community: school.community, port: school.port, timeout: '300ms', ...more };
  return { name, credentials: snmp.parse(raw) };
}

function plan(ranges: readonly string[], more: Partial<DiscoverPlan> = {}): DiscoverPlan {
  const { addresses } = sweepRange({ ranges, exclude: [], maxHosts: 4096, allowPublic: false });
  return {
    ranges,
    addresses,
    credentials: [set('default')],
    targets: [],
    merge: false,
    fping: 'fping',
    profiles: undefined,
    pingMode: 'first',
    rate: 10_000,
    concurrency: 32,
    maxTimeMs: 3_600_000,
    root: undefined,
    print: 'json',
    write: undefined,
    quiet: true,
    ...more,
  };
}

/** The school answers pings, as sim/fping.ts has it: of 127.0.0.0/8 every address would. */
const schoolPing: PingDriver = {
  name: 'school',
  async ping({ addresses, count }) {
    const times = (address: string) => Array.from({ length: count }, () => school.ping(address));
    return new Map(addresses.map((address) => [address, times(address)]));
  },
};

function parts(more: Partial<DiscoverParts> = {}): DiscoverParts {
  return {
    clock: systemClock,
    log: createLogger('test', 'silent'),
    err: () => {},
    redraw: undefined,
    random: random(7),
    ping: schoolPing,
    resolve: createResolver(systemClock),
    open: createFastDriver(systemClock),
    library,
    ...more,
  };
}

async function discover(asked: DiscoverPlan, more: Partial<DiscoverParts> = {}): Promise<Document> {
  return JSON.parse((await runDiscover(asked, parts(more), never)).text);
}

describe('a sweep of a school', () => {
  it('finds every device with its role, and the cables that the school has', async () => {
    const { devices, complete, not_found, answer_ping_only } = await discover(plan(['127.20.0.0/26']));
    expect(complete).toBe(true);
    expect(devices.map(({ name, host, role, snmp: by }) => ({ name, host, role, by }))).toEqual(
      school.devices.map(({ spec }) => ({ name: spec.name, host: spec.address, role: spec.role, by: 'default' })),
    );
    const found = devices.flatMap(({ name, parents }) =>
      parents.flatMap(({ device, links }) => links.map((l) => `${name} ${l.port} - ${device} ${l.parentPort}`)),
    );
    expect(found.sort()).toEqual(
      school.links.map(({ a, b }) => `${a.device} ${a.port} - ${b.device} ${b.port}`).sort(),
    );
    expect({ not_found, answer_ping_only }).toEqual({ not_found: [], answer_ping_only: [] });
  });

  it('asks nothing outside of what was named, whatever neighbours tell', async () => {
    const asked = new Set<string>();
    const open = createFastDriver(systemClock);
    const { devices, not_found } = await discover(plan(['127.20.0.11', '127.20.0.12/30']), {
      open: (options) => {
        asked.add(options.address.address);
        return open(options);
      },
      ping: {
        name: 'counting',
        ping(batch, signal) {
          for (const address of batch.addresses) asked.add(address);
          return schoolPing.ping(batch, signal);
        },
      },
    });
    expect(devices.map((d) => d.name)).toEqual(['sw-core', 'sw-west', 'sw-gym']);
    expect([...asked].sort()).toEqual(['127.20.0.11', '127.20.0.13', '127.20.0.14']);
    expect(not_found.map((n) => n.name)).toEqual(expect.arrayContaining(['rtr-edge', 'sw-east', 'ap-gym-1']));
  });

  it('has a device that answers on several addresses once', async () => {
    const second = new SnmpResponder({
      address: '127.20.0.40',
      port: school.port,
      community: school.community,
      device: school.device('rtr-edge').table,
      clock: systemClock,
    });
    started.push(second);
    await second.start();
    const { devices } = await discover(plan(['127.20.0.1', '127.20.0.40', '127.20.0.11'], { pingMode: 'off' }));
    expect(devices.map((d) => d.name)).toEqual(['rtr-edge', 'sw-core']);
    expect(devices[0]).toMatchObject({ host: '127.20.0.1', otherAddresses: ['127.20.0.40'] });
  });

  it('shows what answers a ping but no SNMP, and asks that once more', async () => {
    const responder = school.responder('ap-west-1');
    const before = responder.stats.requests;
    responder.behaviour = { silent: true };
    const { answer_ping_only } = await discover(plan(['127.20.0.24']));
    responder.behaviour = {};
    expect(answer_ping_only).toEqual([{ address: '127.20.0.24' }]);
    expect(responder.stats.requests - before).toBe(2);
  });

  it('asks everything by SNMP where nothing can ping', async () => {
    const ping: PingDriver = {
      name: 'none',
      ping: () => Promise.reject(new BellwetherError('BW_PING_UNAVAILABLE', 'no fping here')),
    };
    const { devices, complete } = await discover(plan(['127.20.0.8/29']), { ping });
    expect(devices.map((d) => d.name)).toEqual(['sw-core', 'sw-east', 'sw-west', 'sw-gym']);
    expect(complete).toBe(true);
  });
});

describe('credentials', () => {
  it('are tried in order, each wrong one once, and what is known first', async () => {
    const { requests, dropped } = school.responder('sw-east').stats;
    const sets = [set('old', { community: 'wrong-1' }), set('older', { community: 'wrong-2' }), set('good')];
    const { devices } = await discover(plan(['127.20.0.12'], { credentials: sets }));
    expect(devices[0]).toMatchObject({ name: 'sw-east', snmp: 'good' });
    const after = school.responder('sw-east').stats;
    expect(after.dropped - dropped).toBe(2);
    expect(after.requests - requests).toBeGreaterThan(2);

    const known = { name: 'sw-east', host: '127.20.0.12', role: undefined, snmp: true, credentials: sets[2] };
    await discover(plan(['127.20.0.12'], { credentials: sets, targets: [known] }));
    expect(school.responder('sw-east').stats.dropped).toBe(after.dropped);
  });

  it('of a known device are tried though it answers no ping', async () => {
    const known = { name: 'sw-east', host: '127.20.0.12', role: undefined, snmp: true, credentials: set('good') };
    const ping: PingDriver = { name: 'filtered', ping: async () => new Map() };
    const { devices, complete } = await discover(plan(['127.20.0.12/30'], { targets: [known] }), { ping });
    expect(devices).toEqual([]);
    expect(complete).toBe(true);
    expect((await discover(plan(['127.20.0.12'], { targets: [known] }), { ping })).devices).toHaveLength(1);
  });

  it('of version 1 read a whole device', async () => {
    const sets = [set('v1', { version: '1' })];
    const { devices } = await discover(plan(['127.20.0.11', '127.20.0.12'], { credentials: sets }));
    expect(devices.map((d) => [d.name, d.snmp, d.parents.map((p) => p.device)])).toEqual([
      ['sw-core', 'v1', []],
      ['sw-east', 'v1', ['sw-core']],
    ]);
  });

  describe('of version 3, against snmpd', () => {
    let snmpd: Snmpd;
    beforeAll(async () => {
      snmpd = await startSnmpd();
    });
    afterAll(() => snmpd.stop());

    const user = (authKey: string): NamedCredentials => {
      const { name, privKey } = snmpd.user;
      const raw = { version: '3', user: name, auth_key: authKey, priv_key: privKey, port: snmpd.port };
      return { name: 'v3', credentials: snmp.parse(raw) };
    };

    it('find it', async () => {
      const { devices } = await discover(
        plan(['127.0.0.1'], { pingMode: 'off', credentials: [user(snmpd.user.authKey)] }),
      );
      expect(devices).toMatchObject([{ name: 'snmpd-under-test', snmp: 'v3', role: 'server' }]);
    });

    it('that are wrong are told apart from silence', async () => {
      const { devices, answer_ping_only } = await discover(
        plan(['127.0.0.1'], { pingMode: 'off', credentials: [user('another-auth-key')] }),
      );
      expect(devices).toEqual([]);
      expect(answer_ping_only).toMatchObject([{ address: '127.0.0.1', detail: expect.stringMatching(/^v3: /) }]);
    });
  });
});

describe('the pace', () => {
  /** Everything answers a ping and nothing SNMP; every packet is noted at its instant. */
  function counting(clock: FakeClock) {
    const sent: number[] = [];
    const session: SnmpSession = {
      async get(_, signal) {
        sent.push(clock.monotonic());
        await clock.sleep(300, signal);
        throw new BellwetherError('BW_SNMP_TIMEOUT', 'no answer', { retryable: true });
      },
      getNext: () => Promise.reject(new Error('not to be reached')),
      getBulk: () => Promise.reject(new Error('not to be reached')),
      close() {},
    };
    const ping: PingDriver = {
      name: 'all',
      async ping({ addresses, count }) {
        for (let i = 0; i < count * addresses.length; i++) sent.push(clock.monotonic());
        return new Map(addresses.map((a) => [a, [1]]));
      },
    };
    return { sent, world: parts({ clock, ping, open: () => session, resolve: createResolver(clock) }) };
  }

  it('is held over ping and SNMP together', async () => {
    const clock = new FakeClock();
    const { sent, world } = counting(clock);
    const done = runDiscover(plan(['10.0.0.0/24'], { rate: 50 }), world, never);
    await clock.advance(30_000);
    await clock.advance(30_000);
    const { ok } = await done;
    expect(ok).toBe(false);
    // 254 addresses, 2 echo requests and 2 tries each.
    expect(sent).toHaveLength(254 * 4);
    const start = sent[0]!;
    for (let from = start; from <= sent.at(-1)!; from += 100) {
      const within = sent.filter((at) => at >= from && at < from + 1000).length;
      // A batch of pings, 32 packets, goes out as one and takes its turns afterwards.
      expect(within).toBeLessThanOrEqual(50 + 32 + 1);
    }
  });

  it.each([
    ['an interrupt', 3_600_000, (stop: AbortController) => stop.abort()],
    ['--max-time', 5_000, () => {}],
  ])('ends with %s, and says that it is not all', async (_, maxTimeMs, end) => {
    const clock = new FakeClock();
    const { sent, world } = counting(clock);
    const stop = new AbortController();
    const asked = plan(['10.0.0.0/24'], { rate: 50, maxTimeMs, print: 'targets' });
    const done = runDiscover(asked, world, stop.signal);
    await clock.advance(5_000);
    end(stop);
    const { text, ok } = await done;
    expect(ok).toBe(false);
    expect(text).toContain('# PARTIAL: ended early');
    const count = sent.length;
    await clock.advance(60_000);
    expect(sent).toHaveLength(count);
    expect(clock.sleeping).toBe(0);
  });

  it('is told as it goes', async () => {
    const clock = new FakeClock();
    const { world } = counting(clock);
    const lines: string[] = [];
    const drawn: string[] = [];
    const asked = plan(['10.0.0.0/26'], { quiet: false });
    const plain = runDiscover(asked, { ...world, err: (line) => void lines.push(line) }, never);
    await clock.advance(20_000);
    await plain;
    expect(lines[0]).toMatch(/^\[#+-*\] 62\/62 addresses, 62 answer ping, SNMP \d+\/62, 0 devices, \d+ s$/);
    expect(lines.at(-1)).toContain('credentials tried: default');
    const onTerminal = runDiscover(asked, { ...world, redraw: (line) => void drawn.push(line) }, never);
    await clock.advance(20_000);
    await onTerminal;
    expect(drawn[0]).toMatch(/^\[#+-+\] 62\/62 .* SNMP 0\/62/);
    expect(drawn.at(-1)).toBe('');
  });
});
