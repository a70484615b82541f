import { describe, expect, it } from 'vitest';
import { sameDevice } from '../../../agent/discover/identity.ts';
import { Roster } from '../../../agent/discover/roster.ts';
import { facts, identity } from './fixture.ts';

const sw = { sysObjectID: '1.3.6.1.4.1.9.1.1', sysName: 'sw1' };
const MAC = '001122334455';
const OTHER = '001122334466';

describe('two answers are of one device', () => {
  it.each([
    ['by its serial', { serials: ['FCW1234'] }, { serials: ['FCW1234'] }, /serial FCW1234/],
    ['by its chassis', { chassisIds: [MAC] }, { chassisIds: [MAC] }, /chassis/],
    ['by its engine and name', { engineId: '80001f' }, { engineId: '80001f' }, /engine/],
    ['by its name and the same interfaces', { macs: [MAC, OTHER] }, { macs: [MAC, OTHER] }, /name sw1/],
  ])('%s', (_, a, b, reason) => {
    expect(sameDevice(identity({ ...sw, ...a }), identity({ ...sw, ...b }))).toMatch(reason);
    expect(sameDevice(identity({ ...sw, ...b }), identity({ ...sw, ...a }))).toMatch(reason);
  });

  it.each([
    ['another kind of device', { engineId: '80' }, { engineId: '80', sysObjectID: '1.3.6.1.4.1.9.1.2' }],
    ['engines cloned with an image', { engineId: '80', macs: [MAC] }, { engineId: '80', macs: [OTHER] }],
    ['cloned engines, other serials', { engineId: '80', serials: ['AAAA1'] }, { engineId: '80', serials: ['BBBB2'] }],
    ['a name that is on many', {}, {}],
    ['serials that are none', { serials: ['N/A'] }, { serials: ['N/A'] }],
    ['serials of zeros', { serials: ['00000000'] }, { serials: ['00000000'] }],
    ['addresses made by software', { macs: ['020000000001'] }, { macs: ['020000000001'] }],
  ])('not by %s', (_, a, b) => {
    expect(sameDevice(identity({ ...sw, ...a }), identity({ ...sw, ...b }))).toBeUndefined();
  });
});

describe('the roster', () => {
  const enter = (roster: Roster, address: string, says: Parameters<typeof identity>[0]): boolean =>
    roster.enter(address, { identity: identity({ ...sw, ...says }), credentials: 'default' });

  it('has a device once, with every address it answered on, and tells by what', () => {
    const roster = new Roster();
    expect(enter(roster, '10.0.0.1', { chassisIds: [MAC] })).toBe(true);
    expect(enter(roster, '10.0.1.1', { chassisIds: [MAC] })).toBe(false);
    expect(enter(roster, '10.0.0.2', { chassisIds: [OTHER] })).toBe(true);
    expect(roster.devices.map((d) => d.addresses)).toEqual([['10.0.0.1', '10.0.1.1'], ['10.0.0.2']]);
    expect(roster.devices[0]!.unitedBy).toEqual([`chassis ${MAC}`]);
  });

  it('unites devices whose serial only the profile knows, once both were read', () => {
    const roster = new Roster();
    const answer = {
      target: '',
      facts: facts({ serial: 'FCW9999' }),
      outcome: 'ok',
      detail: undefined,
      durationMs: 1,
    } as const;
    enter(roster, '10.0.0.1', {});
    enter(roster, '10.0.0.9', {});
    roster.learn('10.0.0.1', answer);
    expect(roster.devices).toHaveLength(2);
    roster.learn('10.0.0.9', answer);
    expect(roster.devices.map((d) => d.addresses)).toEqual([['10.0.0.1', '10.0.0.9']]);
  });

  it('keeps a device that could not be read, with why', () => {
    const roster = new Roster();
    enter(roster, '10.0.0.1', {});
    roster.learn('10.0.0.1', {
      target: '',
      facts: undefined,
      outcome: 'BW_SNMP_TIMEOUT',
      detail: 'no answer',
      durationMs: 1,
    });
    expect(roster.devices[0]).toMatchObject({ facts: undefined, fault: 'no answer' });
  });
});
