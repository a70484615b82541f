import { afterEach, describe, expect, it } from 'vitest';
import { Collector, type Device, MINUTE, SCHOOL, SECOND, Site } from './storm.ts';

/** What hangs on what is nowhere written. */
const UNWRITTEN = SCHOOL.slice(0, SCHOOL.indexOf('topology:'));
const device = (name: string, parent: string | undefined, phase: number, role = 'switch'): Device => ({
  name,
  role,
  parent,
  phase: phase * SECOND,
});
const TREE = [
  device('fw1', undefined, 1, 'firewall'),
  device('core1', 'fw1', 4),
  device('sw1', 'core1', 7),
  device('sw2', 'core1', 10),
  device('sw3', 'sw1', 13),
];
/** The firewall is pinged from inside, and whatever becomes of its answers, it forwards. */
const FORWARDING = TREE.map((one) => (one.name === 'core1' ? { ...one, parent: undefined } : one));
const LINKS = ['core1-fw1', 'core1-sw1', 'core1-sw2', 'sw1-sw3'];

let collector: Collector;

async function begin(
  links: readonly string[],
  devices: readonly Device[],
  dead: Record<string, [number, number]>,
): Promise<Site> {
  collector = await Collector.begin(UNWRITTEN);
  const pairs = links.map((link) => {
    const [a, b] = link.split('-') as [string, string];
    return { a, b };
  });
  const roles = new Map(devices.map(({ name, role }) => [name, role]));
  if (links.length > 0) collector.found = new Map([['main', { roles, links: pairs }]]);
  const outages = Object.entries(dead).map(([name, [from, to]]) => ({
    device: name,
    from: from * MINUTE,
    to: to * MINUTE,
  }));
  return new Site(collector, devices, outages, { delay: () => SECOND, probes: true });
}
const heard = (): string[] =>
  collector.phones.got
    .filter(({ to }) => to === 'kim')
    .map(({ kind, text }) => `${kind.slice(6)} ${/: ([\w-]+)/.exec(text)![1]}`);

afterEach(async () => {
  await collector.checkLogs();
  await collector.end();
});

describe('what hangs on what was only discovered', () => {
  it('one fault is one alert, which says how it is known what is behind it', async () => {
    const site = await begin(LINKS, TREE, { core1: [2, 10] });
    await site.pass(0, 9 * MINUTE);
    expect(heard()).toEqual(['open core1']);
    expect(collector.phones.got[0]!.text).toContain('3 devices behind it');
    const reasons = (await collector.alerts()).flatMap(({ suppression }) => suppression?.reason ?? []);
    expect(new Set(reasons)).toEqual(new Set(['behind core1, which is down (as their neighbours tell)']));
    await site.pass(9 * MINUTE, 8 * MINUTE);
    expect(heard()).toEqual(['open core1', 'resolved core1']);
  });

  it('without links everybody is told of everything', async () => {
    const site = await begin([], TREE, { core1: [2, 10] });
    await site.pass(0, 9 * MINUTE);
    expect(heard().sort()).toEqual(['open core1', 'open sw1', 'open sw2', 'open sw3']);
  });

  it('a firewall that answers no ping any more, and forwards, hides nothing', async () => {
    const site = await begin(LINKS, FORWARDING, { fw1: [2, 60], sw2: [2, 60], sw1: [30, 60] });
    await site.pass(0, 40 * MINUTE);
    // What hangs on sw1 is behind it, and sw1 is not behind the firewall.
    expect(heard().filter((line) => line.startsWith('open'))).toEqual(
      expect.arrayContaining(['open fw1', 'open sw2', 'open sw1']),
    );
    expect(heard()).not.toContain('open sw3');
    const suppressed = (await collector.alerts()).filter(({ state }) => state === 'suppressed');
    expect(suppressed.map(({ labels, suppression }) => `${labels['device']} ${suppression!.reason}`)).toEqual([
      'sw3 behind sw1, which is down (as their neighbours tell)',
    ]);
  });
});
