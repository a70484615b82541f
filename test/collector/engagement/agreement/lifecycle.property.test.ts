import fc from 'fast-check';
import { expect, it } from 'vitest';
import { effectiveSchool } from '../../../../collector/engagement/agreement/effective-school.ts';
import {
  type EngagementRecord,
  type EngagementRecords,
  inForceOf,
  missingApprovals,
  versionOf,
} from '../../../../collector/engagement/agreement/engagement-record.ts';
import { foldEngagements } from '../../../../collector/engagement/agreement/lifecycle.ts';
import { STEPS } from '../../../../collector/engagement/agreement/lifecycle-decision.ts';
import type { School } from '../../../../collector/engagement/school.ts';
import { type Body, HOUR, Ledger, proposal, schoolWithFile } from './partnership.ts';

const PARTIES = ['internal', 'provider', 'cabler'];
const party = fc.constantFrom(...PARTIES);
/** Of the API, of the file, and one that both may try. */
const id = fc.constantFrom('a', 'f', 'both');
const body = fc.record({
  kind: fc.constantFrom('domain', 'adhoc', 'adhoc'),
  until: fc.constantFrom(undefined, '2026-10-08', '2026-10-15', '2026-11-01'),
  grants: fc.constantFrom('provider', 'internal', 'cabler').map((owner) => [{ owner }]),
});
const written = fc
  .record({
    id: fc.constantFrom('f', 'both'),
    body,
    status: fc.constantFrom('draft', 'proposed', 'approved', 'approved', 'approved', 'suspended', 'ended', 'revoked'),
    approvals: fc.oneof(fc.constant(['internal', 'provider', 'cabler']), fc.subarray(PARTIES)),
    approved_at: fc.constantFrom(undefined, '2026-07-01', '2026-10-05', '2026-10-06'),
  })
  .map(({ body, ...rest }): Body => JSON.parse(JSON.stringify({ ...rest, ...body })) as Body);

type Action = (ledger: Ledger) => void;
const actions: fc.Arbitrary<Action> = fc.oneof(
  fc
    .tuple(
      id,
      body,
      party,
      fc.constantFrom('propose', 'change', 'break_glass'),
      fc.constantFrom('draft', 'proposed', 'proposed'),
    )
    .map(
      ([id, text, party, type, stage]): Action =>
        (ledger) => {
          const clean = JSON.parse(JSON.stringify({ id, ...text })) as Body;
          ledger.try(proposal(ledger.school, clean, { type, party, stage, reason: 'why' }));
        },
    ),
  {
    arbitrary: fc.tuple(fc.constantFrom(...STEPS, 'approve', 'approve', 'accept'), party, id).map(
      ([type, party, id]): Action =>
        (ledger) => {
          ledger.step(type, party, id);
        },
    ),
    weight: 4,
  },
  fc.uniqueArray(written, { selector: (one) => one['id'], maxLength: 2 }).map(
    (file): Action =>
      (ledger) => {
        ledger.import(schoolWithFile(file));
      },
  ),
  fc.tuple(fc.integer({ min: 0, max: 60 }), fc.boolean()).map(
    ([hours, writtenDown]): Action =>
      (ledger) => {
        if (writtenDown) ledger.pass(hours * HOUR);
        else ledger.at += hours * HOUR;
      },
  ),
);

function checkInForce(record: EngagementRecord, at: number): void {
  const version = inForceOf(record);
  if (!version) return;
  expect(version.until ?? Infinity).toBeGreaterThan(at);
  const parties = new Set(version.approvals.map((approval) => approval.party));
  if (version.breakGlass) {
    expect([version.kind, at < version.breakGlass.deadline, parties.size > 0]).toEqual(['adhoc', true, true]);
    return;
  }
  expect([missingApprovals(version), version.stage, parties.size >= 2]).toEqual([[], 'approved', true]);
}

/** A version gives way only to a newer one that all have approved, or to an end. */
function checkSuccession(before: EngagementRecord | undefined, after: EngagementRecord): void {
  if (!before || before.inForce === null || after.inForce === before.inForce) return;
  if (after.inForce === null) expect(['ended', 'revoked', 'expired']).toContain(after.closed?.status);
  else expect([after.inForce > before.inForce, missingApprovals(versionOf(after, after.inForce)!)]).toEqual([true, []]);
}

function checkSchool(school: School, records: EngagementRecords): void {
  const counting = [...records.values()].filter((record) => record.inForce !== null).map((record) => record.id);
  expect(
    effectiveSchool(school, records)
      .engagements.map((e) => e.id)
      .sort(),
  ).toEqual(counting.sort());
}

it('whatever is asked, written and waited for: only what all approved is in force', () => {
  fc.assert(
    fc.property(fc.array(actions, { minLength: 1, maxLength: 40 }), (steps) => {
      const ledger = new Ledger(schoolWithFile([]));
      for (const act of steps) {
        const before = ledger.records;
        act(ledger);
        const { records } = ledger;
        // Work it out again from the beginning, as either side can.
        expect(foldEngagements(ledger.log, ledger.at)).toEqual(records);
        checkSchool(ledger.school, records);
        for (const [id, record] of records) {
          checkInForce(record, ledger.at);
          checkSuccession(before.get(id), record);
        }
      }
    }),
    { numRuns: 300 },
  );
}, 60_000);

it('what was written into the log once is never read differently later', () => {
  fc.assert(
    fc.property(fc.array(actions, { minLength: 1, maxLength: 25 }), (steps) => {
      const ledger = new Ledger(schoolWithFile([]));
      for (const act of steps) act(ledger);
      const half = ledger.log.slice(0, Math.floor(ledger.log.length / 2));
      for (const [id, record] of foldEngagements(half, ledger.at)) {
        const later = ledger.record(id).versions.slice(0, record.versions.length);
        expect(later.map((v) => [v.digest, v.needs])).toEqual(record.versions.map((v) => [v.digest, v.needs]));
      }
    }),
    { numRuns: 100 },
  );
});
