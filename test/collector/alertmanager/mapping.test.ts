import { describe, expect, it } from 'vitest';
import { alertmanagerSchema, importedAlert, importedKey, LATE_MS } from '../../../collector/alertmanager/mapping.ts';
import { readNotification } from '../../../collector/alertmanager/notification.ts';
import { silentSites } from '../../../collector/alertmanager/silence.ts';
import { firing, notification } from './notifications.ts';

const NOW = Date.UTC(2026, 9, 5, 14);
const OF = { school: 'north', site: 'main' };

function mapped(labels: Record<string, string>, more: object = {}, config: object = {}) {
  const read = readNotification(
    notification([firing({ labels, startsAt: new Date(NOW - 60_000).toISOString(), ...more })]),
  );
  if (typeof read === 'string') throw new Error(read);
  return importedAlert(read.alerts[0]!, OF, alertmanagerSchema.parse(config), NOW, 'id');
}

it('a typical alert of Prometheus', () => {
  const labels = {
    alertname: 'InstanceDown',
    severity: 'critical',
    domain: 'switching',
    instance: '10.1.0.2:9100',
    job: 'node',
    school: 'another',
    zone: 'gym',
  };
  const annotations = { summary: 'Instance 10.1.0.2\n is down', description: 'No answer for more than 5 minutes.' };
  expect(mapped(labels, { annotations })).toEqual({
    id: 'id',
    key: 'alertmanager:north/main/c6eadffa33fcdf37',
    ...OF,
    rule: 'InstanceDown',
    domain: 'switching',
    severity: 'critical',
    state: 'open',
    // What it says of school and site does not count: those are the token's.
    labels: { instance: '10.1.0.2:9100', job: 'node', zone: 'gym', device: '10.1.0.2' },
    summary: 'Instance 10.1.0.2 is down',
    condition: 'InstanceDown in Prometheus: No answer for more than 5 minutes.',
    value: 1,
    pendingAt: NOW - 60_000,
    openedAt: NOW - 60_000,
    resolvedAt: null,
  });
});

it.each([
  [{}, {}, 'warning'],
  [{ severity: 'page' }, {}, 'critical'],
  [{ severity: 'Critical' }, {}, 'critical'],
  [{ severity: 'none' }, {}, 'info'],
  [{ severity: 'P1' }, {}, 'warning'],
  [{ severity: 'P1' }, { severities: { P1: 'critical' } }, 'critical'],
  [{ severity: 'P9' }, { default_severity: 'info' }, 'info'],
  [{ priority: 'high' }, { severity_label: 'priority' }, 'critical'],
  [{ severity: 'constructor' }, {}, 'warning'],
])('how bad: %j with %j is %s', (labels, config, severity) => {
  expect(mapped({ alertname: 'X', ...labels }, {}, config).severity).toBe(severity);
});

it.each([
  [{}, {}, 'daily'],
  [{ domain: 'Wireless' }, {}, 'wireless'],
  [{ domain: 'net' }, {}, 'daily'],
  [{ domain: 'net' }, { domains: { net: 'wan' } }, 'wan'],
  [{ team: 'power' }, { domain_label: 'team' }, 'power'],
  [{ domain: 'wan' }, { rules: { X: 'dns_dhcp' } }, 'dns_dhcp'],
  [{}, { default_domain: 'services' }, 'services'],
])('whose: %j with %j is %s', (labels, config, domain) => {
  expect(mapped({ alertname: 'X', ...labels }, {}, config).domain).toBe(domain);
});

it.each([
  [{ instance: 'ap-1:9100' }, 'ap-1'],
  [{ instance: '[fd00::2]:161' }, 'fd00::2'],
  [{ instance: 'fd00::2' }, 'fd00::2'],
  [{ device: 'sw-1', instance: 'exporter:9116' }, 'sw-1'],
  [{ hostname: '', node: 'n1' }, 'n1'],
  [{}, undefined],
])('which device: %j is %s', (labels, device) => {
  expect(mapped({ alertname: 'X', ...labels }).labels['device']).toBe(device);
});

it('an alert without words is told by its name; numbers of an annotation are its value', () => {
  expect(mapped({ alertname: 'DiskFull', host: 'nas' }).summary).toBe('DiskFull on nas');
  expect(mapped({ alertname: 'X' }, { annotations: { value: '97.5' } }).value).toBe(97.5);
  expect(mapped({ x: 'y' }).rule).toBe('alertmanager');
});

it('a beginning long ago or ahead is now: nobody here knew', () => {
  const openedAt = (ms: number) => mapped({ alertname: 'X' }, { startsAt: new Date(ms).toISOString() }).openedAt;
  expect(openedAt(NOW - LATE_MS)).toBe(NOW - LATE_MS);
  expect(openedAt(NOW - LATE_MS - 1)).toBe(NOW);
  expect(openedAt(NOW + 60_000)).toBe(NOW);
});

it('is bounded, whatever it holds', () => {
  const labels = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`label_${i}`, 'x'.repeat(5_000)]));
  const alert = mapped({ alertname: 'A'.repeat(5_000), ...labels }, { annotations: { summary: '🏫'.repeat(9_000) } });
  expect(JSON.stringify(alert).length).toBeLessThan(50_000);
  expect(Object.keys(alert.labels)).toHaveLength(64);
});

it('is known by its fingerprint; without one, by all its labels', () => {
  const key = (more: object) => {
    const read = readNotification(notification([firing(more)]));
    return typeof read === 'string' ? read : importedKey('north', 'main', read.alerts[0]!);
  };
  expect(key({ annotations: { summary: 'other words' } })).toBe(key({}));
  const [one, same, other] = [
    { a: '1', b: '2' },
    { b: '2', a: '1' },
    { a: '1', b: '3' },
  ].map((labels) => key({ fingerprint: '', labels }));
  expect(same).toBe(one);
  expect(other).not.toBe(one);
});

describe('what can never be taken', () => {
  it.each([
    [null, 'body: '],
    [{ alerts: [] }, 'version: '],
    [{ version: '3', alerts: [] }, 'version: '],
    [{ version: '4', alerts: {} }, 'alerts: '],
    [{ version: '4', truncatedAlerts: -1, alerts: [] }, 'truncatedAlerts: '],
    [{ version: '4', alerts: Array(5_001).fill({}) }, 'alerts: '],
  ])('%j', (body, problem) => {
    expect(readNotification(body)).toMatch(new RegExp(`^${problem}`));
  });

  it('one alert of several: the others are taken', () => {
    const read = readNotification(
      notification([firing(), { ...firing(), startsAt: 'soon' }, { labels: { a: 1 } }, firing()]),
    );
    if (typeof read === 'string') throw new Error(read);
    expect(read.alerts).toHaveLength(2);
    expect(read.problems).toEqual([
      expect.stringMatching(/^alerts\[1\]\.startsAt: /),
      expect.stringMatching(/^alerts\[2\]\./),
    ]);
  });
});

it('what was not told of for long, by site; a collector that was away says nothing of it', () => {
  const row = (site: string, heardAt: number) => ({
    key: `${site}${heardAt}`,
    school: 's',
    site,
    startsAt: 0,
    heardAt,
  });
  const open = [row('a', 100), row('a', 90), row('a', 950), row('b', 950)];
  expect(silentSites(open, [], 500, 0, 1_000)).toEqual([{ school: 's', site: 'a', alerts: 2, since: 90 }]);
  expect(silentSites(open, [], 500, 600, 1_000)).toEqual([]);
});
