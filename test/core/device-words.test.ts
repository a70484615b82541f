import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isFactoryName, withoutDomain } from '../../core/device-name.ts';
import { hardwareAddress, ownHardwareAddress } from '../../core/hardware-address.ts';
import { knownSerial } from '../../core/serial.ts';

it.each([
  ['001122aabbcc', '001122aabbcc'],
  ['00:11:22:AA:BB:CC', '001122aabbcc'],
  ['0011.22aa.bbcc', '001122aabbcc'],
  ['00-11-22-aa-bb-cc', '001122aabbcc'],
  [' 00 11 22 aa bb cc ', '001122aabbcc'],
  ['001122aabb', undefined],
  ['core-switch1', undefined],
  ['', undefined],
  [undefined, undefined],
])('the address of hardware in %s', (text, expected) => expect(hardwareAddress(text)).toBe(expected));

it.each([
  '000000000000',
  'ff:ff:ff:ff:ff:ff',
  '00:00:5e:00:01:07',
  '00005e000207',
  '00000c07ac01',
  '00000c9ff001',
  '0007b4000101',
])("%s is nobody's own", (text) => {
  expect(hardwareAddress(text)).toBeDefined();
  expect(ownHardwareAddress(text)).toBeUndefined();
});

it('an address is the same in every writing', () =>
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 6, maxLength: 6 }),
      fc.constantFrom(':', '-', '.', ' ', ''),
      (octets, between) => {
        const pairs = Array.from(octets, (octet) => octet.toString(16).padStart(2, '0'));
        expect(hardwareAddress(pairs.join(between).toUpperCase())).toBe(pairs.join(''));
      },
    ),
  ));

it.each(['FOC1234X0YZ', ' foc1234x0yz '])('"%s" has a serial number', (text) =>
  expect(knownSerial(text)).toBe('FOC1234X0YZ'),
);

it.each([
  ...['', 'abc', 'N/A', 'None', 'BUILTIN', '0000000', 'xxxxxx', '0123456789', '1234567890', 'REDACTED', '<private>'],
  ...['To be filled by O.E.M.', 'Default string', 'Not Specified', 'System Serial Number'],
])('"%s" is no serial number', (text) => expect(knownSerial(text)).toBeUndefined());

it.each(['switch', 'Router', 'localhost', 'ubnt', 'U6-Lite', 'hostname', 'pfSense'])(
  '%s is no name that anybody gave',
  (name) => expect(isFactoryName(name)).toBe(true),
);
it.each(['sw-lab', 'switch-1', 'apollo', 'core'])('%s is one', (name) => expect(isFactoryName(name)).toBe(false));

it.each([
  ['sw1.school.example', 'sw1'],
  ['sw1', 'sw1'],
  ['10.0.0.1', '10.0.0.1'],
  ['2001:db8::1.2.3.4', '2001:db8::1.2.3.4'],
])('%s without its domain is %s', (name, expected) => expect(withoutDomain(name)).toBe(expected));
