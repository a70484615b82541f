import { expect, it } from 'vitest';
import { narrowToIdentity } from '../../../agent/discover/narrow.ts';
import { needsOf } from '../../../agent/facts/needs.ts';
import { ProfileLibrary } from '../../../agent/profile/library.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';

const { profile } = new ProfileLibrary(loadProfiles()).choose({ sysObjectId: undefined, sysDescr: undefined });
const { columns } = needsOf(narrowToIdentity(profile));

it('keeps neighbours, port names and what a chassis says of itself', () => {
  const wanted = [
    '1.0.8802.1.1.2.1.4.1.1.9', // lldpRemSysName
    '1.0.8802.1.1.2.1.3.7.1.4', // lldpLocPortDesc
    '1.3.6.1.4.1.9.9.23.1.2.1.1.6', // cdpCacheDeviceId
    '1.3.6.1.2.1.2.2.1.3', // ifType
    '1.3.6.1.2.1.31.1.1.1.1', // ifName
    '1.3.6.1.2.1.47.1.1.1.1.11', // entPhysicalSerialNum
    '1.3.6.1.2.1.47.1.1.1.1.13', // entPhysicalModelName
  ];
  expect(wanted.filter((oid) => !columns.includes(oid))).toEqual([]);
});

it('leaves out counters, sensors, storage and processors', () => {
  const below = (root: string): string[] => columns.filter((oid) => oid.startsWith(`${root}.`));
  expect(below('1.3.6.1.2.1.2.2.1')).toHaveLength(2);
  expect(below('1.3.6.1.2.1.31.1.1.1')).toHaveLength(1);
  for (const root of ['1.3.6.1.2.1.99', '1.3.6.1.2.1.25', '1.3.6.1.2.1.105', '1.3.6.1.4.1.2021', '1.3.6.1.2.1.10.7'])
    expect(below(root)).toEqual([]);
});

it('keeps the fields that a profile has of its own', () => {
  expect(narrowToIdentity(profile).fields).toBe(profile.fields);
});
