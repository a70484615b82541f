import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OidTable } from '../../../../sim/oid-table.ts';
import { mutated } from '../../../support/mutate.ts';
import { pick, random } from '../../../support/random.ts';
import { Reader, seedsOf } from '../../../support/snmp-fuzz.ts';

const KEPT = new URL('crashers/', import.meta.url);

function device(): OidTable {
  const table = new OidTable()
    .set('1.3.6.1.2.1.1.1', '0', { type: 'octets', value: 'x'.repeat(200) })
    .set('1.3.6.1.2.1.1.2', '0', { type: 'oid', value: '1.3.6.1.4.1.8072.3.2.10' })
    .set('1.3.6.1.2.1.1.3', '0', { type: 'timeticks', value: 4_000_000_000 })
    .set('1.3.6.1.4.1.1.1', '1', { type: 'ip', value: '10.0.0.1' })
    .set('1.3.6.1.4.1.1.1', '2', { type: 'opaque', value: Buffer.from('9f78043f800000', 'hex') });
  for (let i = 1; i <= 8; i++)
    table
      .set('1.3.6.1.2.1.2.2.1.8', `${i}`, { type: 'integer', value: 1 })
      .set('1.3.6.1.2.1.2.2.1.10', `${i}`, { type: 'counter32', value: 4_294_967_290 })
      .set('1.3.6.1.2.1.31.1.1.1.1', `${i}`, { type: 'octets', value: `Gi1/0/${i}` })
      .set('1.3.6.1.2.1.31.1.1.1.6', `${i}`, { type: 'counter64', value: 2n ** 64n - BigInt(i) });
  return table;
}

describe('answers that somebody has tampered with', () => {
  // A million and more, from recordings of real devices: node test/bench/snmp-fuzz.ts
  it('are refused, or read, and nothing else (20,000 of one seed)', () => {
    const seeds = seedsOf(device());
    expect(seeds.length).toBe(3);
    const chance = random(20_260);
    const reader = new Reader();
    for (let k = 0; k < 20_000; k++) {
      const bytes = mutated(pick(chance, seeds), chance);
      try {
        reader.read(bytes);
      } catch (error) {
        throw new Error(`answer ${Buffer.from(bytes).toString('hex')}`, { cause: error });
      }
    }
  });

  it('the kept ones among them', () => {
    const reader = new Reader();
    const kept = readdirSync(KEPT).filter((f) => f.endsWith('.hex'));
    expect(kept.length).toBeGreaterThan(0);
    for (const file of kept) reader.read(Buffer.from(readFileSync(new URL(file, KEPT), 'utf8').trim(), 'hex'));
  });
});
