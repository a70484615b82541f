import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { Collector, type Device, MINUTE, SCHOOL, SECOND, Site } from './storm.ts';

let collector: Collector | undefined;
afterEach(async () => {
  await collector?.end();
  collector = undefined;
});

/** A firewall, a core switch behind it, `edges` switches behind that and the rest behind these. */
function campus(count: number, phase: (n: number) => number, roles = ['switch']): Device[] {
  const top: Device[] = [
    { name: 'wan', role: 'router', parent: undefined, phase: phase(0) },
    { name: 'fw1', role: 'firewall', parent: 'wan', phase: phase(1) },
    { name: 'core1', role: 'switch', parent: 'fw1', phase: phase(2) },
  ];
  const behind = Array.from({ length: count }, (_, n): Device => {
    const role = roles[n % roles.length]!;
    return { name: `d${n}`, role, parent: 'core1', phase: phase(n + 3) };
  });
  return [...top, ...behind];
}

/** Any tree: each hangs on one of those before it. */
function anyTree(count: number, seed: number): Device[] {
  return Array.from({ length: count }, (_, n) => {
    const parent = n === 0 ? undefined : `d${Math.floor(spread(seed * 3 + n) * n)}`;
    return { name: `d${n}`, role: 'switch', parent, phase: Math.floor(spread(seed + n) * 20) * SECOND };
  });
}

function schoolOf(devices: readonly Device[]): string {
  const uplinks = devices.flatMap(({ name, parent }) => (parent === undefined ? [] : [`${name}: ${parent}`]));
  return `${SCHOOL.slice(0, SCHOOL.indexOf('topology:'))}topology: { uplinks: { ${uplinks.join(', ')} } }\n`;
}

/** A number in [0, 1) that depends on `seed` alone. */
function spread(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

/** Plays it to the end. */
async function storm(
  devices: readonly Device[],
  options: { delay: (d: string, n: number) => number; probes: boolean; restartAt?: number },
  victim = 'core1',
  school = SCHOOL,
): Promise<Collector> {
  const begun = await Collector.begin(school);
  const outage = { device: victim, from: 2 * MINUTE + 7 * SECOND, to: 8 * MINUTE };
  collector = begun;
  const site = new Site(begun, devices, [outage], options);
  const end = 12 * MINUTE;
  const { restartAt = end } = options;
  await site.pass(0, restartAt);
  if (restartAt < end) {
    await begun.restart();
    await site.pass(restartAt, end - restartAt);
  }
  return begun;
}

async function expectOnePage(collector: Collector, behind: number): Promise<void> {
  expect(collector.told('alert.open')).toEqual(['kim']);
  expect(collector.told('alert.resolved')).toEqual(['kim']);
  expect(collector.phones.got.filter(({ kind }) => kind === 'alert.open')[0]!.text).toContain(
    `core1 does not answer: neither ping nor SNMP, and ${behind} devices behind it`,
  );
  const alerts = await collector.alerts();
  expect(alerts.filter((alert) => alert.state !== 'resolved')).toEqual([]);
  await collector.checkLogs();
}

it('a core switch with 150 devices behind it dies: one page, and one "closed"', async () => {
  const devices = campus(150, (n) => Math.floor(spread(n) * 20) * SECOND);
  const collector = await storm(devices, {
    delay: (d, n) => Math.floor(spread(n * 1000 + d.length) * 4) * SECOND,
    probes: true,
  });
  await expectOnePage(collector, 150);
  const alerts = await collector.alerts();
  expect(alerts).toHaveLength(152);
  const core = alerts.find(({ labels }) => labels['device'] === 'core1')!;
  // It waits for the firewall above it to answer, which takes the probe's two seconds.
  expect(await collector.log(core.id)).toEqual(['pending', 'opened', 'suppressed', 'unsuppressed', 'resolved']);
  const page = collector.phones.got.find(({ kind }) => kind === 'alert.open')!;
  expect(page.at - core.openedAt!).toBeLessThan(8 * SECOND);
  for (const alert of alerts)
    if (alert !== core) expect(alert.suppression).toMatchObject({ by: 'parent', of: core.id });
}, 120_000);

it('access points behind it are counted by rules of their own, which are silent as well', async () => {
  const devices = campus(30, (n) => Math.floor(spread(n) * 20) * SECOND, ['ap', 'ap', 'switch']);
  const collector = await storm(devices, { delay: () => SECOND, probes: true });
  await expectOnePage(collector, 30);
  const rules = new Set((await collector.alerts()).map(({ rule }) => rule));
  expect([...rules].sort()).toEqual(['access-points-down', 'device-down', 'site-isolated']);
}, 60_000);

it('a site of which nothing answers is one alert, also where nobody said what hangs on what', async () => {
  const flat = SCHOOL.slice(0, SCHOOL.indexOf('topology:'));
  const devices = campus(40, (n) => Math.floor(spread(n) * 20) * SECOND, ['ap', 'switch', 'switch']);
  const all = await storm(devices, { delay: () => SECOND, probes: true }, 'wan', flat);
  expect(all.told('alert.open')).toEqual(['kim']);
  expect(all.phones.got[0]!.text).toContain('nothing answers at main');
  expect(all.told('alert.resolved')).toEqual(['kim']);
  expect((await all.alerts()).filter((alert) => alert.state !== 'resolved')).toEqual([]);
  await all.checkLogs();
}, 60_000);

it('in whatever order it is noticed, wherever it is in the tree, and with a restart in the middle', async () => {
  const weather = fc.record({
    seed: fc.nat(10_000),
    /** Which device dies; those without anything behind them too. */
    victim: fc.nat(11),
    /** Up to two intervals late, so that later samples overtake earlier ones. */
    late: fc.constantFrom(0, 3, 20, 40),
    probes: fc.boolean(),
    restartAt: fc.option(fc.integer({ min: 100, max: 600 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(weather, async ({ seed, victim, late, probes, restartAt }) => {
      const devices = anyTree(12, seed);
      const delay = (d: string, n: number): number =>
        Math.floor(spread(seed * 7 + n * 31 + d.charCodeAt(1) * 3 + d.length) * (late + 1)) * SECOND;
      const options = { delay, probes, ...(restartAt !== undefined && { restartAt: restartAt * SECOND }) };
      const begun = await storm(devices, options, `d${victim}`, schoolOf(devices));
      const pages = begun.phones.got.filter(({ kind }) => kind === 'alert.open');
      expect(pages.map(({ to }) => to)).toEqual(['kim']);
      expect(pages[0]!.text).toContain(`: d${victim} does not answer`);
      expect(begun.told('alert.resolved')).toEqual(['kim']);
      expect((await begun.alerts()).filter((alert) => alert.state !== 'resolved')).toEqual([]);
      await begun.checkLogs();
      await begun.end();
      collector = undefined;
    }),
    { numRuns: 40, interruptAfterTimeLimit: 90_000, endOnFailure: true },
  );
}, 150_000);
