import { describe, expect, it } from 'vitest';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import type { Evaluation } from '../../../collector/alert/evaluator-state.ts';
import type { DomainThresholdRule, Rule, SilenceRule, ThresholdRule } from '../../../collector/alert/rule.ts';
import { categoriesOfSchools, categoryLookup } from '../../../collector/alert/school-day.ts';
import type { CalendarEvent } from '../../../collector/engagement/school.ts';
import type { Sample } from '../../../core/sample.ts';

const T0 = Date.UTC(2026, 9, 5, 8);
const M = 60_000;

const plain = {
  kind: 'threshold',
  name: 'busy',
  domain: 'wan',
  severity: 'warning',
  summary: '{device} at {value}, level {threshold}',
  measurement: 'm',
  field: 'v',
  scope: {},
  direction: 'above',
  threshold: 80,
  clear: 70,
  forMs: 2 * M,
  clearForMs: 0,
} satisfies ThresholdRule;
const busy: ThresholdRule = {
  ...plain,
  during: [
    {
      category: 'TESTING',
      rule: { ...plain, threshold: 60, clear: 50, forMs: 0, severity: 'critical', category: 'TESTING' },
    },
    { category: 'NO_SCHOOL', rule: 'off' },
  ],
};
const down: DomainThresholdRule = {
  ...plain,
  kind: 'domain_threshold',
  name: 'down',
  threshold: 0,
  clear: 0,
  forMs: 0,
  group: { by: 'share', level: 50, clear: undefined, atLeast: 1, orCount: 3 },
};
const silent: SilenceRule = {
  kind: 'silence',
  name: 'silent',
  domain: 'agent',
  severity: 'warning',
  summary: '{site}',
  forMs: 3 * M,
};

/** `on[i]` is what the calendar says in minute i. */
function start(rules: readonly Rule[], on: readonly (readonly string[])[]): Evaluator {
  let ids = 0;
  return new Evaluator({
    rules,
    newId: () => `id-${++ids}`,
    categoriesAt: (school, at) => (school === 's' ? (on[Math.floor((at - T0) / M)] ?? []) : []),
  });
}

function sample(minute: number, v: number, device = 'sw1', school = 's'): Sample {
  return { measurement: 'm', tags: { school, site: 'main', device }, fields: { v }, time: T0 + minute * M };
}

const told = ({ changes }: Evaluation) => changes.map((c) => `${c.type} ${c.alert.id}: ${c.reason}`);
const feed = (evaluator: Evaluator, samples: readonly Sample[]) =>
  samples.flatMap((one) => told(evaluator.evaluate([one], one.time)));
const values = (...all: number[]) => all.map((v, i) => sample(i, v));

describe('overrides by the school calendar', () => {
  it('an open alert is judged by the level of the hour, and keeps its state over the switch', () => {
    const on = [[], [], [], ['TESTING'], ['TESTING'], [], []];
    expect(feed(start([busy], on), values(85, 85, 85, 65, 55, 75, 70))).toEqual([
      'pending id-1: 85 above 80, opens after 2m',
      'opened id-1: 85 above 80 for 2m',
      'resolved id-1: 70 at or below 70',
    ]);
  });

  it('what waits opens by the wait and the severity of the hour', () => {
    const evaluator = start([busy], [[], ['TESTING']]);
    feed(evaluator, [sample(0, 85)]);
    const [opened] = evaluator.evaluate([sample(1, 85)], T0 + M).changes;
    expect(opened).toMatchObject({
      type: 'opened',
      reason: '85 above 60 for 1m',
      alert: { severity: 'critical', condition: 'm v above 60 during TESTING', summary: 'sw1 at 85, level 60' },
    });
  });

  it('off resolves what is open and cancels what waits, with the reason, and nothing opens meanwhile', () => {
    const off = ['NO_SCHOOL'];
    const evaluator = start([busy], [[], [], [], off, off, [], off]);
    expect(feed(evaluator, values(85, 85, 85, 85, 95, 85, 85))).toEqual([
      'pending id-1: 85 above 80, opens after 2m',
      'opened id-1: 85 above 80 for 2m',
      'resolved id-1: the rule is off during NO_SCHOOL',
      'pending id-2: 85 above 80, opens after 2m',
      'cancelled id-2: the rule is off during NO_SCHOOL',
    ]);
  });

  it('the first override whose category is on counts, by the time of the sample, at its own school', () => {
    const evaluator = start([busy], [['NO_SCHOOL', 'TESTING']]);
    const late = evaluator.evaluate([sample(0, 65), sample(0, 65, 'sw1', 'other')], T0 + 10 * M);
    expect(told(late)).toEqual(['opened id-1: 65 above 60']);
  });

  it('a restart in between changes nothing', () => {
    const on = [['TESTING'], ['TESTING'], []];
    const before = start([busy], on);
    feed(before, [sample(0, 65)]);
    const after = start([busy], on);
    expect(after.restoreState(before.exportState().saved, T0 + M).changes).toEqual([]);
    expect(feed(after, [sample(1, 55), sample(2, 70)])).toEqual(['resolved id-1: 70 at or below 70']);
  });

  it('a domain threshold that was off knows who came back meanwhile', () => {
    const rule: DomainThresholdRule = { ...down, during: [{ category: 'NO_SCHOOL', rule: 'off' }] };
    const evaluator = start([rule], [[], ['NO_SCHOOL'], []]);
    expect(feed(evaluator, [sample(0, 1, 'a'), sample(0, 1, 'b')])).toEqual([
      'opened id-1: 1 of 1 bad (100 %), 50 % or more',
    ]);
    expect(feed(evaluator, [sample(1, 0, 'a'), sample(1, 0, 'b')])).toEqual([
      'resolved id-1: the rule is off during NO_SCHOOL',
    ]);
    expect(feed(evaluator, [sample(2, 0, 'a'), sample(2, 1, 'b')])).toEqual([
      'opened id-2: 1 of 2 bad (50 %), 50 % or more',
    ]);
  });

  it('silence of an agent too', () => {
    const rule: SilenceRule = {
      ...silent,
      during: [
        { category: 'TESTING', rule: { ...silent, forMs: M } },
        { category: 'NO_SCHOOL', rule: 'off' },
      ],
    };
    const evaluator = start([rule], [[], ['TESTING'], ['NO_SCHOOL'], []]);
    const agents = [{ school: 's', site: 'main', lastSeen: T0, since: T0 }];
    expect([0, 1, 2, 3].flatMap((minute) => told(evaluator.tick(T0 + minute * M, agents)))).toEqual([
      'opened id-1: no data for 1m, at most 1m is expected',
      'resolved id-1: the rule is off during NO_SCHOOL',
      'opened id-2: no data for 3m, at most 3m is expected',
    ]);
  });
});

it('a share or a count, whichever is reached first', () => {
  const devices = Array.from({ length: 10 }, (_, i) => `ap${i}`);
  const evaluator = start([down], []);
  feed(
    evaluator,
    devices.map((device) => sample(0, 0, device)),
  );
  expect(
    feed(
      evaluator,
      devices.slice(0, 3).map((device) => sample(1, 1, device)),
    ),
  ).toEqual(['opened id-1: 3 of 10 bad (30 %), 3 or more']);
  expect(feed(evaluator, [sample(2, 0, 'ap0')])).toEqual(['resolved id-1: 2 of 10 bad (20 %), less than 50 %']);
});

describe('what a school calendar says', () => {
  const event = (start: number, end: number, ...categories: string[]): CalendarEvent => ({
    start,
    end,
    categories,
    summary: '',
  });
  const calendars = [
    { id: 'district', events: [event(10, 20, 'TESTING'), event(15, 30, 'TESTING', 'EVENT'), event(12, 13)] },
    { id: 'own', events: [event(18, 40, 'NO_SCHOOL')] },
  ];

  it.each([
    [9, []],
    [10, ['TESTING']],
    [15, ['TESTING', 'EVENT']],
    [19, ['TESTING', 'EVENT', 'NO_SCHOOL']],
    [20, ['TESTING', 'EVENT', 'NO_SCHOOL']],
    [30, ['NO_SCHOOL']],
    [40, []],
  ])('at %i: %j', (at, categories) => expect(categoryLookup(calendars)(at)).toEqual(categories));

  it('outside the hours of a school there is no school: nights, weekends, by its own clock', () => {
    const hours = [{ days: [1, 2, 3, 4, 5], from: 7 * 60, to: 16 * 60 }];
    const start = Date.parse('2026-10-05T00:00-05:00');
    const testing = [{ id: 'd', events: [event(start, start + 86_400_000, 'TESTING')] }];
    const calendars = new Map(testing.map((calendar) => [calendar.id, calendar]));
    const school = { calendars, tz: 'America/Chicago', hours };
    const categoriesAt = categoriesOfSchools(() => school);
    const at = (text: string) => categoriesAt('s', Date.parse(text));
    expect(at('2026-10-05T07:00-05:00')).toEqual(['TESTING']);
    expect(at('2026-10-05T16:00-05:00')).toEqual(['TESTING', 'NO_SCHOOL']);
    expect(at('2026-10-06T15:59-05:00')).toEqual([]);
    expect(at('2026-10-06T16:00-05:00')).toEqual(['NO_SCHOOL']);
    expect(at('2026-10-10T12:00-05:00')).toEqual(['NO_SCHOOL']);
  });

  it('follows a school whose calendars change, and knows nothing of one that is not configured', () => {
    let current = new Map(calendars.map((calendar) => [calendar.id, calendar]));
    const categoriesAt = categoriesOfSchools((name) => (name === 's' ? { calendars: current, tz: 'UTC' } : undefined));
    expect(categoriesAt('s', 10)).toEqual(['TESTING']);
    current = new Map();
    expect(categoriesAt('s', 10)).toEqual([]);
    expect(categoriesAt('other', 10)).toEqual([]);
  });
});
