import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredAlert } from '../../../collector/alert/life.ts';
import type { Mute } from '../../../collector/alert/mute.ts';
import { listEvents, record } from '../../../collector/state/alerts.ts';
import { addMute, endMute } from '../../../collector/state/mutes.ts';
import { Collector, type Device, MINUTE, type Outage, SCHOOL, SECOND, Site, START, type Weather } from './storm.ts';

let collector: Collector;
let site: Site;
let passed: number;

const device = (name: string, parent: string | undefined, phase: number, role = 'switch'): Device => ({
  name,
  role,
  parent,
  phase: phase * SECOND,
});
const DEVICES = [
  device('wan', undefined, 1),
  device('fw1', 'wan', 4, 'firewall'),
  device('core1', 'fw1', 7),
  device('sw1', 'core1', 10),
  device('sw2', 'core1', 13),
];
const QUICK: Weather = { delay: () => SECOND, probes: true };

async function begin(
  outages: Outage[],
  options: { school?: string; weather?: Weather; devices?: Device[] } = {},
): Promise<void> {
  collector = await Collector.begin(options.school);
  site = new Site(collector, options.devices ?? DEVICES, outages, options.weather ?? QUICK);
  passed = 0;
}

/** Up to `minute` after the start. */
async function until(minute: number): Promise<void> {
  await site.pass(passed, minute * MINUTE - passed);
  passed = minute * MINUTE;
}

const out = (name: string, from: number, to: number): Outage => ({
  device: name,
  from: from * MINUTE,
  to: to * MINUTE,
});

/** `who what about-which-device` of every page, in order. */
function heard(): string[] {
  return collector.phones.got.map(({ to, kind, text }) => `${to} ${kind.slice(6)} ${/: ([\w-]+)/.exec(text)![1]}`);
}

async function alertOf(name: string): Promise<StoredAlert> {
  const alerts = await collector.alerts();
  return alerts.find((alert) => alert.labels['device'] === name)!;
}

const minutes = (ms: number): number => Math.round((ms - START) / MINUTE);

beforeEach(() => {
  passed = 0;
});
afterEach(async () => {
  await collector.checkLogs();
  await collector.end();
});

describe('behind a parent', () => {
  it('that nothing comes back from a device that is down is no second fault', async () => {
    await begin([out('sw1', 2, 10)], { weather: { ...QUICK, loss: true } });
    await until(9);
    const [down, loss] = ['device-down', 'packet-loss'].map(
      async (name) => (await collector.alerts()).find(({ rule }) => rule === name)!,
    );
    expect(await loss).toMatchObject({
      state: 'suppressed',
      suppression: { by: 'parent', of: (await down)!.id, reason: 'sw1 is down' },
    });
    await until(20);
    expect(heard()).toEqual(['kim open sw1', 'kim resolved sw1']);
  });

  it('who was told of the child is told no further, and gets one "closed"', async () => {
    await begin([out('sw1', 1, 30), out('core1', 5, 20)]);
    await until(8);
    expect(heard()).toEqual(['kim open sw1', 'kim open core1']);
    const { id, decision } = await alertOf('sw1');
    expect(decision!.steps.length).toBeGreaterThan(1);
    expect(await alertOf('sw1')).toMatchObject({
      state: 'suppressed',
      suppression: { by: 'parent', of: (await alertOf('core1')).id },
    });
    const stopped = (await listEvents(collector.db, id)).findLast(({ type }) => type === 'suppressed')!;
    expect(minutes(stopped.decidedAt)).toBe(6);
    // The ladder of the child does not go on: kim's second call at minute 12 would be of core1 alone.
    await until(19);
    expect(heard().filter((line) => line.endsWith(' sw1'))).toEqual(['kim open sw1']);
    // Told of afresh once core1 is back and sw1 is not; still one "closed" for whoever was told.
    await until(33);
    expect(heard().filter((line) => line.endsWith(' sw1'))).toEqual([
      'kim open sw1',
      'kim open sw1',
      'kim resolved sw1',
    ]);
  });

  it('one that does not follow when its parent is back is told of afresh, once, after the patience', async () => {
    await begin([out('core1', 2, 8), out('sw1', 2, 20)]);
    await until(8);
    expect(heard()).toEqual(['kim open core1']);
    await until(18);
    expect(heard().filter((line) => !line.startsWith('noc'))).toEqual([
      'kim open core1',
      'kim resolved core1',
      'kim open sw1',
    ]);
    const events = (await listEvents(collector.db, (await alertOf('sw1')).id)).filter(
      ({ type }) => type !== 'notified',
    );
    expect(events.map(({ type, detail }) => [type, detail['reason']]).slice(2)).toEqual([
      ['suppressed', expect.stringMatching(/^behind core1, which/)],
      ['suppressed', 'what it is behind is back: waiting whether this one is too'],
      ['unsuppressed', 'what it was behind is back, and this is not'],
    ]);
    const core = await alertOf('core1');
    const back = events.at(-1)!;
    expect(back.decidedAt - core.resolvedAt!).toBeGreaterThanOrEqual(MINUTE);
    expect(back.decidedAt - core.resolvedAt!).toBeLessThan(MINUTE + 5 * SECOND);
    expect(back.detail['decision']).toMatchObject({ owner: 'internal' });
    await until(23);
    expect(heard().at(-1)).toBe('kim resolved sw1');
    expect(heard().filter((line) => line === 'kim resolved sw1')).toHaveLength(1);
  });

  it('with a parent that answers, the page goes out when it has answered', async () => {
    await begin([out('sw1', 2, 9)]);
    await until(10);
    const { openedAt, suppression } = await alertOf('sw1');
    expect(suppression).toBeNull();
    const page = collector.phones.got[0]!;
    expect(page.text).not.toContain('behind it');
    // The probe's answer takes two seconds, one more to arrive.
    expect(page.at - openedAt!).toBeLessThanOrEqual(4 * SECOND);
  });

  it('an agent that knows no probes decides with its next regular ping', async () => {
    await begin([out('sw1', 2, 9)], { weather: { ...QUICK, probes: false } });
    await until(10);
    const page = collector.phones.got[0]!;
    expect(page.at - (await alertOf('sw1')).openedAt!).toBeGreaterThan(4 * SECOND);
    expect(page.at - (await alertOf('sw1')).openedAt!).toBeLessThanOrEqual(20 * SECOND);
  });

  it('without any word of the parent the end of the patience decides, also over a restart', async () => {
    const never = SCHOOL.replace(
      '{ device: "*", parent: core1, site: main }',
      '{ device: sw1, parent: nobody-pings-me }',
    );
    for (const restart of [false, true]) {
      await begin([out('sw1', 2, 9)], { school: never });
      await until(3.45);
      const { openedAt, state, suppression } = await alertOf('sw1');
      expect([state, suppression!.reason]).toEqual(['suppressed', 'waiting for a fresh answer of nobody-pings-me']);
      expect(collector.suppression.unknownDevices('hilltop')).toEqual(['nobody-pings-me']);
      if (restart) await collector.restart();
      expect(heard()).toEqual([]);
      await until(6);
      expect(heard()).toEqual(['kim open sw1']);
      expect(collector.phones.got[0]!.at - openedAt!).toBeLessThanOrEqual(MINUTE + 2 * SECOND);
      if (!restart) await collector.end();
    }
  });

  it('what is acknowledged stays with who works on it', async () => {
    await begin([out('sw1', 1, 30), out('core1', 5, 20)]);
    await until(4);
    const now = collector.clock.now();
    await record(collector.db, await alertOf('sw1'), {
      type: 'acked',
      at: now,
      decidedAt: now,
      detail: { party: 'internal', by: 'kim' },
    });
    await until(8);
    expect(await alertOf('sw1')).toMatchObject({ state: 'open', ackedBy: 'internal' });
    // It lapses after an hour: then it is silent behind core1 instead of beginning to ring.
    site.outages.push(out('core1', 20, 90), out('sw1', 30, 90));
    await until(66);
    await collector.boundaries.step();
    expect(await alertOf('sw1')).toMatchObject({ state: 'suppressed', ackedBy: null });
    expect(heard().filter((line) => line.endsWith(' sw1'))).toEqual(['kim open sw1']);
  });

  it('only when all ways to it are down', async () => {
    const two = SCHOOL.replace('{ device: "*", parent: core1, site: main }', '{ device: sw1, parent: [core1, sw2] }');
    const devices = [...DEVICES.slice(0, 4), device('sw2', 'fw1', 13)];
    await begin([out('core1', 2, 9), out('sw1', 2, 30), out('sw2', 6, 9)], { school: two, devices });
    await until(5);
    expect(heard().sort()).toEqual(['kim open core1', 'kim open sw1']);
    expect((await alertOf('sw1')).state).toBe('open');
    await until(8);
    expect((await alertOf('sw1')).suppression).toMatchObject({ by: 'parent' });
    expect(heard().filter((line) => line.endsWith(' sw1'))).toEqual(['kim open sw1']);
  });
});

describe('a site that is not heard', () => {
  it('is one alert; what the backlog tells of the past is told of only if it is still so', async () => {
    await begin([out('core1', 5, 12), out('sw2', 6, 40)]);
    site.cutOff = { from: 5 * MINUTE, to: 13.5 * MINUTE };
    await until(13);
    const silent = (await collector.alerts()).filter(({ labels }) => labels['device'] === undefined);
    expect(silent.map(({ rule }) => rule).sort()).toEqual(['agent-silent']);
    expect(new Set(heard().map((line) => line.split(' ')[1]))).toEqual(new Set(['open']));
    const before = heard().length;
    await until(20);
    const after = heard()
      .slice(before)
      .filter((line) => !/ (the|resolved)/.test(line));
    // core1 and sw1 were down and are well: nobody hears of it. sw2 is still down.
    expect(after).toEqual(['kim open sw2']);
    expect((await alertOf('core1')).suppression).not.toBeNull();
  });

  it('keeps quiet what opens meanwhile, and tells of it when the agent is back and it is still so', async () => {
    await begin([]);
    site.cutOff = { from: 2 * MINUTE, to: 10 * MINUTE };
    await until(8);
    const { site: _site, ...silence } = (await collector.alerts()).find(({ rule }) => rule === 'agent-silent')!;
    expect(silence.state).toBe('open');
    // Somebody else's monitoring of the same site.
    await collector.inject({ type: 'opened', device: 'camera', at: collector.clock.now() });
    expect(await alertOf('camera')).toMatchObject({ state: 'suppressed', suppression: { by: 'site', of: silence.id } });
    await until(14);
    expect(heard().filter((line) => line.endsWith(' camera'))).toEqual(['kim open camera']);
  });
});

describe('windows and silences', () => {
  const mute = (more: Partial<Mute>): Mute => ({
    id: 'w1',
    school: 'hilltop',
    kind: 'maintenance',
    matchers: [{ name: 'device', value: 'sw1', isRegex: false, isEqual: true }],
    startsAt: START,
    endsAt: START + 10 * MINUTE,
    party: 'internal',
    author: 'Kim Lee',
    comment: 'new power supply',
    createdAt: START,
    endedAt: null,
    endedBy: null,
    ...more,
  });

  it('what still fires when a window ends is told of afresh at that instant, with who answers then', async () => {
    const handed = SCHOOL.replace(
      'topology:',
      `engagements:
  - id: later
    kind: domain
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-01-01
    grants: [{ owner: provider, when: { from: 2026-10-05T10:05, to: 2026-10-06 } }]
topology:`,
    );
    await begin([out('sw1', 2, 14)], { school: handed });
    await addMute(collector.db, mute({}));
    await until(9.9);
    expect(await alertOf('sw1')).toMatchObject({
      state: 'suppressed',
      owner: 'internal',
      suppression: { by: 'maintenance', of: 'w1', reason: 'maintenance: new power supply (Kim Lee)' },
    });
    expect(heard()).toEqual([]);
    await until(16);
    expect(heard()).toEqual(['noc open sw1', 'noc resolved sw1']);
    expect(collector.phones.got[0]!.at).toBe(START + 10 * MINUTE);
    expect(await alertOf('sw1')).toMatchObject({ owner: 'provider', why: 'later#0' });
  });

  it('moves silently with a boundary, and counts for no load', async () => {
    const handed = SCHOOL.replace(
      'topology:',
      `engagements:
  - id: later
    kind: domain
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-01-01
    grants: [{ owner: provider, scope: { domain: switching }, when: { from: 2026-10-05T10:05, to: 2026-10-06 } }]
  - id: overload
    kind: threshold
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-01-01
    grants: [{ owner: provider, if: { load: { party: internal, over: 1, for: 0s, clear: 0, hold: 1m } } }]
topology:`,
    );
    await begin([out('sw1', 2, 14)], { school: handed });
    await addMute(collector.db, mute({}));
    await until(4);
    await collector.boundaries.step();
    expect((await alertOf('sw1')).owner).toBe('internal');
    await until(6);
    await collector.boundaries.step();
    expect(await alertOf('sw1')).toMatchObject({ state: 'suppressed', owner: 'provider', why: 'later#0' });
    expect(collector.phones.got).toEqual([]);
  });

  it('resolves are never muted: who was told before the window began hears that it is over', async () => {
    await begin([out('sw1', 1, 7)]);
    await addMute(collector.db, mute({ startsAt: START + 4 * MINUTE, endsAt: START + 30 * MINUTE }));
    await until(6);
    expect((await alertOf('sw1')).state).toBe('suppressed');
    await until(10);
    expect(heard()).toEqual(['kim open sw1', 'kim resolved sw1']);
  });

  it('what ends within a window is told to nobody, and a window on a switch covers what hangs on it', async () => {
    await begin([out('core1', 2, 7)]);
    const matchers = [{ name: 'device', value: '(core|dist)[0-9]', isRegex: true, isEqual: true }];
    await addMute(collector.db, mute({ matchers }));
    await until(12);
    expect(heard()).toEqual([]);
    expect((await alertOf('sw1')).suppression).toMatchObject({ by: 'parent', of: (await alertOf('core1')).id });
  });

  it('one that cannot be evaluated silences nobody', async () => {
    await begin([out('sw1', 2, 5)]);
    await addMute(collector.db, mute({ matchers: [{ name: 'device', value: '(', isRegex: true, isEqual: true }] }));
    await until(8);
    expect(heard()).toEqual(['kim open sw1', 'kim resolved sw1']);
  });

  it('while a school is learned only what is critical is told of; the rest is recorded, and told of at the end if it is still so', async () => {
    const aps = ['ap1', 'ap2', 'ap3', 'ap4', 'ap5', 'ap6', 'ap7', 'ap8', 'ap9', 'ap10', 'ap11'];
    const more = aps.map((name, i) => device(name, 'core1', 20 + i, 'ap'));
    const learned = `${SCHOOL}learn_until: 2026-10-05T10:20\n`;
    await begin([out('ap1', 1, 30), out('sw1', 6, 10)], { school: learned, devices: [...DEVICES, ...more] });
    await until(19);
    expect(heard()).toEqual(['kim open sw1', 'kim resolved sw1']);
    const [down] = (await collector.alerts()).filter(({ rule }) => rule === 'access-points-down');
    expect(down).toMatchObject({ state: 'suppressed', severity: 'warning', suppression: { by: 'silence' } });
    expect(down!.suppression!.reason).toContain('the school is being learned');
    await until(21);
    expect(collector.phones.got.at(-1)).toMatchObject({ to: 'kim', kind: 'alert.open', at: START + 20 * MINUTE });
  });

  it('a silence that is ended by hand tells at once', async () => {
    await begin([out('sw1', 2, 14)]);
    await addMute(collector.db, mute({ kind: 'silence', endsAt: START + 600 * MINUTE }));
    await until(6);
    expect(heard()).toEqual([]);
    await endMute(collector.db, { school: 'hilltop', kind: 'silence', id: 'w1' }, 'Kim Lee', collector.clock.now());
    await collector.suppression.stepSchool('hilltop');
    await collector.clock.advance(0);
    expect(heard()).toEqual(['kim open sw1']);
  });

  it('recurring ones go by the hours of the school', async () => {
    await begin([out('sw1', 2, 300)]);
    const recurring = { kind: 'weekly', weekly: { days: [1], from: 9 * 60, to: 11 * 60 } } as const;
    await addMute(collector.db, mute({ recurring, endsAt: START + 30 * 86_400_000 }));
    await until(59);
    expect(heard()).toEqual([]);
    await until(61);
    expect(heard()[0]).toBe('kim open sw1');
    expect(collector.phones.got[0]!.at).toBe(START + 60 * MINUTE);
  });
});

it('an alert that waits for the duty of its owner says so, until it is told', async () => {
  const office = SCHOOL.replace(
    'internal: { contacts: [kim], coverage: always }',
    'internal: { contacts: [kim], coverage: [{ weekly: { days: [mon], from: "10:30", to: "17:00" } }] }',
  ).replace('base:', 'pass_uncovered_at: critical\nbase:');
  await begin([], { school: office });
  await collector.inject({ type: 'opened', device: 'printer', at: collector.clock.now(), severity: 'warning' });
  expect(await alertOf('printer')).toMatchObject({ state: 'open', heldUntil: START + 30 * MINUTE });
  await until(30.2);
  await collector.boundaries.step();
  expect(heard()).toEqual(['kim open printer']);
  expect((await alertOf('printer')).heldUntil).toBeNull();
  expect(await collector.log((await alertOf('printer')).id)).toEqual(['opened', 'held', 'hold_ended']);
});
