import { describe, expect, it } from 'vitest';
import { createStore, storageSchema } from '../../../collector/storage/config.ts';
import { ConfigError } from '../../../runtime/config-error.ts';
import { parseConfig } from '../../../runtime/config-file.ts';
import { storeParts } from '../../support/store-parts.ts';

function problems(yaml: string): string {
  try {
    parseConfig(yaml, 's.yaml', storageSchema, { env: {} });
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('storage configuration', () => {
  it('is the embedded store with its retention by default', () => {
    const day = 86_400_000;
    const config = storageSchema.parse({ driver: 'sqlite' });
    expect(config).toEqual({
      driver: 'sqlite',
      path: 'metrics.db',
      retention: { raw: 7 * day, '5m': 90 * day, '1h': 730 * day },
    });
  });

  it.each([
    ['driver: sqlite', 'sqlite'],
    ['driver: influx1\nurl: http://127.0.0.1:8086\ndatabase: d', 'influx1'],
    ['driver: influx2\nurl: https://example.org\norg: o\nbucket: b\ntoken: t', 'influx2'],
  ])('makes the store that %j names, opening nothing', (yaml, name) => {
    const config = parseConfig(yaml, 's.yaml', storageSchema, { env: {} }).value;
    expect(createStore(config, { ...storeParts, dataDir: '/nonexistent/folder' }).name).toBe(name);
  });

  it.each([
    ['driver: postgres', 's.yaml:1:9: driver: expected driver: sqlite, influx1 or influx2'],
    ['driver: sqlite\npaht: x', 's.yaml:2:1: paht: expected no such key here'],
    ['driver: sqlite\nretention: {raw: 100d}', 'expected at least as long as raw'],
    ['driver: sqlite\nretention: {raw: 1h}', 'expected at least 1d'],
    ['driver: sqlite\nretention: {1h: 10d}', 'expected at least as long as 5m'],
    ['driver: influx1\nurl: ftp://x\ndatabase: d', 'expected an http or https address'],
    ['driver: influx1\nurl: http://x', 'database'],
    ['driver: influx2\nurl: http://x\norg: o\nbucket: b', 'token'],
    ['driver: influx1\nurl: http://x\ndatabase: d\ntimeout: 5', 'timeout: expected a duration'],
  ])('refuses %j', (yaml, message) => {
    expect(problems(yaml)).toContain(message);
  });
});
