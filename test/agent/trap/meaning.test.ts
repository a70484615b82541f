import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { VarBind } from '../../../agent/drivers/snmp-session.ts';
import { InterfaceNames } from '../../../agent/trap/interface-names.ts';
import { eventOf } from '../../../agent/trap/meaning.ts';
import type { TrapRules } from '../../../agent/trap/rule.ts';
import { trapFileSchema } from '../../../agent/trap/rule-schema.ts';
import { render } from '../../../agent/trap/template.ts';
import { named, textOf } from '../../../agent/trap/values.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const octets = (oid: string, value: Uint8Array | string): VarBind => ({
  oid,
  type: 'OctetString',
  value: typeof value === 'string' ? text(value) : value,
});
const integer = (oid: string, value: number): VarBind => ({ oid, type: 'Integer', value });

function rulesOf(yaml: string): TrapRules {
  const file = trapFileSchema.parse(parse(yaml));
  return {
    traps: new Map(file.traps.flatMap((rule) => rule.oids.map((oid) => [oid, rule]))),
    objects: new Map(file.objects.map((object) => [object.oid, object])),
  };
}

const rules = rulesOf(`
objects:
  ifIndex: 1.3.6.1.2.1.2.2.1.1
  ifName: 1.3.6.1.2.1.31.1.1.1.1
  state: { oid: 1.3.6.1.4.1.1.2, values: { 1: up, 2: down } }
  level: { oid: 1.3.6.1.4.1.1.3, scale: 0.1 }
  who: 1.3.6.1.4.1.1.4
  where: 1.3.6.1.4.1.1.5
traps:
  X::changed:
    oid: 1.3.6.1.4.1.1.0.1
    type: state_changed
    severity: warning
    domain: power
    message: '{who|where} is {state}[ at {level} V]'
    when:
      - { if: { state: UP, level: { above: 5 } }, type: state_high, message: 'high' }
      - { if: { state: up }, type: state_ok, severity: info, clears: [state_changed] }
      - { if: { who: { contains: [laptop, phone] } }, ignore: true }
  X::port:
    oid: [1.3.6.1.4.1.1.0.2, 1.3.6.1.4.1.1.3]
    type: port
    severity: info
    domain: switching
    message: '{interface}, row {who.index}, part {who.2}, third {3}'
    interface: { name: where }
  Z::config: { oid: 1.3.6.1.4.1.6.0.1, type: z, severity: info, domain: switching, reread: everything, message: 'z' }
  Z::power: { oid: 1.3.6.1.4.1.6.0.2, type: z, severity: info, domain: power, message: 'z' }
  Z::parts: { oid: 1.3.6.1.4.1.6.0.3, type: z, severity: info, domain: inventory, message: 'z' }
  Y::all: { oid: 1.3.6.1.4.1.5.*, type: of_y, severity: info, domain: wan, message: 'y' }
  Y::some: { oid: 1.3.6.1.4.1.5.7.*, type: some_of_y, severity: info, domain: wan, message: 'y' }
  Y::one: { oid: 1.3.6.1.4.1.5.7.0.1, type: one_of_y, severity: info, domain: wan, message: 'y' }
`);
const names = new InterfaceNames();
const meant = (trapOid: string, varbinds: readonly VarBind[]) =>
  eventOf(
    { kind: 'trap', version: '2c', trapOid, uptime: 1, enterprise: undefined, agentAddress: undefined, varbinds },
    rules,
    'sw',
    names,
  );

describe('what a trap means', () => {
  const [state, level, who] = ['1.3.6.1.4.1.1.2.0', '1.3.6.1.4.1.1.3.0', '1.3.6.1.4.1.1.4.0'];
  it.each<[name: string, varbinds: VarBind[], said: Record<string, unknown> | undefined]>([
    [
      'as the rule says',
      [integer(state, 2), integer(level, 31), octets(who, 'A')],
      { type: 'state_changed', severity: 'warning', message: 'A is down at 3.1 V', clears: [] },
    ],
    [
      'as its first case that holds says',
      [integer(state, 1), integer(level, 51)],
      { type: 'state_high', severity: 'warning', message: 'high' },
    ],
    [
      'with what the case leaves as it is',
      [integer(state, 1), integer(level, 50)],
      { type: 'state_ok', severity: 'info', message: '? is up at 5 V', clears: ['state_changed'] },
    ],
    ['nothing, where the rule says so', [integer(state, 2), octets(who, 'my LAPTOP')], undefined],
    ['also without its values', [], { type: 'state_changed', message: '? is ?' }],
  ])('%s', (_name, varbinds, said) => {
    const event = meant('1.3.6.1.4.1.1.0.1', varbinds);
    if (said) expect(event).toMatchObject(said);
    else expect(event).toBeUndefined();
  });

  it('an unknown trap is an event with all that it carries', () => {
    expect(meant('1.3.6.1.4.1.77.0.5', [integer(state, 2), integer('1.3.6.1.4.1.77.1', 5)])).toMatchObject({
      ...{ type: 'trap', severity: 'info', domain: 'infrastructure', rule: undefined, oid: '1.3.6.1.4.1.77.0.5' },
      detail: 'state.0=down; 1.3.6.1.4.1.77.1=5',
    });
  });

  it('agents that leave out the 0 before the last number, or put one in, are understood', () => {
    expect(meant('1.3.6.1.4.1.1.2', [])?.type).toBe('port');
    expect(meant('1.3.6.1.4.1.1.0.3', [])?.type).toBe('port');
  });

  it.each([
    ['1.3.6.1.4.1.5.0.9', 'of_y'],
    ['1.3.6.1.4.1.5.7.0.9', 'some_of_y'],
    ['1.3.6.1.4.1.5.7.0.1', 'one_of_y'],
    ['1.3.6.1.4.1.5', 'trap'],
    ['1.3.6.1.4.1.50.1', 'trap'],
  ])('%s has the meaning of the closest rule: %s', (oid, type) => expect(meant(oid, [])?.type).toBe(type));

  it.each([
    ['1.3.6.1.4.1.6.0.1', 'everything'],
    ['1.3.6.1.4.1.6.0.2', 'vitals'],
    ['1.3.6.1.4.1.6.0.3', 'everything'],
    ['1.3.6.1.4.1.1.0.2', 'interfaces'],
  ])('%s is worth reading at once: %s', (oid, reread) => expect(meant(oid, [])?.reread).toBe(reread));

  it('parts of an instance, varbinds by their place, and the interface by the name of another object', () => {
    names.learn([
      { measurement: 'interface', tags: { device: 'sw', ifIndex: '9', ifName: 'lan9' }, fields: {}, time: 0 },
    ]);
    const varbinds = [octets('1.3.6.1.4.1.1.4.5.6', 'w'), octets('1.3.6.1.4.1.1.5.0', 'lan9'), integer('1.3.9', 3)];
    const event = meant('1.3.6.1.4.1.1.0.2', varbinds);
    expect(event).toMatchObject({
      message: 'lan9, row 5.6, part 6, third 3',
      interface: { ifIndex: '9', ifName: 'lan9' },
    });
  });

  it('a device can write neither braces nor brackets nor lines into the text, nor make it long', () => {
    const long = `{level}[x]\n${'y'.repeat(9_000)}`;
    const event = meant('1.3.6.1.4.1.1.0.1', [octets(who, long), octets('1.3.8', long), octets('1.3.9', long)])!;
    expect(event.message).toMatch(/^\{level\}\[x\] y+…$/);
    expect(event.message).toHaveLength(500);
    expect(event.detail).toHaveLength(2_000);
  });
});

describe('values in words', () => {
  const objects = rulesOf(`
objects:
  mac: { oid: 1.3.6.1.1.1, format: mac }
  ip: { oid: 1.3.6.1.1.2, format: ip }
  bits: { oid: 1.3.6.1.1.3, bits: { 0: first, 9: tenth } }
  hex: { oid: 1.3.6.1.1.4, format: hex }
  oid: { oid: 1.3.6.1.1.5, values: { 1.3.6.1.9: the thing } }
`).objects;
  const words = (varbind: VarBind): string | undefined => textOf(named(varbind, objects));
  it.each<[string, VarBind, string | undefined]>([
    ['a MAC address', octets('1.3.6.1.1.1.0', Uint8Array.from([0, 1, 2, 0xab, 4, 5])), '00:01:02:ab:04:05'],
    ['one that is written out', octets('1.3.6.1.1.1.0', '18:4B:DE:AD:BE:EF'), '18:4B:DE:AD:BE:EF'],
    ['an IPv4 address', octets('1.3.6.1.1.2.0', Uint8Array.from([192, 0, 2, 1])), '192.0.2.1'],
    [
      'an IPv6 address',
      octets('1.3.6.1.1.2.0', Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
      '2001:db8::1',
    ],
    ['no address at all', octets('1.3.6.1.1.2.0', new Uint8Array(16)), '::'],
    ['bits', octets('1.3.6.1.1.3.0', Uint8Array.from([0x80, 0x60])), 'first, tenth, bit 10'],
    ['no bits', octets('1.3.6.1.1.3.0', Uint8Array.from([0, 0])), undefined],
    ['octets', octets('1.3.6.1.1.4.0', Uint8Array.from([1, 0xff])), '01 ff'],
    ['an OID with a name', { oid: '1.3.6.1.1.5.0', type: 'ObjectIdentifier', value: '1.3.6.1.9' }, 'the thing'],
    ['a text with its C end', octets('1.3.6.1.7', Uint8Array.from([0x61, 0x62, 0])), 'ab'],
    ['what is no text', octets('1.3.6.1.7', Uint8Array.from([1, 2, 0xff])), '01 02 ff'],
    ['a time', { oid: '1.3.6.1.7', type: 'TimeTicks', value: 1_250 }, '12.5 s'],
    ['nothing', { oid: '1.3.6.1.7', type: 'noSuchObject', value: null }, undefined],
  ])('%s', (_name, varbind, said) => expect(words(varbind)).toBe(said));
});

it('a message shows every value as it is, whatever is in it', () => {
  const values = fc.tuple(fc.string(), fc.string()).filter(([a, b]) => a !== '' && b !== '');
  fc.assert(
    fc.property(values, ([a, b]) => {
      const said = render('{a} <[{b}]>[ {none}]', (ref) => ({ a, b })[ref]);
      return said === `${a} <${b}>`;
    }),
  );
});
