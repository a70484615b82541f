import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import { loadRules } from '../../../collector/alert/rule-file.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { OnCallWatch } from '../../../collector/notify/on-call-watch.ts';
import { Router } from '../../../collector/notify/router.ts';
import { schoolDirectory } from '../../../collector/notify/school-directory.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ROOT } from '../../support/source-files.ts';
import { silent } from './fixtures.ts';

const HOUR = 3_600_000;
/** In an hour; the collector looks every minute. */
const LOOKS = 10;
const text = (onCall: string, absences = '[]', zoe = ''): string => `
school: hilltop
tz: America/Chicago
parties: { provider: { contacts: [ada, ben], coverage: always, ${onCall} absences: ${absences} } }
contacts:
  ada: { channels: [{ type: ntfy, url: "https://ntfy.example.org/ada" }] }
  ben: { channels: [{ type: pushover, user_key: "${'u'.repeat(30)}", token: "${'a'.repeat(30)}" }] }
safety_net: [ada, ben]
base: { owner: provider }
calendars:
  duty:
    - { start: 2026-09-01, end: 2026-09-08, summary: ada }
    - { start: 2026-09-10, end: 2026-09-20, summary: ben }
    ${zoe}
`;

/** What the shipped rules make of a school, hour by hour. */
class Watched {
  readonly clock: FakeClock;
  readonly router = new Router();
  readonly changes: string[] = [];
  channels = new Set(['ntfy', 'pushover']);
  readonly #watch: OnCallWatch;

  constructor(at: string, school: string) {
    this.clock = new FakeClock(Date.parse(at));
    this.use(school);
    let ids = 0;
    const evaluator = new Evaluator({
      rules: loadRules([join(ROOT, 'config/rules/collector.yaml')]),
      newId: () => `alert-${++ids}`,
      maxSeriesPerSchool: 1000,
      categoriesAt: () => [],
    });
    this.#watch = new OnCallWatch({
      router: this.router,
      directory: schoolDirectory(() => this.router.schools),
      channels: { has: (type) => this.channels.has(type) },
      clock: this.clock,
      log: silent,
      observe: async (samples) => {
        for (const { type, alert } of evaluator.evaluate(samples, this.clock.now()).changes)
          if (type !== 'pending')
            this.changes.push(
              `${new Date(this.clock.now()).toISOString().slice(5, 13)} ${type} ${alert.rule} ${alert.domain} ${alert.severity}`,
            );
      },
    });
  }

  use(school: string): void {
    this.router.use([parseSchool(school, 'school.yaml')]);
  }

  async pass(hours: number): Promise<string[]> {
    for (let i = 0; i < hours * LOOKS; i++) {
      await this.#watch.step();
      await this.clock.advance(HOUR / LOOKS);
    }
    return this.changes.splice(0);
  }
}

describe('shifts ahead', () => {
  it('an empty time is an alert 72 hours before, and over when somebody is named', async () => {
    const watched = new Watched('2026-09-04T20:00-05:00', text('on_call: { calendar: duty },'));
    expect(await watched.pass(8)).toEqual(['09-05T05 opened on-call-nobody agent warning']);
    watched.use(text('on_call: { calendar: duty, overrides: [{ contact: ben, from: 2026-09-08, to: 2026-09-10 }] },'));
    expect(await watched.pass(1)).toEqual(['09-05T09 resolved on-call-nobody agent warning']);
  });

  it('as long before as the file says', async () => {
    const watched = new Watched('2026-09-07T10:00-05:00', text('on_call: { calendar: duty, look_ahead: 12h },'));
    expect(await watched.pass(4)).toEqual(['09-07T17 opened on-call-nobody agent warning']);
  });

  it('a calendar that does not reach as far', async () => {
    const watched = new Watched('2026-09-16T20:00-05:00', text('on_call: { calendar: duty },'));
    expect(await watched.pass(8)).toEqual(['09-17T05 opened on-call-calendar-ends agent warning']);
  });

  it('somebody on call whom no channel reaches, and somebody absent', async () => {
    const turns = 'on_call: { rotation: { contacts: [ada, ben], start: 2026-08-31, handover: "Mon 08:00" } },';
    const watched = new Watched('2026-09-03T08:00-05:00', text(turns));
    watched.channels = new Set(['ntfy']);
    expect(await watched.pass(30)).toEqual(['09-04T13 opened on-call-unreachable agent warning']);
    watched.channels.add('pushover');
    expect(await watched.pass(1)).toEqual(['09-04T19 resolved on-call-unreachable agent warning']);
    watched.use(text(turns, '[{ who: ben, from: 2026-09-07, to: 2026-09-09 }]'));
    expect(await watched.pass(1)).toEqual(['09-04T20 opened on-call-absent agent info']);
    watched.use(text(turns, '[{ who: [ada, ben], from: 2026-09-07, to: 2026-09-09 }]'));
    expect(await watched.pass(1)).toEqual([
      '09-04T21 resolved on-call-absent agent info',
      '09-04T21 opened on-call-nobody agent warning',
    ]);
    // Without turns there is nothing to watch any more.
    watched.use(text(''));
    expect(await watched.pass(1)).toEqual(['09-04T22 resolved on-call-nobody agent warning']);
  });

  it('a name that nobody has', async () => {
    const zoe = '- { start: 2026-09-06, end: 2026-09-07, summary: Zoe }';
    const watched = new Watched('2026-09-04T12:00-05:00', text('on_call: { calendar: duty },', '[]', zoe));
    expect(await watched.pass(1)).toEqual(['09-04T17 opened on-call-name-unknown agent warning']);
  });
});
