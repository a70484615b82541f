import { describe, expect, it } from 'vitest';
import type { SectionRow } from '../../../agent/facts/section.ts';
import { sensorFacts } from '../../../agent/facts/sensors.ts';

const fan = (unit: string | undefined): SectionRow => ({
  table: 'fans',
  index: '1',
  tags: { descr: 'Fan 1' },
  values: [
    {
      name: 'fanspeed',
      unit,
      value: { raw: { oid: '1.1', value: 40 } as never, text: '40', rawNumber: 40, number: 40 },
    },
  ],
  rank: 0,
});

describe('unit of a sensor', () => {
  it('is that of its class', () => {
    expect(sensorFacts([fan(undefined)])).toMatchObject([{ class: 'fanspeed', value: 40, unit: 'rpm' }]);
  });

  it('is what the profile says, where the device has another', () => {
    expect(sensorFacts([fan('%')])).toMatchObject([{ class: 'fanspeed', value: 40, unit: '%' }]);
  });
});
