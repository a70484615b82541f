import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Attempt, ConnectionAttempt, Fault } from '../../agent/drivers/check/attempt.ts';
import type { VarBind } from '../../agent/drivers/snmp-session.ts';
import { deriveInterface, WIDE_COUNTERS } from '../../agent/normalise/derive.ts';
import { deviceTags } from '../../agent/normalise/device-tags.ts';
import { normaliseInterfaces } from '../../agent/normalise/interface.ts';
import { normalisePing } from '../../agent/normalise/ping.ts';
import { serviceSamples } from '../../agent/normalise/service.ts';
import { verdictOn } from '../../agent/normalise/service-verdict.ts';
import { systemFields, systemTags } from '../../agent/normalise/system.ts';
import { joinRows } from '../../agent/normalise/table.ts';
import type { Cell } from '../../agent/normalise/varbind.ts';
import { deviceFields } from '../../agent/poll/device-state.ts';
import { DeviceStats, Stretch } from '../../agent/poll/device-stats.ts';
import { planPoll } from '../../agent/poll/plan.ts';
import { rowOver } from '../../agent/poll/polling-row.ts';
import { pollingSample } from '../../agent/poll/polling-sample.ts';
import { EVERY_POLL_PROFILE } from '../../agent/profile/bundle.ts';
import { loadProfiles } from '../../agent/profile/load.ts';
import { agentSample } from '../../agent/self-report.ts';
import type { Check } from '../../agent/services/service.ts';
import { eventSample } from '../../agent/trap/event-sample.ts';
import { blankCopy } from '../../collector/calendar/calendar-copy.ts';
import { calendarSample } from '../../collector/calendar/calendar-sample.ts';
import { Duty } from '../../collector/engagement/duty.ts';
import { areaSample, areaState, SITE_AREA } from '../../collector/health/domain-health.ts';
import { afterAttempt } from '../../collector/notify/endpoint-health.ts';
import { endpointSample } from '../../collector/notify/endpoint-sample.ts';
import { onCallSample } from '../../collector/notify/on-call-sample.ts';
import { routingSample } from '../../collector/notify/routing-sample.ts';
import { channelTestSample, safetyNetSample } from '../../collector/notify/safety-net-sample.ts';
import { CATALOGUE, catalogueMarkdown, MEASUREMENT_TAGS } from '../../core/catalogue.ts';
import { DOMAINS } from '../../core/domain.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';
import { everyVitalField, everyVitalTag } from '../agent/normalise/vitals-fixture.ts';
import { target } from '../agent/poll/fixture.ts';
import { dns, http, service } from '../agent/services/fixture.ts';
import { ROOT } from '../support/source-files.ts';

const profile = loadProfiles().profiles.get(EVERY_POLL_PROFILE)!;
const plan = planPoll(profile);
const text = (oid: string): VarBind => ({ oid, type: 'OctetString', value: Buffer.from('text') });

/** A poll in which the device has every object of the profile; `narrow` leaves the 64-bit counters out. */
function columns(second: number, narrow: boolean): Map<string, Map<string, Cell>> {
  const table = plan.tables.find((t) => t.measurement === 'interface')!;
  const wide = Object.values(WIDE_COUNTERS);
  const stamp = { at: second * 1000, uptime: second * 100 + 1 };
  const tags = new Set(table.tags.map((t) => (t.source.kind === 'column' ? t.source.symbol.name : '')));
  const symbols = [...table.fast, ...table.fallback, ...table.slow].filter(
    (s) => !narrow || (!wide.includes(s.name) && s.name !== 'ifHighSpeed'),
  );
  return new Map(
    symbols.map((s) => {
      const value: VarBind = tags.has(s.name)
        ? text(s.oid)
        : s.type === 'rate'
          ? { oid: s.oid, type: 'Counter32', value: second * 1000 }
          : { oid: s.oid, type: 'Gauge32', value: 1000 };
      return [s.name, new Map([['7', { value, stamp }]])];
    }),
  );
}

/** Every field that the agent's own code can make, by measurement. */
function emitted(): Record<string, Record<string, FieldValue>> {
  const device = { tags: {}, time: 0, fineClock: true, complete: true };
  const two = (narrow: boolean): Record<string, FieldValue> => {
    const first = normaliseInterfaces(joinRows(columns(100, narrow)), new Map(), device);
    return { ...normaliseInterfaces(joinRows(columns(110, narrow)), first.memory, device).samples[0]!.fields };
  };
  // The speed of a narrow device is 1,000 bit/s here, which its traffic contradicts: no percentage there.
  const scalars = new Map(
    plan.scalars.map((s) => [
      s.oid,
      s.name.startsWith('sysUp') ? ({ oid: s.oid, type: 'TimeTicks', value: 100 } as const) : text(s.oid),
    ]),
  );
  return {
    interface: { ...two(true), ...two(false) },
    snmp: { ...systemFields(profile, scalars), poll_duration_ms: 1.5, poll_outcome: 'ok' },
    snmp_poll: polling.fields,
    ping: { ...normalisePing({ code: 0, times: [1.5, 2.5] }, 'h', {}, 0).fields },
    device: deviceFields({ ping: 'alive', snmp: 'ok' }),
    event: event.fields,
    ...everyVitalField(),
    ...Object.fromEntries([...checked()].map(([measurement, { fields }]) => [measurement, fields])),
    agent: report.fields,
    calendar: calendar.fields,
    domain: domain.fields,
    routing: routing.fields,
    endpoint: endpoint.fields,
    on_call: onCall.fields,
    safety_net: safetyNet.fields,
    safety_net_channel: channelTest.fields,
  };
}

/** What the checks of services can say, by measurement: each kind, well and not. Pings, which devices have too, left out. */
function checked(): Map<string, Pick<Sample, 'fields' | 'tags'>> {
  const fault: Fault = { step: 'connect', kind: 'timeout', text: 'why' };
  const certificate = {
    ...{ commonName: 'a', issuer: 'b', serial: '1', validFrom: 0, validTo: 1 },
    ...{ chainError: 'CERT_HAS_EXPIRED', nameError: undefined },
  };
  const page: ConnectionAttempt = {
    ...{ type: 'http', totalMs: 4.5, nameMs: 1.5, connectMs: 1.5, tlsMs: 1.5, firstByteMs: 1.5, certificate },
    answer: { status: 200, length: 1, text: 'a', location: undefined },
  };
  const tls: Check = { type: 'tls', host: 'a', port: 1, serverName: 'a', verify: false, ca: undefined };
  const attempts: [Check, Attempt][] = [
    [
      { type: 'gateway', host: undefined },
      { type: 'gateway', address: '192.0.2.1', times: [1.5] },
    ],
    [dns, { type: 'dns', totalMs: 1.5, rcode: 3, records: [] }],
    [tls, page],
    [{ ...http, expectText: 'a', verify: false }, page],
    [http, { type: 'http', totalMs: 1.5, fault }],
  ];
  const found = new Map<string, Pick<Sample, 'fields' | 'tags'>>();
  for (const [check, attempt] of attempts) {
    const asked = service(check, { tags: {} });
    for (const { measurement, tags, fields } of serviceSamples(asked, attempt, verdictOn(asked, attempt), 1, 0))
      found.set(measurement, { tags, fields: { ...found.get(measurement)?.fields, ...fields } });
  }
  found.delete('ping');
  return new Map(['service', 'dns_query', 'net_response', 'http_response', 'x509_cert'].map((m) => [m, found.get(m)!]));
}

const report = agentSample(
  { host: 'mini-pc', version: '1.0.0' },
  {
    time: 120_000,
    uptimeMs: 60_000,
    targets: 1,
    polls: { ok: 1, failed: 0 },
    spool: { records: 1, bytes: 4096, oldestTime: 0, dropped: { full: 0, age: 0, disk: 0, corrupt: 0 } },
    rejectedLines: 0,
    rssBytes: 1,
  },
  { uptimeMs: 0, droppedLines: 0 },
);

const polling = pollingSample(
  rowOver(new DeviceStats('a'), Object.assign(new Stretch(), { polls: 2, pollMs: 3, gaps: 1, gapMs: 60_000 }), 0),
  deviceTags(target('a')),
  0,
);

const event = eventSample({
  target: target('a'),
  event: {
    type: 'link_up',
    severity: 'info',
    domain: 'cabling',
    message: 'ge-0/0/7 is up',
    clears: ['link_down'],
    reread: 'interfaces',
    interface: { ifIndex: '7', ifName: 'ge-0/0/7' },
    rule: 'IF-MIB::linkUp',
    oid: '1.3.6.1.6.3.1.1.5.4',
    detail: 'ifIndex.7=7',
  },
  time: 0,
  count: 1,
});

const party = { id: 'provider', name: 'P', contacts: ['noc'], coverage: 'always', absences: [] } as const;
const onCall = onCallSample('north', new Duty(party, 'UTC'), 60_000, () => true);
const safetyNet = safetyNetSample('north', [], 0, 60_000);
const channelTest = channelTestSample('north', { contact: 'head', channel: 'ntfy', result: 'failed' }, 60_000);
const routing = routingSample('north', true, 60_000);
const endpoint = endpointSample(
  afterAttempt(
    undefined,
    { school: 'north', contact: 'kim', channel: 'ntfy', type: 'ntfy', fingerprint: '' },
    { ok: true },
    0,
  ),
  60_000,
);
const site = { school: 'north', site: 'main', open: [], suppressed: [], devices: [] };
const domain = areaSample(site, SITE_AREA, areaState(site, SITE_AREA), 0);
const calendar = calendarSample({ ...blankCopy('north', 'district', 'x'), fetchedAt: 0 }, 60_000);

describe('the catalogue', () => {
  it.each(Object.entries(emitted()))(
    'lists what is written to %s, and nothing else, with its type',
    (measurement, fields) => {
      const listed = CATALOGUE.filter((m) => m.measurement === measurement);
      expect(Object.keys(fields).sort()).toEqual(listed.map((m) => m.field).sort());
      for (const { field, type } of listed) {
        const kind = {
          string: 'string',
          bigint: type === 'counter' ? 'counter' : 'integer',
          number: 'float',
          boolean: '',
        };
        expect([field, kind[typeof fields[field] as keyof typeof kind]]).toEqual([field, type]);
      }
    },
  );

  it('names each field once, in a domain that exists', () => {
    const names = CATALOGUE.map((m) => `${m.measurement}.${m.field}`);
    expect(new Set(names).size).toBe(names.length);
    for (const m of CATALOGUE) expect(DOMAINS).toContain(m.domain);
  });

  it('lists the tags', () => {
    const own = Object.keys(deviceTags(target('a')));
    const rows = normaliseInterfaces(joinRows(columns(1, false)), new Map(), {
      tags: {},
      time: 0,
      fineClock: true,
      complete: true,
    });
    const sysName = Object.keys(systemTags(profile, new Map(plan.scalars.map((s) => [s.oid, text(s.oid)]))));
    const expected = {
      interface: [...own, ...sysName, ...Object.keys(rows.samples[0]!.tags)],
      snmp: [...own, ...sysName],
      snmp_poll: Object.keys(polling.tags),
      ping: [...own, ...Object.keys(normalisePing({ code: 1 }, 'h', {}, 0).tags)],
      device: own,
      event: Object.keys(event.tags),
      ...Object.fromEntries(
        Object.entries(everyVitalTag()).map(([name, tags]) => [name, [...new Set([...own, ...sysName, ...tags])]]),
      ),
      ...Object.fromEntries([...checked()].map(([measurement, { tags }]) => [measurement, Object.keys(tags)])),
      agent: Object.keys(report.tags),
      // school and site are added to all.
      calendar: Object.keys(calendar.tags).filter((tag) => tag !== 'school' && tag !== 'site'),
      routing: Object.keys(routing.tags).filter((tag) => tag !== 'school' && tag !== 'site'),
      endpoint: Object.keys(endpoint.tags).filter((tag) => tag !== 'school' && tag !== 'site'),
      on_call: Object.keys(onCall.tags).filter((tag) => tag !== 'school' && tag !== 'site'),
      safety_net: Object.keys(safetyNet.tags).filter((tag) => tag !== 'school' && tag !== 'site'),
      safety_net_channel: Object.keys(channelTest.tags).filter((tag) => tag !== 'school' && tag !== 'site'),
      domain: Object.keys(domain.tags).filter((tag) => tag !== 'school' && tag !== 'site'),
    };
    expect(Object.keys(expected)).toEqual(Object.keys(MEASUREMENT_TAGS));
    for (const [measurement, tags] of Object.entries(expected))
      expect([...MEASUREMENT_TAGS[measurement]!].sort()).toEqual(tags.sort());
  });

  it('is what docs/metrics.md says', () => {
    expect(readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8')).toBe(catalogueMarkdown());
  });

  it('is not derived from what it checks', () => {
    // A rate that derive.ts gives and nobody listed would otherwise pass unseen.
    const cells = Object.fromEntries([...columns(100, false)].map(([name, rows]) => [name, rows.get('7')!]));
    const later = Object.fromEntries([...columns(110, false)].map(([name, rows]) => [name, rows.get('7')!]));
    const derived = Object.keys(deriveInterface(cells, later, 1e9, true).fields);
    expect(derived.length).toBe(11);
    expect(CATALOGUE.map((m) => m.field)).toEqual(expect.arrayContaining(derived));
  });
});
