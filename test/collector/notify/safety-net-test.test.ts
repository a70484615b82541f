import { afterEach, describe, expect, it } from 'vitest';
import { SafetyNetTest } from '../../../collector/notify/safety-net-test.ts';
import { listResults, listRounds } from '../../../collector/state/safety-net.ts';
import type { Sample } from '../../../core/sample.ts';
import { Story } from './responsibility-story.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const school = (calendar = '[]', net = '[head, chief]'): string => `
school: hilltop
tz: America/New_York
parties: { internal: { contacts: [kim], coverage: always } }
safety_net: ${net}
base: { owner: internal }
calendars: { district: ${calendar} }
`;

let story: Story;
let net: SafetyNetTest;
let observed: Sample[];
afterEach(() => story.end());

async function begin(at: string, text = school()): Promise<void> {
  story = await Story.begin(text, at);
  observed = [];
  net = again();
}

/** As after a restart: only the database knows what was done. */
function again(over: Partial<typeof story.parts> = {}): SafetyNetTest {
  const observe = async (samples: readonly Sample[]): Promise<void> => {
    observed = [...samples];
  };
  return new SafetyNetTest({ ...story.parts, ...over, metrics: story.metrics, observe });
}

async function pass(ms: number, every = ms > DAY ? HOUR : 10 * MINUTE): Promise<void> {
  for (let left = ms; left > 0; left -= every) {
    await story.clock.advance(Math.min(every, left));
    await net.step();
    await story.clock.advance(0);
  }
}

const tests = () => story.told(0, 'safety_net.').sort();
const field = (measurement: string, name: string) =>
  observed.filter((s) => s.measurement === measurement).map((s) => [...tagsOf(s), Number(s.fields[name])]);
const tagsOf = ({ tags }: Sample) => [tags['contact'], tags['channel']].filter((tag) => tag !== undefined);
const results = async () => {
  const [round] = await listRounds(story.db, 'hilltop', 1);
  return (await listResults(story.db, 'hilltop', round!.round)).map(({ contact, result }) => `${contact} ${result}`);
};

describe('the weekly test', () => {
  it('goes to everybody in the safety net once, at its time, also over restarts, and again a week later', async () => {
    await begin('2026-11-23T09:00:00-05:00');
    await pass(DAY);
    // Taken up on a Monday: the first test is that of Tuesday.
    expect(tests()).toEqual([]);
    await pass(HOUR);
    expect(tests()).toEqual(['chief safety_net.test', 'head safety_net.test']);
    expect(new Date(story.phones.got[0]!.at).toISOString()).toBe('2026-11-24T15:00:00.000Z');
    net = again();
    await pass(3 * HOUR);
    expect(tests()).toHaveLength(2);
    expect(await results()).toEqual(['chief delivered', 'head delivered']);
    await pass(6 * DAY + 19 * HOUR);
    expect(tests()).toHaveLength(2);
    await pass(2 * HOUR);
    expect(tests()).toHaveLength(4);
    expect(new Set(story.phones.got.map(({ id }) => id)).size).toBe(4);
  });

  it('says that it is a test and what would come in earnest', async () => {
    await begin('2026-11-23T09:00:00-05:00');
    await pass(DAY + HOUR);
    const { text } = story.phones.got.find(({ to }) => to === 'head')!;
    expect(text).toMatch(/^TEST of the safety net at hilltop: nothing is wrong/);
    expect(text).toContain('in earnest you would read here of an alert that nobody has answered');
    expect(text).toContain('The next test is Tue 1 Dec, 10:00.');
  });

  it('does not greet a school that is set up in the middle of the week', async () => {
    await begin('2026-11-25T08:00:00-05:00');
    await pass(5 * DAY);
    expect(tests()).toEqual([]);
    await pass(2 * DAY);
    expect(tests()).toHaveLength(2);
  });

  it('two collectors at the same time send it once', async () => {
    await begin('2026-11-23T09:00:00-05:00');
    const other = again();
    await pass(DAY);
    await story.clock.advance(HOUR);
    await Promise.all([net.step(), other.step()]);
    await story.clock.advance(0);
    expect(tests()).toHaveLength(2);
  });

  it('waits for the end of a test window', async () => {
    await begin('2026-11-16T09:00:00-05:00', school('[{ start: 2026-11-24, end: 2026-11-26, categories: TESTING }]'));
    await pass(9 * DAY);
    expect(tests()).toHaveLength(2);
    await pass(2 * DAY);
    expect(story.phones.got.slice(2).map(({ at }) => new Date(at).toISOString())).toEqual([
      '2026-11-26T15:00:00.000Z',
      '2026-11-26T15:00:00.000Z',
    ]);
  });

  it('missed by a collector that was away, it is made good on the next day, at the time agreed', async () => {
    await begin('2026-11-23T09:00:00-05:00');
    await pass(HOUR);
    await story.clock.advance(DAY + 10 * HOUR);
    net = again();
    await pass(10 * MINUTE);
    expect(tests()).toEqual([]);
    await pass(14 * HOUR);
    expect(story.phones.got.map(({ at }) => new Date(at).toISOString())).toEqual(
      Array(2).fill('2026-11-25T15:00:00.000Z'),
    );
  });
});

describe('a test that fails', () => {
  it('is failing after three attempts, failed when given up, and well again when the next one arrives', async () => {
    await begin('2026-11-23T09:00:00-05:00');
    let broken = true;
    story.phones.reply = ({ endpoint }) =>
      broken && endpoint.address === 'head' ? { ok: false, retryable: true, reason: 'status 500' } : { ok: true };
    await pass(DAY + HOUR);
    await pass(10 * MINUTE, MINUTE);
    expect(await results()).toEqual(['chief delivered', 'head failing']);
    expect(field('safety_net_channel', 'failed')).toEqual([
      ['chief', 'phone', 0],
      ['head', 'phone', 1],
    ]);
    expect(field('safety_net', 'dead')).toEqual([[0]]);
    await pass(4 * DAY, HOUR);
    expect(await results()).toEqual(['chief delivered', 'head failed']);
    broken = false;
    const s = story.router.school('hilltop')!;
    expect(await net.ask(s, 'kim')).toBe(true);
    expect(await net.ask(s, 'kim')).toBe(false);
    await pass(MINUTE, MINUTE);
    expect(await results()).toEqual(['chief delivered', 'head delivered']);
    expect(field('safety_net_channel', 'failed')).toEqual([
      ['chief', 'phone', 0],
      ['head', 'phone', 0],
    ]);
    const { tests: reported, next } = await net.report(s);
    expect(reported.map(({ actor }) => actor)).toEqual(['kim', 'collector']);
    expect(reported[1]!.results.find(({ contact }) => contact === 'head')).toMatchObject({
      result: 'failed',
      reason: 'status 500',
    });
    expect(new Date(next!).toISOString()).toBe('2026-12-01T15:00:00.000Z');
    expect(await story.metrics.text()).toContain('bellwether_collector_safety_net_tests_total{result="delivered"} 3');
  });

  it('on every channel: the safety net is dead', async () => {
    await begin('2026-11-23T09:00:00-05:00');
    story.phones.reply = () => ({ ok: false, retryable: false, reason: 'status 410' });
    await pass(DAY + 2 * HOUR);
    expect(field('safety_net', 'dead')).toEqual([[1]]);
  });

  it('a channel that carries alerts only is neither told nor failed; who is no longer in the net is well', async () => {
    await begin('2026-11-23T09:00:00-05:00');
    story.phones.reply = ({ endpoint }) =>
      endpoint.address === 'head'
        ? { ok: true, skipped: 'a note is no incident' }
        : { ok: false, retryable: false, reason: 'gone' };
    await pass(DAY + 2 * HOUR);
    expect(await results()).toEqual(['chief failed', 'head skipped']);
    story.use(school('[]', '[head, kim]'));
    story.phones.reply = () => ({ ok: true });
    await pass(7 * DAY, HOUR);
    expect(field('safety_net_channel', 'failed')).toEqual([
      ['head', 'phone', 0],
      ['kim', 'phone', 0],
      ['chief', 'phone', 0],
    ]);
  });

  it('somebody without a channel is found by it', async () => {
    await begin('2026-11-23T09:00:00-05:00');
    const { directory } = story.parts;
    net = again({
      directory: (id) => {
        const found = directory(id)!;
        return { ...found, endpoints: (contact) => (contact === 'head' ? [] : found.endpoints(contact)) };
      },
    });
    await pass(DAY + 2 * HOUR);
    expect(await results()).toEqual(['chief delivered', 'head no_channel']);
    expect(field('safety_net_channel', 'failed')).toEqual([
      ['chief', 'phone', 0],
      ['head', 'none', 1],
    ]);
  });

  it('how long it was not tested is told', async () => {
    await begin('2026-11-25T09:00:00-05:00', school('[{ start: 2026-11-26, end: 2026-12-20, categories: TESTING }]'));
    await pass(16 * DAY, HOUR);
    expect(field('safety_net', 'untested_d')[0]![0]).toBeCloseTo(16, 1);
  });
});
