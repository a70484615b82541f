import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NeighborFacts } from '../../core/device-facts.ts';
import { type Recognizable, type Recognized, recognizer } from '../../core/neighbor-match.ts';

const device = (id: string, says: Partial<Recognizable> = {}): Recognizable => ({
  ...{ id, sysName: undefined, otherNames: [], hardware: [], serials: [], addresses: [] },
  ...says,
});
const core1 = device('core1', {
  sysName: 'core1.school.example',
  otherNames: ['main-switch'],
  hardware: ['00:11:22:33:44:55', '001122334456'],
  serials: ['FOC1234X0YZ'],
  addresses: ['10.1.0.1', '2001:db8:0::1', 'core.mgmt.example'],
});
const who = (neighbor: Partial<NeighborFacts>, ...others: Recognizable[]): Recognized =>
  recognizer([device('me', { hardware: ['020000000001'] }), ...others])({ protocol: 'lldp', ...neighbor }, 'me');

describe('a neighbour is recognised', () => {
  it.each<[string, Partial<NeighborFacts>, string]>([
    ['its chassis', { chassisId: '001122334455' }, 'hardware'],
    ['its chassis in another writing', { chassisId: '0011.2233.4455' }, 'hardware'],
    ['an interface', { chassisId: '00-11-22-33-44-56' }, 'hardware'],
    ['an address as device id (CDP)', { protocol: 'cdp', deviceId: '001122334455' }, 'hardware'],
    ['its serial number alone (CDP)', { protocol: 'cdp', deviceId: 'foc1234x0yz' }, 'serial'],
    ['its serial number in brackets (NX-OS)', { protocol: 'cdp', deviceId: 'renamed(FOC1234X0YZ)' }, 'serial'],
    ['its name', { sysName: 'Core1.School.example' }, 'name'],
    ['its name without domain', { sysName: 'core1' }, 'name'],
    ['its name with another domain', { protocol: 'cdp', deviceId: 'core1.old.example' }, 'name'],
    ['what it is called by', { sysName: 'main-switch' }, 'name'],
    ['its name as chassis id', { chassisIdSubtype: 7, chassisId: 'core1' }, 'name'],
    ['the address it is managed at', { address: '10.1.0.1' }, 'address'],
    ['the same of IPv6, in another writing', { address: '2001:DB8:0:0:0:0:0:1' }, 'address'],
    ['an address as chassis id (subtype 5)', { chassisIdSubtype: 5, chassisId: '10.1.0.1' }, 'address'],
  ])('by %s', (_what, neighbor, by) => expect(who(neighbor, core1)).toEqual({ device: 'core1', by }));

  it('by its whole name where two have the same before the domain', () => {
    const [a, b] = ['a', 'b'].map((site) => device(site, { sysName: `sw1.${site}.example` }));
    expect(who({ sysName: 'sw1.b.example' }, a!, b!)).toEqual({ device: 'b', by: 'name' });
    expect(who({ sysName: 'sw1' }, a!, b!)).toEqual({ why: 'shared' });
  });
});

describe('a neighbour is not recognised', () => {
  const sw = device('sw', { sysName: 'sw-lab', hardware: ['0a0000000001'] });
  it.each<[string, Partial<NeighborFacts>, Recognizable[], Recognized]>([
    ['nothing is said', {}, [core1], { why: 'unknown' }],
    ['nobody is like it', { chassisId: '0a0b0c0d0e0f', sysName: 'phone' }, [core1], { why: 'unknown' }],
    ['it is the device itself', { chassisId: '020000000001' }, [core1], { why: 'itself' }],
    ['its name was never given', { sysName: 'Switch' }, [device('a', { sysName: 'Switch' })], { why: 'unknown' }],
    ['an address is no name', { sysName: '10.9.9.9' }, [device('a', { sysName: '10.9.9.9' })], { why: 'unknown' }],
    ['it says no serial number', { deviceId: 'x(N/A)' }, [device('a', { serials: ['N/A'] })], { why: 'unknown' }],
    [
      'its address is that of a virtual router',
      { chassisId: '00005e000101' },
      [device('a', { hardware: ['00005e000101'] })],
      { why: 'unknown' },
    ],
    [
      'two say its address',
      { address: '10.1.0.1' },
      [core1, device('b', { addresses: ['10.1.0.1'] })],
      { why: 'shared' },
    ],
    [
      'its name is one, its address another',
      { sysName: 'sw-lab', address: '10.1.0.1' },
      [core1, sw],
      { why: 'contradiction', devices: ['sw', 'core1'] },
    ],
    ['another is called so', { sysName: 'sw-lab', chassisId: '0a0b0c0d0e0f' }, [sw], { why: 'namesake', of: 'sw' }],
  ])('where %s', (_when, neighbor, others, expected) => expect(who(neighbor, ...others)).toEqual(expected));

  it('but it is by its name where the addresses of that device are not known', () =>
    expect(who({ sysName: 'sw-lab', chassisId: '0a0b0c0d0e0f' }, { ...sw, hardware: [] })).toMatchObject({
      device: 'sw',
    }));
});

/** Devices that have names, serials and management addresses in common, but each its own address of hardware. */
const some = (all: readonly string[]) => fc.option(fc.constantFrom(...all), { nil: undefined });
const network = fc
  .array(
    fc.record({
      sysName: some(['sw', 'sw.a.example', 'sw.b.example', 'core', 'ap-1']),
      serial: some(['FOC00000001', 'FOC00000002', 'FOC00000003']),
      address: some(['10.0.0.1', '10.0.0.2', '10.0.0.3']),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) =>
    all.map(({ sysName, serial, address }, n) =>
      device(`d${n}`, {
        ...{ sysName, hardware: [`0a000000000${n}`], serials: serial === undefined ? [] : [serial] },
        addresses: address === undefined ? [] : [address],
      }),
    ),
  );
const neighbor: fc.Arbitrary<NeighborFacts> = fc.record(
  {
    protocol: fc.constantFrom('lldp', 'cdp'),
    chassisId: fc.constantFrom('0a0000000001', '0a:00:00:00:00:02', '0a0b0c0d0e0f', 'core', '10.0.0.2'),
    sysName: fc.constantFrom('sw', 'sw.a.example', 'core.x.example', 'nobody'),
    deviceId: fc.constantFrom('sw(FOC00000001)', 'FOC00000002', 'core', '0A00.0000.0003'),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '192.0.2.1'),
  },
  { requiredKeys: ['protocol'] },
);

describe('whatever is said', () => {
  it('the order of the devices does not matter, and nobody is its own neighbour', () =>
    fc.assert(
      fc.property(network, neighbor, (devices, said) => {
        const found = recognizer(devices)(said, 'd0');
        const turned = recognizer([...devices].reverse())(said, 'd0');
        expect(turned).toEqual(found);
        if ('device' in found) expect(found.device).not.toBe('d0');
      }),
    ));

  it('how it is written does not matter', () =>
    fc.assert(
      fc.property(network, neighbor, (devices, said) => {
        const loud = Object.fromEntries(
          Object.entries(said).map(([key, text]) => [
            key,
            key === 'protocol' ? text : ` ${String(text).toUpperCase()} `,
          ]),
        ) as unknown as NeighborFacts;
        expect(recognizer(devices)(loud, 'd0')).toEqual(recognizer(devices)(said, 'd0'));
      }),
    ));

  it('one that tells its own address of hardware is found as itself and as nobody else', () =>
    fc.assert(
      fc.property(network, neighbor, fc.nat(7), (devices, said, n) => {
        const { id, hardware } = devices[n % devices.length]!;
        const found = recognizer(devices)({ ...said, chassisId: hardware[0]! }, 'd0');
        expect(found).toEqual(id === 'd0' ? { why: 'itself' } : { device: id, by: 'hardware' });
      }),
    ));

  it('one that nobody knows is not taken for a device whose address is known, unless by its serial number', () =>
    fc.assert(
      fc.property(network, neighbor, (devices, said) => {
        const found = recognizer(devices)({ ...said, chassisId: '0a0b0c0d0e0f' }, 'd0');
        expect('device' in found ? found.by : 'serial').toBe('serial');
      }),
    ));
});
