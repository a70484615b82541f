import { describe, expect, it } from 'vitest';
import { sensorFacts } from '../../../agent/facts/sensors.ts';
import { evaluate } from '../../../agent/facts/value.ts';

describe('a state', () => {
  const stateOf = (given: string, mapping: Record<string, string>, tags: Record<string, string> = {}) => {
    const symbol = {
      oid: '1.3.1',
      name: 'sensor.state',
      mapping: { mode: 'exact' as const, items: new Map(Object.entries(mapping)) },
    };
    const raw = { oid: '1.3.1.0', type: 'OctetString' as const, value: Buffer.from(given) };
    const value = evaluate(symbol, raw, () => undefined);
    if (!value) throw new Error('expected a value');
    return sensorFacts([{ table: undefined, index: '0', tags, values: [{ name: 'state', value }], rank: 0 }]);
  };

  it('is the number that the device gave, and the word that the mapping has for it', () => {
    expect(stateOf('2', { 2: 'failed' })).toMatchObject([{ value: 2, state_text: 'failed', severity: 'critical' }]);
  });

  it('given as a word is the number that the mapping has for it, and the word itself', () => {
    expect(stateOf('Down', { Up: '0', Down: '1' })).toMatchObject([
      { value: 1, state_text: 'Down', severity: 'critical' },
    ]);
  });

  it('given as a word that the mapping does not know is none', () => {
    expect(stateOf('Sideways', { Up: '0' })).toEqual([]);
  });

  it('means what the row says that it means', () => {
    expect(stateOf('3', { 3: 'standby' }, { severity: 'ok' })).toMatchObject([
      { state_text: 'standby', severity: 'ok' },
    ]);
  });
});

it.each([
  ['temperature', '-866597556', []],
  ['temperature', '5000', []],
  ['temperature', '-12', [-12]],
  ['humidity', '-1', []],
  ['humidity', '47', [47]],
  ['dbm', '-40', [-40]],
  ['power', '-866597556', [-866597556]],
])('of %s %s is taken for a reading, or not', (kind, given, values) => {
  const symbol = { oid: '1.3.1', name: `sensor.${kind}` };
  const raw = { oid: '1.3.1.0', type: 'Integer' as const, value: Number(given) };
  const value = evaluate(symbol, raw, () => undefined)!;
  const row = { table: undefined, index: '0', tags: {}, values: [{ name: kind, value }], rank: 0 };
  expect(sensorFacts([row]).map((f) => f.value)).toEqual(values);
});
