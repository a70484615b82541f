import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alert, AlertChange } from '../../../collector/alert/alert.ts';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import { loadRules } from '../../../collector/alert/rule-file.ts';
import { areaState, type CountedAlert, type SiteState } from '../../../collector/health/domain-health.ts';
import { DomainWatch } from '../../../collector/health/domain-watch.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import { listAlerts } from '../../../collector/state/alerts.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import type { Sample } from '../../../core/sample.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { alert, change, deps, directory, responsibility, silent, T0, testState } from '../notify/fixtures.ts';

const MINUTE = 60_000;

const one = (domain: string, severity: Alert['severity'], device?: string): CountedAlert => ({
  domain,
  severity,
  labels: device === undefined ? {} : { device },
});
const devices = (count: number, down: number, domain = 'switching') =>
  Array.from({ length: count }, (_, i) => ({ device: `${domain}-${i}`, domain, down: i < down }));

describe('how an area is', () => {
  const state = (more: Partial<SiteState>): SiteState => ({
    school: 's',
    site: 'main',
    open: [],
    suppressed: [],
    devices: [],
    ...more,
  });

  it.each<[string, Partial<SiteState>, string, { open: number; critical: number; health: number }]>([
    ['nothing is known', {}, 'site', { open: 0, critical: 0, health: 100 }],
    [
      'alerts by severity',
      { open: [one('wan', 'critical'), one('wireless', 'warning'), one('wireless', 'info')] },
      'site',
      { open: 3, critical: 1, health: 74 },
    ],
    [
      'only its own leaves',
      { open: [one('wan', 'critical'), one('dns_dhcp', 'warning')] },
      'services',
      { open: 1, critical: 0, health: 95 },
    ],
    ['a share of the devices', { devices: devices(10, 3) }, 'switching', { open: 0, critical: 0, health: 85 }],
    ['devices of another domain', { devices: devices(10, 10) }, 'wireless', { open: 0, critical: 0, health: 100 }],
    ['never below 0', { open: Array(9).fill(one('wan', 'critical')) }, 'wan', { open: 9, critical: 9, health: 0 }],
    [
      'a suppressed alert and its device do not count',
      { devices: devices(10, 2), suppressed: [one('switching', 'critical', 'switching-1')] },
      'site',
      { open: 0, critical: 0, health: 95 },
    ],
    [
      'a suppressed alert of a group stands for the things of its domain',
      { devices: [...devices(10, 9, 'wireless'), ...devices(10, 1)], suppressed: [one('wireless', 'critical')] },
      'site',
      { open: 0, critical: 0, health: 97.5 },
    ],
  ])('%s', (_name, of, area, expected) => {
    expect(areaState(state(of), area)).toEqual(expected);
  });
});

describe('the watch', () => {
  const rules = loadRules([`${import.meta.dirname}/../../../config/rules/domains.yaml`]);
  let db: StateDb;
  let clock: FakeClock;
  let told: AlertChange[];
  let seen: readonly Sample[];
  let pipeline: AlertPipeline;

  beforeEach(async () => {
    clock = new FakeClock(T0);
    db = await testState(clock);
    told = [];
    pipeline = new AlertPipeline({
      db,
      ...deps(clock),
      responsibility: responsibility(),
      directory: directory(),
      outbox: { notify: () => {} },
    });
  });
  afterEach(() => db.destroy());

  let ids = 0;
  function watch(evaluator = new Evaluator({ rules, newId: () => `own-${++ids}` }), maxDevices = 1000): DomainWatch {
    const observe = async (samples: readonly Sample[]) => {
      seen = samples;
      const { changes } = evaluator.evaluate(samples, clock.now());
      told.push(...changes);
      await pipeline.apply(changes);
    };
    return new DomainWatch({ db, rules: () => rules, clock, log: silent, observe, maxDevices });
  }
  const open = (n: number, more: Partial<Alert> = {}) =>
    pipeline.apply([change('opened', alert({ id: `a${n}`, key: `k${n}`, severity: 'warning', ...more }))]);
  const resolve = (n: number) => pipeline.apply([change('resolved', alert({ id: `a${n}`, key: `k${n}` }))]);
  const minutes = async (domains: DomainWatch, count: number) => {
    for (let i = 0; i < count; i++) {
      await clock.advance(MINUTE);
      await domains.step();
    }
  };
  const areas = () => seen.map(({ tags, fields }) => [tags['area'], fields['open'], fields['health']]);

  it('counts what is open by area; an area without anything is not told of', async () => {
    const domains = watch();
    await open(1);
    await open(2, { domain: 'wan', severity: 'critical' });
    await domains.step();
    expect(areas()).toEqual([
      ['site', 2n, 75],
      ['infrastructure', 2n, 75],
      ['wan', 1n, 80],
      ['wireless', 1n, 95],
    ]);
    expect(seen[0]).toMatchObject({ measurement: 'domain', tags: { school: 'lincoln', site: 'main' }, time: T0 });
  });

  it('an alert on a domain opens, is not counted itself, and resolves when the others do', async () => {
    const domains = watch();
    for (let n = 1; n <= 6; n++) await open(n);
    await minutes(domains, 12);
    const opened = () => told.filter(({ type }) => type === 'opened').map((c) => `${c.alert.rule} ${c.alert.domain}`);
    expect(opened()).toEqual(['domain-alerts wireless']);
    const counts = () => Object.fromEntries(seen.map(({ tags, fields }) => [tags['area'], fields['open']]));
    expect(counts()).toMatchObject({ site: 6n, wireless: 6n });
    for (let n = 1; n <= 6; n++) await resolve(n);
    await minutes(domains, 2);
    expect(counts()).toMatchObject({ site: 0n, wireless: 0n });
    expect(await listAlerts(db, { states: ['open'] })).toEqual([]);
  });

  it('an area is told of while an alert on it is open, also by a collector that has just started', async () => {
    await open(1, { rule: 'domain-alerts', labels: { area: 'power' } });
    await watch().step();
    expect(areas()).toEqual([
      ['site', 0n, 100],
      ['power', 0n, 100],
    ]);
  });

  it('knows devices that are down, the newest word of each, until it has not heard of them for a while', async () => {
    const domains = watch();
    const device = (name: string, down: bigint, time = clock.now()): Sample => ({
      measurement: 'device',
      tags: { school: 'lincoln', site: 'main', device: name, domain: 'switching' },
      fields: { down },
      time,
    });
    domains.see([
      device('a', 1n),
      device('b', 0n),
      { ...device('c', 1n), measurement: 'snmp' },
      device('a', 0n, T0 - 1),
    ]);
    await domains.step();
    expect(areas()[0]).toEqual(['site', 0n, 75]);
    await clock.advance(10 * MINUTE);
    domains.see([device('a', 0n)]);
    await domains.step();
    expect(areas()[0]).toEqual(['site', 0n, 100]);
    await clock.advance(20 * MINUTE);
    await domains.step();
    expect(areas().map(([area]) => area)).toEqual(['site', 'infrastructure', 'switching']);
    await clock.advance(60 * MINUTE);
    await domains.step();
    expect(areas()).toEqual([]);
  });

  it('follows no more devices than the limit', async () => {
    const domains = watch(undefined, 1);
    const device = (name: string, down: bigint): Sample => ({
      measurement: 'device',
      tags: { school: 'lincoln', site: 'main', device: name },
      fields: { down },
      time: T0,
    });
    domains.see([device('a', 0n), device('b', 1n)]);
    await domains.step();
    expect(areas()).toEqual([['site', 0n, 100]]);
  });
});
