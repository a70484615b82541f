import { describe, expect, it } from 'vitest';
import { chassisOf, meaningful } from '../../../agent/facts/chassis.ts';

describe('what the box says of itself', () => {
  it('takes the chassis wherever it stands, and what it leaves out from the next one', () => {
    expect(
      chassisOf([
        { index: '1', class: 'stack', containedIn: '0', model: 'STACK', softwareRev: '7.1' },
        { index: '2', class: 'port', containedIn: '3', model: 'SFP', serial: 'P1' },
        { index: '3', class: 'chassis', containedIn: '1', model: 'SW-48', serial: 'C1' },
        {
          index: '4',
          class: 'chassis',
          containedIn: '1',
          model: 'SW-24',
          serial: 'C2',
          manufacturer: 'Acme Networks, Inc.',
        },
      ]),
    ).toEqual({ model: 'SW-48', serial: 'C1', softwareRev: '7.1', manufacturer: 'Acme Networks' });
  });

  it('is what is contained in nothing where no part has a class', () => {
    expect(chassisOf([{ index: '9', containedIn: '0', model: 'AP-1', serial: 'S9' }])).toEqual({
      model: 'AP-1',
      serial: 'S9',
    });
  });

  it('takes placeholders for nothing', () => {
    expect(
      chassisOf([
        { index: '1', class: 'chassis', containedIn: '0', model: 'X-1', serial: 'N/A', softwareRev: 'Not Specified' },
      ]),
    ).toEqual({ model: 'X-1' });
    expect(chassisOf([{ index: '1', class: 'chassis', containedIn: '0', name: 'Chassis' }])).toEqual({});
  });

  it.each([
    ['all modules agree', ['2.4', '2.4'], '2.4'],
    ['they do not', ['2.4', '2.5'], undefined],
  ])('takes the software of the modules when %s', (_, [first, second], expected) => {
    const found = chassisOf([
      { index: '1', class: 'chassis', containedIn: '0', model: 'X-1' },
      { index: '2', class: 'module', containedIn: '1', softwareRev: first! },
      { index: '3', class: 'module', containedIn: '1', softwareRev: second! },
    ]);
    expect(found.softwareRev).toBe(expected);
  });

  it.each([
    ['unknown', false],
    ['0000000000', false],
    ['To be filled by O.E.M.', false],
    ['--', false],
    ['A1', true],
    ['1.0', true],
  ])('%s: %s', (text, good) => {
    expect(meaningful(text)).toBe(good);
  });
});
