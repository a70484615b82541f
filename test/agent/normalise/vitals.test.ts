import { describe, expect, it } from 'vitest';
import { sensorDomain } from '../../../agent/normalise/sensor-domain.ts';
import { vitalSamples } from '../../../agent/normalise/vitals.ts';
import { CONTEXT, NOTHING, samplesOf } from './vitals-fixture.ts';

describe('facts as samples', () => {
  it('carries the tags of the device, and the domain of the symptom where the sensor tells it', () => {
    const [temperature, count] = samplesOf({
      sensors: [
        { class: 'temperature', index: '1', descr: 'Inlet', value: 21.5, unit: 'degC' },
        { class: 'count', index: '0', descr: 'Sessions', value: 7, unit: '1' },
      ],
    });
    expect(temperature).toEqual({
      measurement: 'sensor',
      tags: { device: 'a', domain: 'environment', class: 'temperature', index: '1', descr: 'Inlet' },
      fields: { temperature_celsius: 21.5 },
      time: 5000,
    });
    expect(count?.tags['domain']).toBe('switching');
  });

  it('what a device says is no longer than names are, and no more than one device may say', () => {
    const sensor = { class: 'state', index: '1', unit: '1', value: 1 };
    const [long] = samplesOf({ sensors: [{ ...sensor, descr: 'x'.repeat(1000), state_text: 'y'.repeat(1000) }] });
    expect([long?.tags['descr'], long?.fields['state_text']]).toEqual(['x'.repeat(255), 'y'.repeat(255)]);
    const sensors = Array.from({ length: 20_003 }, (_, i) => ({ ...sensor, index: String(i), descr: 'Port' }));
    const { samples, dropped } = vitalSamples({ ...NOTHING, sensors }, new Map(), CONTEXT);
    expect([samples.length, dropped]).toEqual([20_000, 3]);
  });

  it('a fan that knows only its percentage has no speed', () => {
    const fan = { class: 'fanspeed', index: '1', descr: 'Fan', value: 40 };
    const [speed, percentage] = samplesOf({
      sensors: [
        { ...fan, unit: 'rpm' },
        { ...fan, unit: '%' },
      ],
    });
    expect([speed?.fields, percentage?.fields]).toEqual([{ fan_rpm: 40 }, { percent: 40 }]);
  });

  it('two things of one name and index stay two series', () => {
    const same = { class: 'voltage', index: '1', descr: 'Input', unit: 'V' };
    const samples = samplesOf({
      sensors: [
        { ...same, value: 230 },
        { ...same, value: 12 },
      ],
    });
    expect(samples.map((s) => [s.tags['index'], s.fields['voltage_volts']])).toEqual([
      ['1', 230],
      ['1#2', 12],
    ]);
  });

  it('a state of unknown meaning has no level, and so opens no alert', () => {
    const state = { class: 'state', index: '1', descr: 'Fan', unit: '1', value: 4 };
    const [known, unknown, silent] = samplesOf({
      sensors: [
        { ...state, state_text: 'failed', severity: 'critical' },
        { ...state, index: '2', state_text: 'other', severity: 'unknown' },
        { ...state, index: '3' },
      ],
    }).map((s) => s.fields);
    expect(known).toEqual({ state: 4n, state_text: 'failed', severity: 'critical', severity_level: 2n });
    expect(unknown).toEqual({ state: 4n, state_text: 'other', severity: 'unknown' });
    expect(silent).toEqual({ state: 4n });
  });

  it('PoE: the share is of what the supply can give; a port that is denied power is in fault', () => {
    const [supply, empty, port] = samplesOf({
      poe: {
        pse: [
          { group: '1', available_watts: 370, consumed_watts: 92.5, operStatus: 'on' },
          { group: '2', available_watts: 0, consumed_watts: 0 },
        ],
        ports: [{ index: '1.3', detection: 'otherFault' }],
      },
    }).map((s) => s.fields);
    expect(supply).toEqual({
      available_watts: 370,
      consumed_watts: 92.5,
      used_percent: 25,
      oper_status: 'on',
      fault: 0n,
    });
    expect(empty).toEqual({ available_watts: 0, consumed_watts: 0 });
    expect(port).toEqual({ detection: 'otherFault', fault: 1n });
  });

  it('damaged frames get a rate from the reading before, none after the counters were cleared', () => {
    const port = { ifIndex: '7', duplex: 2, fcsErrors: 9, alignmentErrors: 1 };
    const interfaceTags = new Map([['7', { ifName: 'Gi0/7', ifAlias: 'uplink' }]]);
    const rate = (errors: number) =>
      samplesOf({ ethernet: [port] }, new Map([['7', { errors, at: 0 }]]), { interfaceTags })[0];
    expect(rate(4)?.fields).toEqual({
      duplex: 2n,
      half_duplex: 1n,
      fcs_errors: 9n,
      alignment_errors: 1n,
      damaged_per_s: 0.1,
    });
    expect(rate(4)?.tags).toMatchObject({ ifIndex: '7', ifName: 'Gi0/7', ifAlias: 'uplink', domain: 'cabling' });
    expect(rate(11)?.fields['damaged_per_s']).toBeUndefined();
  });

  it("metrics of a third party's profile keep their names and cannot pass for the device's tags", () => {
    const [own] = samplesOf({
      own: [{ table: 'fooTable', index: '1', tags: { device: 'b', slot: '3' }, values: new Map([['foo.load', 0.5]]) }],
    });
    expect(own).toMatchObject({
      measurement: 'profile',
      tags: { device: 'a', domain: 'switching', slot: '3', table: 'fooTable' },
      fields: { 'foo.load': 0.5 },
    });
  });
});

it.each([
  ['state', 'Chassis Fan Tray 1', 'environment'],
  ['state', 'PSU 2', 'power'],
  ['state', 'Output source', 'power'],
  ['state', 'HA peer', undefined],
  ['dbm', 'Te1/1/1 Receive', 'cabling'],
  ['runtime', 'Battery', 'power'],
])('%s of "%s" belongs to %s', (kind, descr, domain) => {
  expect(sensorDomain({ class: kind, descr })).toBe(domain);
});
