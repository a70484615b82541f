import { randomUUID } from 'node:crypto';
import { Evaluator } from '../../collector/alert/evaluator.ts';
import type { Rule, ThresholdRule } from '../../collector/alert/rule.ts';
import type { Sample } from '../../core/sample.ts';

// What deciding costs per sample, with 200 rules and 100,000 interfaces of 2,000 switches. Run: node test/bench/evaluate.bench.ts
// `cold` is the first sample of each series (scopes are matched), `warm` the ones after, `flapping` has 1 % cross a level in every round,
// `unrelated` are samples of a measurement no rule looks at, `by_calendar` is `warm` with an override for TESTING on every rule.

const INTERFACES = 100_000;
const ROUNDS = 5;

const FIELDS = ['in_util_percent', 'out_util_percent', 'in_errors_per_s', 'out_errors_per_s'] as const;

function rules(): Rule[] {
  return Array.from({ length: 200 }, (_, i): ThresholdRule => {
    const matching = i < 8;
    return {
      kind: 'threshold',
      name: `rule-${i}`,
      domain: 'switching',
      severity: 'warning',
      summary: '{device} {ifName}: {value}',
      measurement: 'interface',
      field: FIELDS[i % FIELDS.length]!,
      // Eight rules apply to every interface; the others to few, as rules for uplinks and single models do.
      scope: matching ? {} : { device: `switch-${i}*`, ifAlias: '*uplink*' },
      direction: 'above',
      threshold: 90,
      clear: 80,
      forMs: 300_000,
      clearForMs: 0,
    };
  });
}

function round(n: number, measurement: string, flapping: boolean): Sample[] {
  const time = Date.UTC(2026, 9, 5) + n * 60_000;
  return Array.from({ length: INTERFACES }, (_, i) => ({
    measurement,
    time,
    tags: {
      agent_host: `10.0.${i % 250}.1`,
      device: `switch-${i % 2000}`,
      domain: 'switching',
      ifAlias: i % 50 === 0 ? 'Uplink to MDF' : `Room ${i % 400}`,
      ifIndex: String(i),
      ifName: `Gi1/0/${Math.floor(i / 2000)}`,
      role: 'switch',
      school: 'bench',
      site: 'main',
    },
    fields: {
      in_util_percent: flapping && i % 100 === n % 2 ? 95 : 12.5,
      out_util_percent: 40,
      in_errors_per_s: 0,
      out_errors_per_s: 0,
    },
  }));
}

const evaluator = new Evaluator({ rules: rules(), newId: randomUUID });

function nsPerSample(samples: Sample[], by = evaluator): number {
  const start = process.hrtime.bigint();
  by.evaluate(samples, samples[0]!.time);
  return Number(process.hrtime.bigint() - start) / samples.length;
}

function best(measurement: string, flapping: boolean, first: number): number {
  const figures = Array.from({ length: ROUNDS }, (_, n) => nsPerSample(round(first + n, measurement, flapping)));
  return Math.round(Math.min(...figures));
}

/** A test on every other round. */
function byCalendar(): number {
  const by = new Evaluator({
    rules: rules().map((rule) => ({ ...rule, during: [{ category: 'TESTING', rule }] }) as Rule),
    newId: randomUUID,
    categoriesAt: (_school, at) => ((at / 60_000) % 2 === 0 ? ['TESTING'] : []),
  });
  nsPerSample(round(30, 'interface', false), by);
  return Math.round(
    Math.min(...Array.from({ length: ROUNDS }, (_, n) => nsPerSample(round(31 + n, 'interface', false), by))),
  );
}

const cold = Math.round(nsPerSample(round(0, 'interface', false)));
const result = {
  rules: 200,
  series: INTERFACES,
  ns_per_sample: {
    cold,
    warm: best('interface', false, 1),
    flapping: best('interface', true, 10),
    unrelated: best('cpu', false, 20),
    by_calendar: byCalendar(),
  },
  heap_mb: Math.round(process.memoryUsage().heapUsed / 1e6),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
