import { describe, expect, it } from 'vitest';
import type { SnmpType, VarBind } from '../../../agent/drivers/snmp-session.ts';
import { type InterfaceMemory, normaliseInterfaces, speedOf } from '../../../agent/normalise/interface.ts';
import type { Cell, Stamp } from '../../../agent/normalise/varbind.ts';

const TYPES: Record<string, SnmpType> = { ifOperStatus: 'Integer', ifHighSpeed: 'Gauge32', ifSpeed: 'Gauge32' };

/** A row read at `seconds` by both clocks. Texts are octets, HC objects Counter64, the rest Counter32 unless listed above. */
function row(
  index: string,
  seconds: number,
  values: Record<string, string | number | bigint>,
  uptime = seconds + 1000,
) {
  const stamp: Stamp = { at: seconds * 1000, uptime: Math.round(uptime * 100) };
  const cells: Record<string, Cell> = {};
  for (const [name, value] of Object.entries(values)) {
    const type =
      TYPES[name] ?? (typeof value === 'string' ? 'OctetString' : name.includes('HC') ? 'Counter64' : 'Counter32');
    const raw = typeof value === 'string' ? Buffer.from(value) : type === 'Counter64' ? BigInt(value) : Number(value);
    cells[name] = { value: { oid: '1', type, value: raw } as VarBind, stamp };
  }
  return { index, cells };
}

const device = { tags: { device: 'sw1' }, time: 1, fineClock: true, complete: true };
const NONE: ReadonlyMap<string, InterfaceMemory> = new Map();

/** Normalises two polls, and gives the second's result. */
function second(
  a: ReturnType<typeof row>[],
  b: ReturnType<typeof row>[],
  options: Partial<typeof device> = {},
): ReturnType<typeof normaliseInterfaces> {
  return normaliseInterfaces(b, normaliseInterfaces(a, NONE, device).memory, { ...device, ...options });
}

const PORT = {
  ifName: 'Gi1/0/1',
  ifDescr: 'GigabitEthernet1/0/1',
  ifAlias: 'Uplink to MDF',
  ifOperStatus: 1,
  ifHighSpeed: 1000,
};

describe('normaliseInterfaces', () => {
  it('gives raw integers and no rates at first', () => {
    const { samples } = normaliseInterfaces([row('3', 0, { ...PORT, ifHCInOctets: 2n ** 60n + 1n })], NONE, device);
    expect(samples).toEqual([
      {
        measurement: 'interface',
        tags: { device: 'sw1', ifIndex: '3', ifName: PORT.ifName, ifDescr: PORT.ifDescr, ifAlias: PORT.ifAlias },
        fields: { ifOperStatus: 1n, ifHighSpeed: 1000n, ifHCInOctets: 2n ** 60n + 1n },
        time: 1,
      },
    ]);
  });

  it('leaves empty tags out', () => {
    const { samples } = normaliseInterfaces([row('3', 0, { ...PORT, ifAlias: '' })], NONE, device);
    expect(samples[0]!.tags).not.toHaveProperty('ifAlias');
  });

  it('derives rates, utilisation and the share of errors', () => {
    const zero = {
      ifHCInOctets: 0,
      ifHCOutOctets: 0,
      ifHCInUcastPkts: 0,
      ifHCOutUcastPkts: 0,
      ifHCInMulticastPkts: 0,
      ifHCOutMulticastPkts: 0,
      ifInErrors: 0,
      ifOutErrors: 0,
      ifInDiscards: 0,
      ifOutDiscards: 0,
    };
    const after = {
      ifHCInOctets: 625_000_000,
      ifHCOutOctets: 12_500_000,
      ifHCInUcastPkts: 900_000,
      ifHCOutUcastPkts: 90_000,
      ifHCInMulticastPkts: 9_000,
      ifHCOutMulticastPkts: 0,
      ifInErrors: 1000,
      ifOutErrors: 0,
      ifInDiscards: 5,
      ifOutDiscards: 20,
    };
    const { samples, withoutRate } = second([row('3', 0, { ...PORT, ...zero })], [row('3', 10, { ...PORT, ...after })]);
    expect(samples[0]!.fields).toMatchObject({
      in_bits_per_s: 500e6,
      out_bits_per_s: 10e6,
      in_util_percent: 50,
      out_util_percent: 1,
      in_packets_per_s: 90_900,
      out_packets_per_s: 9000,
      in_errors_per_s: 100,
      out_errors_per_s: 0,
      in_discards_per_s: 0.5,
      out_discards_per_s: 2,
      error_percent: 0.1,
    });
    expect(withoutRate).toEqual({});
  });

  it('says nothing of a share of errors in fewer than 1,000 packets', () => {
    const at = (seconds: number, n: number) =>
      row('3', seconds, { ...PORT, ifHCInUcastPkts: n, ifHCOutUcastPkts: 0, ifInErrors: n / 10, ifOutErrors: 0 });
    expect(second([at(0, 0)], [at(10, 800)]).samples[0]!.fields).not.toHaveProperty('error_percent');
    expect(second([at(0, 0)], [at(10, 9000)]).samples[0]!.fields['error_percent']).toBeCloseTo(9.0909, 3);
  });

  it('uses 32-bit counters where there are no others, and names them as they are', () => {
    const at = (seconds: number, octets: number) =>
      row('3', seconds, { ifDescr: 'eth0', ifSpeed: 100_000_000, ifInOctets: octets });
    const { samples } = second([at(0, 2 ** 32 - 1000)], [at(10, 11_500_000)]);
    expect(samples[0]!.fields).toMatchObject({
      ifInOctets: 11_500_000n,
      in_bits_per_s: (11_501_000 * 8) / 10,
      in_util_percent: expect.closeTo(9.2008),
    });
  });

  it('prefers the 64-bit twin and leaves the narrow one out', () => {
    const { samples } = normaliseInterfaces([row('3', 0, { ...PORT, ifInOctets: 5, ifHCInOctets: 5 })], NONE, device);
    expect(samples[0]!.fields).not.toHaveProperty('ifInOctets');
  });

  const counts = (seconds: number, octets: number | bigint, more: object = {}, uptime?: number) =>
    row('3', seconds, { ...PORT, ifHCInOctets: octets, ...more }, uptime);
  it.each([
    ['the device restarted', counts(0, 10n ** 9n), counts(10, 2n * 10n ** 9n, {}, 5), 'rebooted'],
    ['the counter was cleared', counts(0, 10n ** 9n), counts(10, 100), 'went_back'],
    ['the index went to another port', counts(0, 10), counts(10, 900, { ifName: 'Gi2/0/7' }), 'renumbered'],
  ])('gives no rate when %s', (_name, before, now, reason) => {
    const { samples, withoutRate } = second([before], [now]);
    expect(Object.keys(samples[0]!.fields).filter((f) => f.includes('_'))).toEqual([]);
    expect(samples[0]!.fields['ifHCInOctets']).toBe(now.cells['ifHCInOctets']!.value.value);
    expect(withoutRate).toEqual({ [reason]: 1 });
  });

  it('has no percentage of a speed that the traffic contradicts', () => {
    const { fields } = second([counts(0, 0, { ifHighSpeed: 10 })], [counts(10, 125_000_000, { ifHighSpeed: 10 })])
      .samples[0]!;
    expect(fields['in_bits_per_s']).toBe(100e6);
    expect(fields).not.toHaveProperty('in_util_percent');
  });

  it('after a poll that was cut short, goes on from the older reading and invents nothing', () => {
    const first = normaliseInterfaces(
      [counts(0, 0), row('4', 0, { ...PORT, ifName: 'Gi1/0/2', ifHCInOctets: 0 })],
      NONE,
      device,
    );
    // Names were not read, nor was row 4.
    const cut = normaliseInterfaces([row('3', 10, { ifHCInOctets: 1000 })], first.memory, {
      ...device,
      complete: false,
    });
    expect(cut.samples.map((s) => [s.tags['ifIndex'], s.tags['ifName'], s.fields])).toEqual([
      ['3', 'Gi1/0/1', { ifHCInOctets: 1000n }],
    ]);
    const third = normaliseInterfaces(
      [counts(20, 2000), row('4', 20, { ...PORT, ifName: 'Gi1/0/2', ifHCInOctets: 4000 })],
      cut.memory,
      device,
    );
    expect(third.samples.map((s) => s.fields['in_bits_per_s'])).toEqual([800, 1600]);
  });

  it('does not report a row of which only the name was read', () => {
    expect(normaliseInterfaces([row('3', 0, { ifName: 'Gi1/0/1', ifHighSpeed: 10 })], NONE, device).samples).toEqual(
      [],
    );
  });
});

describe('speedOf', () => {
  it.each([
    [{ ifHighSpeed: 10_000, ifSpeed: 4294967295 }, 10e9],
    [{ ifHighSpeed: 0, ifSpeed: 1_544_000 }, 1_544_000],
    [{ ifSpeed: 4294967295 }, undefined],
    [{ ifHighSpeed: 0, ifSpeed: 0 }, undefined],
    [{}, undefined],
  ])('%o', (values, expected) => expect(speedOf(row('1', 0, values).cells)).toBe(expected));
});
