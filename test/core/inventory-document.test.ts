import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceFacts, InterfaceFacts } from '../../core/device-facts.ts';
import { DOCUMENT_LIMITS, inventoryDocument } from '../../core/inventory-document.ts';
import { facts } from '../support/device-facts.ts';

const port = (ifIndex: number, more: Partial<InterfaceFacts> = {}): InterfaceFacts => ({
  ifIndex,
  ifName: `Gi1/0/${ifIndex}`,
  ...more,
});
const of = (more: Partial<DeviceFacts>) => inventoryDocument(facts(more), { device: 'sw1' });

describe('the document of a device', () => {
  it('holds what the device is and is made of', () => {
    const found = facts({
      vendor: ' Cisco ',
      hardware: 'C9300-48P',
      role: 'switch',
      sysDescr: 'Cisco IOS',
      chassisIds: ['0A0000000002', '0a0000000001', '0a0000000001'],
      interfaces: [port(10), port(2, { physAddress: '0A0000000003', ifAlias: 'to\n core' })],
      inventory: [{ index: '1', class: 'chassis', serial: 'FOC1' }],
      neighbors: [{ protocol: 'lldp', ifIndex: 2, chassisId: '0a0000000009' }],
    });
    expect(inventoryDocument(found, { device: 'sw1', host: '10.1.0.2' })).toEqual({
      format: 1,
      device: 'sw1',
      role: 'switch',
      host: '10.1.0.2',
      complete: true,
      identity: { vendor: 'Cisco', hardware: 'C9300-48P' },
      chassisIds: ['0a0000000001', '0a0000000002'],
      interfaces: [
        { ifIndex: 2, ifName: 'Gi1/0/2', ifAlias: 'to core', physAddress: '0a0000000003' },
        { ifIndex: 10, ifName: 'Gi1/0/10' },
      ],
      parts: [{ index: '1', class: 'chassis', serial: 'FOC1' }],
      neighbors: [{ protocol: 'lldp', ifIndex: 2, chassisId: '0a0000000009' }],
    });
    // What is configured is more than what was found.
    expect(inventoryDocument(found, { device: 'sw1', role: 'router' }).role).toBe('router');
  });

  it('is not another because of counters, states, sensors, clients or times', () => {
    const quiet = of({ interfaces: [port(1)], sysUpTime_ticks: 1 });
    const busy = of({
      sysUpTime_ticks: 99,
      interfaces: [
        port(1, { inOctets: 5, operStatus: 'up', lastChange_ticks: 7, speed_bps: 1e9, duplex: 'full', mtu: 1500 }),
      ],
      cpu: [{ index: '1', descr: 'cpu', percent: 3 }],
      sensors: [{ class: 'temperature', index: '1', descr: 'inlet', value: 21, unit: 'degC' }],
      wireless: [{ class: 'clients', index: '1', descr: 'total', value: 40, unit: '1' }],
      poe: { pse: [{ group: '1', consumed_watts: 12 }], ports: [] },
    });
    expect(JSON.stringify(busy)).toBe(JSON.stringify(quiet));
  });

  it('is bounded, and says that it does not hold everything', () => {
    const many = of({ interfaces: Array.from({ length: DOCUMENT_LIMITS.interfaces + 5 }, (_, i) => port(i)) });
    expect([many.interfaces.length, many.complete]).toEqual([DOCUMENT_LIMITS.interfaces, false]);
    expect(of({ sysLocation: 'x'.repeat(10_000) }).identity.sysLocation).toHaveLength(DOCUMENT_LIMITS.text);
    expect(inventoryDocument(facts(), { device: 'sw1', complete: false }).complete).toBe(false);
  });

  it('is the same text in whatever order the device lists its rows', () => {
    const rows = fc.array(fc.record({ ifIndex: fc.nat(5), ifName: fc.constantFrom('a', 'b', 'Gi1/0/10', 'Gi1/0/9') }), {
      maxLength: 8,
    });
    const both = rows.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(both, ([one, other]) => {
        const neighbors = (all: typeof one) =>
          all.map(({ ifIndex, ifName }) => ({ protocol: 'lldp' as const, ifIndex, sysName: ifName }));
        const text = (all: typeof one) => JSON.stringify(of({ interfaces: all, neighbors: neighbors(all) }));
        expect(text(other)).toBe(text(one));
      }),
    );
  });
});
