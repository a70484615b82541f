import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { meaningOf, meaningsOf } from '../../../collector/alert/meaning.ts';
import type { ThresholdRule } from '../../../collector/alert/rule.ts';
import { loadRules } from '../../../collector/alert/rule-file.ts';
import { ROOT } from '../../support/source-files.ts';

const FOLDER = join(ROOT, 'config/rules');

it('of the shipped rules', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
  const meanings = meaningsOf(loadRules(files.map((name) => join(FOLDER, name))));
  const of = (meaning: string) => [...meanings].filter(([, m]) => m === meaning).map(([rule]) => rule);
  expect(of('down')).toEqual(['device-down']);
  expect(of('isolated')).toEqual(['site-isolated']);
  expect(of('silent')).toContain('agent-silent');
  expect(of('path')).toEqual(expect.arrayContaining(['packet-loss', 'snmp-problem', 'access-points-down', 'wan-loss']));
  expect(meanings.has('device-restarted')).toBe(false);
});

it.each<[string, Partial<ThresholdRule>, string | undefined]>([
  [
    'losses of everything, under another name',
    { measurement: 'ping', field: 'percent_packet_loss', threshold: 99 },
    'down',
  ],
  ['some losses', { measurement: 'ping', field: 'percent_packet_loss', threshold: 20 }, 'path'],
  ['no packet back', { measurement: 'ping', field: 'packets_received', direction: 'below', threshold: 1 }, 'down'],
  ['few packets back', { measurement: 'ping', field: 'packets_received', direction: 'below', threshold: 3 }, 'path'],
  ['a device that is well', { measurement: 'device', field: 'down', direction: 'below', threshold: 1 }, 'path'],
  ['one that comes and goes', { memory: { of: 'changes', spanMs: 600_000 } }, 'path'],
  ['what a device tells of itself', { measurement: 'interface', field: 'in_errors_per_s' }, undefined],
])('%s', (_what, more, meaning) => {
  const [down] = loadRules([join(FOLDER, 'network.yaml')]).filter(({ name }) => name === 'device-down');
  expect(meaningOf({ ...(down as ThresholdRule), ...more })).toBe(meaning);
});
