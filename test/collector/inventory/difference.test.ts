import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DifferenceWorld, InventoryChange } from '../../../collector/inventory/change.ts';
import { completed, differences, serialsOf } from '../../../collector/inventory/difference.ts';
import type { DeviceFacts, InventoryItem } from '../../../core/device-facts.ts';
import { documentOf } from './documents.ts';

const ALONE: DifferenceWorld = { learning: false, site: 'main', elsewhere: () => undefined };
const BASE: Partial<DeviceFacts> = {
  vendor: 'Cisco',
  hardware: 'C9300-48P',
  version: '17.9.4',
  serial: 'FOC1000',
  sysObjectID: '1.3.6.1.4.1.9.1.2494',
};

const part = (kind: string, name: string, serial?: string, more: Partial<InventoryItem> = {}): InventoryItem => ({
  index: name,
  class: kind,
  name,
  ...(serial !== undefined && { serial }),
  ...more,
});

function told(
  before: Partial<DeviceFacts>,
  after: Partial<DeviceFacts>,
  world: Partial<DifferenceWorld> = {},
): string[] {
  const changes = differences(documentOf('sw1', before), documentOf('sw1', after), { ...ALONE, ...world });
  return changes.map(({ type, severity, message }) => `${severity} ${type}: ${message}`);
}

describe('what has changed', () => {
  it.each<[string, Partial<DeviceFacts>, Partial<DeviceFacts>, string[]]>([
    ['nothing', {}, {}, []],
    ['counters and names are no news', { sysName: 'a', sysUpTime_ticks: 1 }, { sysName: 'b', sysUpTime_ticks: 2 }, []],
    ['firmware', {}, { version: '17.12.1' }, ['info firmware_changed: sw1: firmware 17.9.4 -> 17.12.1']],
    ['firmware that is not said any more, or only now', { version: '' }, {}, []],
    [
      'another box of the same kind',
      {},
      { serial: 'FOC2000' },
      ['warning serial_changed: sw1: serial FOC1000 -> FOC2000'],
    ],
    [
      'another kind of box; its firmware goes without saying',
      {},
      { serial: 'FOC2000', hardware: 'C9200L', version: '1' },
      ['warning hardware_replaced: sw1: hardware replaced, C9300-48P (serial FOC1000) -> C9200L (serial FOC2000)'],
    ],
    [
      'another kind of box without serial numbers',
      { serial: 'N/A' },
      { serial: 'unknown', hardware: 'C9200L', sysObjectID: '1.3.6.1.4.1.9.1.9999' },
      ['warning hardware_replaced: sw1: hardware replaced, C9300-48P -> C9200L'],
    ],
    [
      'what many parts have for a serial number (Junos: BUILTIN) is none',
      { serial: 'System Serial Number', inventory: [part('module', 'FPC 0', 'Not Present')] },
      {
        serial: '0123456789',
        inventory: [
          part('module', 'PIC 0', 'BUILTIN'),
          part('module', 'PIC 1', 'Built-In'),
          part('fan', 'F', 'FFFFFFFF'),
        ],
      },
      [],
    ],
    ['a model that only has another name', {}, { hardware: 'Catalyst 9300' }, []],
    ['the same serial number in other letters', {}, { serial: 'foc1000 ' }, []],
    [
      'the stack is led by another member',
      { inventory: [part('chassis', 'Switch 1', 'FOC1000'), part('chassis', 'Switch 2', 'FOC2000')] },
      {
        serial: 'FOC2000',
        inventory: [part('chassis', 'Switch 1', 'FOC1000'), part('chassis', 'Switch 2', 'FOC2000')],
      },
      [],
    ],
    [
      'a stack member is gone',
      { inventory: [part('chassis', 'Switch 1', 'FOC1000'), part('chassis', 'Switch 2', 'FOC2000')] },
      { inventory: [part('chassis', 'Switch 1', 'FOC1000')] },
      ['warning stack_member_removed: sw1: stack member Switch 2 (serial FOC2000) is gone'],
    ],
    [
      'a stack member more',
      { inventory: [part('chassis', 'Switch 1', 'FOC1000')] },
      { inventory: [part('chassis', 'Switch 1', 'FOC1000'), part('chassis', 'Switch 2', 'FOC2000')] },
      ['info stack_member_added: sw1: stack member Switch 2 (serial FOC2000) added'],
    ],
    [
      'a power supply is replaced in its slot',
      { inventory: [part('powerSupply', 'PSU 1', 'ART0001')] },
      { inventory: [part('powerSupply', 'PSU 1', 'ART0002')] },
      ['warning part_replaced: sw1: power supply PSU 1 replaced, serial ART0001 -> ART0002'],
    ],
    [
      'an optic is swapped',
      { inventory: [part('transceiver', 'Te1/1/1', 'AVD0001')] },
      { inventory: [part('transceiver', 'Te1/1/1', 'AVD0002')] },
      ['info transceiver_swapped: sw1: transceiver Te1/1/1 replaced, serial AVD0001 -> AVD0002'],
    ],
    [
      'an optic stands in another port of the same device',
      { inventory: [part('transceiver', 'Te1/1/1', 'AVD0001')] },
      { inventory: [part('transceiver', 'Te1/1/4', 'AVD0001')] },
      [],
    ],
    [
      'parts without a serial number cannot be told apart',
      { inventory: [part('fan', 'Fan 1')] },
      { inventory: [] },
      [],
    ],
    [
      'many of one kind are one line',
      {},
      { inventory: ['1', '2', '3', '4', '5'].map((n) => part('module', `Slot ${n}`, `MOD000${n}`)) },
      [
        'info part_added: sw1: 5 times part added: module Slot 1 (serial MOD0001), module Slot 2 (serial MOD0002), module Slot 3 (serial MOD0003) and others',
      ],
    ],
  ])('%s', (_what, before, after, expected) => {
    expect(told({ ...BASE, ...before }, { ...BASE, ...after })).toEqual(expected);
  });

  it('a part of another device has moved, and is not told of twice', () => {
    const inventory = [part('transceiver', 'Te1/1/1', 'AVD0001')];
    const at = (site: string, gone: boolean) => ({ elsewhere: () => ({ site, device: 'core1', gone }) });
    expect(told(BASE, { ...BASE, inventory }, at('annex', false))).toEqual([
      'info part_moved: sw1: transceiver Te1/1/1 (serial AVD0001) moved here from core1 of annex',
    ]);
    expect(told({ ...BASE, inventory }, BASE, at('main', false))).toEqual([]);
    // It was there once, and is not any more.
    expect(told({ ...BASE, inventory }, BASE, at('main', true))).toHaveLength(1);
  });

  it('at first sight a device is new, or was somewhere else; nothing is while the site is taken up', () => {
    const first = (world: Partial<DifferenceWorld>) =>
      differences(undefined, documentOf('sw1', BASE), { ...ALONE, ...world }).map(
        ({ type, message }) => `${type}: ${message}`,
      );
    const here = { site: 'main', device: 'old', gone: false };
    expect(first({})).toEqual(['device_new: sw1 is new: Cisco C9300-48P, serial FOC1000']);
    expect(first({ learning: true })).toEqual([]);
    expect(first({ elsewhere: () => here })).toEqual(['device_moved: sw1 is what was old before (serial FOC1000)']);
    expect(first({ learning: true, elsewhere: () => here })).toEqual([]);
    expect(first({ learning: true, elsewhere: () => ({ ...here, site: 'annex' }) })).toEqual([
      'device_moved: sw1 is what was old of annex before (serial FOC1000)',
    ]);
  });
});

const KINDS = ['module', 'transceiver', 'powerSupply', 'fan', 'chassis', 'ap'];
const parts = fc
  .uniqueArray(fc.record({ kind: fc.constantFrom(...KINDS), slot: fc.nat(6), serial: fc.nat(20) }), {
    selector: (p) => p.serial,
    maxLength: 12,
  })
  .map((all) => all.map(({ kind, slot, serial }) => part(kind, `slot ${slot}`, `SER${1000 + serial}`)));

/** Serial numbers after the changes, by what the changes say. */
function applied(serials: ReadonlySet<string>, changes: readonly InventoryChange[]): Set<string> {
  const now = new Set(serials);
  const apply = (type: string, { serial }: Readonly<Record<string, unknown>>): void => {
    const [old, next] = Array.isArray(serial)
      ? (serial as string[])
      : /_(removed|gone)$/.test(type)
        ? [serial as string]
        : [undefined, serial as string];
    if (old !== undefined) now.delete(old);
    if (next !== undefined) now.add(next);
  };
  for (const { type, detail } of changes)
    if (Array.isArray(detail['changes'])) for (const one of detail['changes']) apply(type, one);
    else apply(type, detail);
  return now;
}

describe('whatever changes', () => {
  it('what was there and the changes give what is there', () => {
    fc.assert(
      fc.property(parts, parts, (before, after) => {
        const [old, now] = [documentOf('sw1', { inventory: before }), documentOf('sw1', { inventory: after })];
        const changes = differences(old, now, ALONE);
        expect(applied(serialsOf(old), changes)).toEqual(serialsOf(now));
      }),
      { numRuns: 2_000 },
    );
  });

  it('another order is no change, and gives the same document', () => {
    const shuffled = parts.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        const [a, b] = [
          documentOf('sw1', { ...BASE, inventory: one }),
          documentOf('sw1', { ...BASE, inventory: other }),
        ];
        expect(JSON.stringify(a)).toBe(JSON.stringify(b));
        // Also one that somebody else has put into another order.
        expect(differences({ ...a, parts: one }, { ...a, parts: other }, ALONE)).toEqual([]);
      }),
    );
  });

  it('what a pass did not see is as it was', () => {
    fc.assert(
      fc.property(parts, parts, (before, after) => {
        const old = documentOf('sw1', { ...BASE, inventory: before });
        const said = documentOf('sw1', { inventory: after }, { complete: false });
        const now = completed(old, said);
        expect(now.identity).toEqual(old.identity);
        const types = differences(old, now, ALONE).map(({ type }) => type);
        expect(types.filter((type) => /_(removed|gone)$/.test(type))).toEqual([]);
        expect(completed(undefined, said)).toBe(said);
        expect(completed(old, documentOf('sw1'))).toEqual(documentOf('sw1'));
      }),
    );
  });
});
