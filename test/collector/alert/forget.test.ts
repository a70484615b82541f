import { expect, it } from 'vitest';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import type { ThresholdRule } from '../../../collector/alert/rule.ts';
import { sharedTags } from '../../../core/sample.ts';

const RULE: ThresholdRule = {
  kind: 'threshold',
  name: 'door-open',
  domain: 'daily',
  severity: 'critical',
  summary: 'open',
  measurement: 'door',
  field: 'open',
  scope: {},
  direction: 'above',
  threshold: 0,
  clear: 0,
  forMs: 0,
  clearForMs: 0,
};
const T0 = Date.UTC(2026, 9, 5);

it('a school that went to another process and came back is decided for by what that one saved', () => {
  let ids = 0;
  const make = () => new Evaluator({ rules: [RULE], newId: () => `id-${++ids}` });
  const [here, there] = [make(), make()];
  // As ingest hands them over: every sample of a series has the same tags.
  const tags = sharedTags('door', { school: 'north', site: 'main', door: '1' });
  const sample = (open: number, minute: number) => ({
    measurement: 'door',
    tags,
    fields: { open },
    time: T0 + minute * 60_000,
  });
  const at = (minute: number): number => T0 + minute * 60_000;
  here.evaluate([sample(0, 0)], at(0));
  here.forgetSchool('north');
  const [opened] = there.evaluate([{ ...sample(1, 1), tags: { ...tags } }], at(1)).changes;
  here.restoreState(there.exportState().saved, at(2));
  expect(here.evaluate([sample(0, 2)], at(2)).changes).toMatchObject([
    { type: 'resolved', alert: { id: opened!.alert.id } },
  ]);
});
