import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngagementCommand, StepCommand } from '../../../collector/engagement/agreement/lifecycle-decision.ts';
import type { School } from '../../../collector/engagement/school.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { EngagementBook } from '../../../collector/state/engagement-book.ts';
import { listEngagementEvents } from '../../../collector/state/engagements.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  type Body,
  DAY,
  HOUR,
  infra,
  proposal,
  schoolWithFile,
  T0,
  wing,
} from '../engagement/agreement/partnership.ts';
import { memoryState } from './state.ts';

let clock: FakeClock;
let db: StateDb;
let book: EngagementBook;

beforeEach(async () => {
  clock = new FakeClock(T0);
  db = await memoryState(clock);
  book = new EngagementBook({ db, clock });
});
afterEach(() => db.destroy());

const changed = { ...infra, grants: [{ owner: 'provider', scope: { domain: ['wireless', 'cabling'] } }] };
const school = schoolWithFile([infra]);
const step = (type: StepCommand['type'], party: string, id = 'wing'): EngagementCommand => ({
  type,
  party,
  id,
  by: `${party}'s person`,
});
const inForce = (book: EngagementBook) => book.effective('hilltop')!.engagements.map((e) => e.id);
const logged = async () =>
  (await listEngagementEvents(db, 'hilltop', { limit: 1_000 })).map(
    (e) => `${e.type} ${e.engagement} ${e.party ?? e.actor}`,
  );

async function agreeOnWing(): Promise<void> {
  await book.apply('hilltop', proposal(school, wing));
  await book.apply('hilltop', step('approve', 'internal'));
  await book.apply('hilltop', step('accept', 'provider'));
}

describe('a book', () => {
  it('takes over the files at its start, and nothing more at the next', async () => {
    expect(await book.start([school])).toMatchObject([
      { school: 'hilltop', events: [{ type: 'proposed' }, { type: 'approved' }, { type: 'approved' }] },
    ]);
    expect(book.effective('hilltop')).toEqual(school);
    const again = new EngagementBook({ db, clock });
    expect(await again.start([school])).toEqual([]);
    expect(again.records('hilltop')).toEqual(book.records('hilltop'));
  });

  it('keeps what was agreed over the API when the collector starts again', async () => {
    await book.start([school]);
    await agreeOnWing();
    const again = new EngagementBook({ db, clock });
    await again.start([school]);
    expect([inForce(book), inForce(again)]).toEqual([
      ['infra', 'wing'],
      ['infra', 'wing'],
    ]);
    expect(await logged()).toEqual([
      'proposed infra file hilltop.yaml',
      'approved infra internal',
      'approved infra provider',
      'proposed wing internal',
      'approved wing internal',
      'accepted wing provider',
    ]);
  });

  it('a file that is read again: the old text until both sides approved the change', async () => {
    await book.start([school]);
    const domains = () => book.effective('hilltop')!.engagements[0]!.grants[0]!.scope.domain;
    await book.import([schoolWithFile([changed])]);
    expect([domains(), book.findings('hilltop')]).toEqual([
      ['wireless'],
      [
        {
          engagement: 'infra',
          text: expect.stringContaining('approved_at is still 2026-07-01: version 1 stays in force'),
        },
      ],
    ]);
    await book.import([schoolWithFile([{ ...changed, approved_at: '2026-10-05' }])]);
    expect([domains(), book.findings('hilltop')]).toEqual([['wireless', 'cabling'], []]);
    await book.import([schoolWithFile([])]);
    expect(inForce(book)).toEqual([]);
  });

  it('also when nothing of the engagements changed it has the rest of the file', async () => {
    await book.start([school]);
    expect(await book.import([schoolWithFile([infra], { linger: '1h' })])).toEqual([]);
    expect(book.effective('hilltop')!.lingerMs).toBe(HOUR);
  });

  it('knows nothing of schools that are not configured', async () => {
    await book.start([school]);
    await book.import([]);
    expect([
      book.effective('hilltop'),
      book.configured('hilltop'),
      book.records('hilltop').size,
      book.findings('hilltop'),
    ]).toEqual([undefined, undefined, 0, []]);
    await expect(book.apply('hilltop', step('end', 'internal', 'infra'))).rejects.toThrow('hilltop is not configured');
  });

  it('keeps schools apart', async () => {
    await book.start([school, { ...schoolWithFile([]), school: 'other' }]);
    await agreeOnWing();
    expect([...book.records('other').keys()]).toEqual([]);
    expect(inForce(book)).toEqual(['infra', 'wing']);
  });
});

describe('commands', () => {
  it('that are refused leave no trace', async () => {
    await book.start([school]);
    const before = await logged();
    expect(await book.apply('hilltop', step('end', 'internal', 'infra'))).toEqual({
      refused: { expected: 'the change in hilltop.yaml, where infra is written', got: 'a change over the API' },
    });
    expect(await logged()).toEqual(before);
  });

  it('at the same time are carried out one after another', async () => {
    await book.start([school]);
    await book.apply('hilltop', proposal(school, wing));
    const outcomes = await Promise.all(
      ['internal', 'provider', 'provider', 'internal'].map((party) => book.apply('hilltop', step('approve', party))),
    );
    expect(outcomes.map((outcome) => ('refused' in outcome ? outcome.refused.got : 'done'))).toEqual([
      'done',
      'done',
      'wing, which is approved',
      'wing, which is approved',
    ]);
  });

  it('see what another process wrote', async () => {
    await book.start([school]);
    const other = new EngagementBook({ db, clock });
    await other.start([school]);
    await other.apply('hilltop', proposal(school, wing));
    expect('record' in (await book.apply('hilltop', step('approve', 'internal')))).toBe(true);
    expect(await other.expire()).toMatchObject([{ events: [{ type: 'approved' }] }]);
  });

  it('are refused by the guard, which sees the school as it would be', async () => {
    await book.start([school]);
    await book.apply('hilltop', proposal(school, wing));
    const seen: string[][] = [];
    const guard = (candidate: School, now: School, id: string) => {
      seen.push([id, ...now.engagements.map((e) => e.id), '->', ...candidate.engagements.map((e) => e.id)]);
      return { expected: 'no gap', got: 'a gap' };
    };
    expect(await book.apply('hilltop', step('approve', 'internal'), guard)).toEqual({
      refused: { expected: 'no gap', got: 'a gap' },
    });
    const urgent = proposal(school, { ...wing, id: 'flood' }, { type: 'break_glass', reason: 'flood' });
    expect('refused' in (await book.apply('hilltop', urgent, guard))).toBe(true);
    expect('record' in (await book.apply('hilltop', step('withdraw', 'internal'), guard))).toBe(true);
    expect(seen).toEqual([
      ['wing', 'infra', '->', 'infra', 'wing'],
      ['flood', 'infra', '->', 'infra', 'flood'],
    ]);
  });

  it('that cannot be written change nothing, and the next one may', async () => {
    await book.start([school]);
    await db.schema.alterTable('engagement_event').renameTo('away').execute();
    await expect(book.apply('hilltop', proposal(school, wing))).rejects.toThrow(/no such table|does not exist/);
    await db.schema.alterTable('away').renameTo('engagement_event').execute();
    expect([...book.records('hilltop').keys()]).toEqual(['infra']);
    expect('record' in (await book.apply('hilltop', proposal(school, wing)))).toBe(true);
  });
});

describe('the passing of time', () => {
  it('reminds, and ends', async () => {
    await book.start([school]);
    await agreeOnWing();
    expect(await book.expire()).toEqual([]);
    await clock.advance(Date.parse('2026-10-12T00:00-04:00') - T0);
    expect(await book.expire()).toMatchObject([
      { school: 'hilltop', events: [{ type: 'reminded', engagement: 'wing' }] },
    ]);
    expect(await book.expire()).toEqual([]);
    await clock.advance(3 * DAY);
    expect(book.records('hilltop').get('wing')!.status).toBe('expired');
    expect(await book.expire()).toMatchObject([{ events: [{ type: 'expired', engagement: 'wing' }] }]);
    expect([inForce(book), await book.expire()]).toEqual([['infra'], []]);
  });

  it('revokes what one side alone began, unless the other approves within a day', async () => {
    await book.start([school]);
    const begin = (id: string): Promise<unknown> => {
      const body: Body = { ...wing, id };
      return book.apply('hilltop', proposal(school, body, { type: 'break_glass', reason: 'flood' }));
    };
    await begin('kept');
    await begin('lost');
    expect(inForce(book)).toEqual(['infra', 'kept', 'lost']);
    await clock.advance(DAY - 1);
    await book.apply('hilltop', step('approve', 'provider', 'kept'));
    await clock.advance(1);
    expect(await book.expire()).toMatchObject([
      { events: [{ type: 'revoked', engagement: 'lost', party: null, actor: 'collector' }] },
    ]);
    expect(inForce(book)).toEqual(['infra', 'kept']);
  });

  it('is written down by whatever comes next', async () => {
    await book.start([school]);
    await agreeOnWing();
    await clock.advance(20 * DAY);
    await book.apply('hilltop', step('approve', 'internal'));
    expect((await logged()).at(-1)).toBe('expired wing collector');
  });
});
