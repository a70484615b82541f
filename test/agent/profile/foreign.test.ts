import { describe, expect, it } from 'vitest';
import { decodeProfile } from '../../../agent/profile/decode.ts';
import { behind, foreignKeys, isForeign } from '../../../agent/profile/foreign.ts';

describe("another project's file is known by its words", () => {
  it.each([
    ['a root sysobjectid', { sysobjectid: '1.3.6.1.4.1.9' }],
    ['device.vendor', { device: { vendor: 'x' } }],
    ['virtual_metrics', { virtual_metrics: [] }],
    ['chart_meta', { metrics: [{ symbol: { OID: '1.3', name: 'a', chart_meta: {} } }] }],
    ['enum', { metrics: [{ symbols: [{ OID: '1.3', name: 'a', enum: { up: 1 } }] }] }],
    ['the oldest form of a tag', { metric_tags: [{ OID: '1.3', symbol: 'sysName', tag: 'host' }] }],
  ])('%s', (_name, content) => expect(isForeign(content)).toBe(true));

  it('ours has none of them', () => {
    const content = {
      selector: [{ sysobjectid: ['1.3.6.1.4.1.9.*'] }],
      metrics: [{ table: 't', symbols: [{ OID: '1.3', name: 'cpu.usage', mapping: { 1: 'a' } }] }],
    };
    expect(isForeign(content)).toBe(false);
  });
});

it('a file that extends one of them is of them, by whatever way', () => {
  const files = new Map(
    Object.entries({
      '_base.yaml': 'metric_tags: [{ OID: 1.3.6.1.0, symbol: sysName, tag: host }]',
      'b/vendor.yaml': 'extends: [_base.yaml]',
      'b/device.yaml': 'extends: [vendor.yaml]',
      'own.yaml': 'extends: [generic.yaml]',
    }).map(([key, text]) => [key, decodeProfile(text, key)]),
  );
  expect([...foreignKeys(files)].sort()).toEqual(['_base.yaml', 'b/device.yaml', 'b/vendor.yaml']);
});

it('its facts come after all of ours, unless it gives a rank', () => {
  const { profile } = decodeProfile(
    `metrics:
  - { symbol: { OID: 1.3.6.1.0, name: cpu.usage } }
  - { table: t, rank: 5, symbols: [{ OID: 1.3.6.1, name: cpu.usage }] }`,
    'x.yaml',
  );
  const put = behind(profile);
  expect([put.foreign, put.scalars[0]?.rank, put.tables[0]?.rank]).toEqual([true, 30, 5]);
});
