import { describe, expect, it } from 'vitest';
import { ProfileLibrary } from '../../../agent/profile/library.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import { probeSnmprec } from '../../support/snmprec.ts';

const library = new ProfileLibrary(loadProfiles());

/** Who a device is that answers with nothing but sysDescr and sysObjectID. */
async function who(sysDescr: string, sysObjectId: string): Promise<Record<string, unknown>> {
  const { facts } = await probeSnmprec(library, `1.3.6.1.2.1.1.1.0|4|${sysDescr}\n1.3.6.1.2.1.1.2.0|6|${sysObjectId}`);
  const { vendor, hardware, version, serial } = facts!;
  return Object.fromEntries(Object.entries({ vendor, hardware, version, serial }).filter(([, v]) => v !== undefined));
}

const NET_SNMP = '1.3.6.1.4.1.8072.3.2.255';
const UNKNOWN = '1.3.6.1.4.1.99999.1';

describe('a device that no profile knows', () => {
  it.each([
    ['Acme GS-24 Switch, 2.4.1.7, Linux 3.6.5', UNKNOWN, { hardware: 'Acme GS-24 Switch', version: '2.4.1.7' }],
    ['TG5-2408X Managed Switch', UNKNOWN, { hardware: 'TG5-2408X' }],
    ['Acme AP6 2.2w', UNKNOWN, { hardware: 'Acme AP6', version: '2.2w' }],
    ['Box OS (MODEL: B-105), Version 6.4.4.8 (1234)', UNKNOWN, { hardware: 'B-105', version: '6.4.4.8' }],
    [
      'Monitor card (MB:v4.1 MN:MC9631 SN: ZQ1815031283)',
      UNKNOWN,
      { hardware: 'MC9631', version: '4.1', serial: 'ZQ1815031283' },
    ],
    ['Axis network camera', NET_SNMP, { vendor: 'Axis' }],
    ['NETGEAR XYZ', UNKNOWN, { vendor: 'Netgear' }],
    // The number comes before the words
    ['D-Link compatible', '1.3.6.1.4.1.1718.4', { vendor: 'Server Technology' }],
    ['JetDirect', '1.3.6.1.4.1.11.2.3.9.1', { vendor: 'HP' }],
    // Sentences, and what a host is called, are no answers
    ['Our switch in room 12', UNKNOWN, {}],
    ['Linux cisco-syslog 6.1.0-18-amd64 #1 SMP', UNKNOWN, {}],
    ['Linux huawei-backup01 6.1.0-18-amd64 #1 SMP', UNKNOWN, {}],
  ])('%s (%s)', async (sysDescr, sysObjectId, expected) => {
    expect(await who(sysDescr, sysObjectId)).toEqual(expected);
  });
});
