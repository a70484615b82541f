import { matchesScope } from '../../core/matcher.ts';
import { noteOf, putNote, type Sample, seriesKey } from '../../core/sample.ts';
import type { EvaluatorState, Series } from './evaluator-state.ts';
import { faultKeyOf, labelsOf, labelText } from './fault-key.ts';
import { memoriesFor } from './memory.ts';
import { planFor } from './watch.ts';

/** As put down with an earlier sample, unless other rules are in force since, or it was forgotten. */
function notedSeries({ byMeasurement }: EvaluatorState, sample: Sample): Series | undefined {
  const noted = noteOf(sample) as Series | undefined;
  return noted?.madeFor === byMeasurement ? noted : undefined;
}

/** The series of a sample; undefined when no rule looks at its measurement, nobody answers for it, or its school has too many. */
export function seriesOf(state: EvaluatorState, sample: Sample, now: number): Series | undefined {
  const noted = notedSeries(state, sample);
  if (noted) return noted;
  // Most samples are of measurements that no rule looks at: this lookup is all they cost.
  if (!state.byMeasurement.has(sample.measurement)) return undefined;
  const { school, site } = sample.tags;
  // Ingest stamps both; without them there is nobody to answer.
  if (school === undefined || site === undefined) return undefined;
  let ofSchool = state.series.get(school);
  if (!ofSchool) {
    ofSchool = new Map();
    state.series.set(school, ofSchool);
  }
  const key = seriesKey(sample.measurement, sample.tags);
  const known = ofSchool.get(key);
  if (known) {
    putNote(sample, known);
    return known;
  }
  if (ofSchool.size >= state.maxSeriesPerSchool) {
    state.stats.overLimit++;
    return undefined;
  }
  const created = createSeries(state, sample, { school, site, key }, now);
  ofSchool.set(key, created);
  putNote(sample, created);
  return created;
}

/** Scope matching happens here, once per series. What was restored or survived a reload is taken up again by its key. */
function createSeries(
  state: EvaluatorState,
  sample: Sample,
  of: Pick<Series, 'school' | 'site' | 'key'>,
  now: number,
): Series {
  const plan = planFor(state.byMeasurement.get(sample.measurement)!, (rule) => matchesScope(rule.scope, sample.tags));
  const series: Series = {
    ...of,
    labels: labelsOf(sample.tags),
    plan,
    seen: plan.watches.map(() => -Infinity),
    busy: [],
    restored: [],
    slots: [],
    remembered: memoriesFor(plan.rules),
    heardAt: now,
    madeFor: state.byMeasurement,
  };
  if (state.active.size > 0) takeUp(state, series);
  return series;
}

function takeUp(state: EvaluatorState, { school, site, labels, plan, busy, restored, slots }: Series): void {
  const text = labelText(labels);
  plan.watches.forEach(({ rules: places }, w) => {
    for (const i of places) {
      const rule = plan.rules[i]!;
      const isGroup = rule.kind === 'domain_threshold';
      const tracker = state.active.get(faultKeyOf(school, rule.name, site, isGroup ? '{}' : text));
      const member = isGroup ? tracker?.members.get(text) : undefined;
      if (!tracker || (isGroup && !member)) continue;
      slots[i] = { tracker, member };
      restored[i] = member?.time ?? tracker.time;
      busy[w] = true;
    }
  });
}
