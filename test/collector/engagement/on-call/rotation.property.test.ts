import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Duty } from '../../../../collector/engagement/duty.ts';
import { OnCallSchedule } from '../../../../collector/engagement/on-call/on-call-schedule.ts';
import { RotationSchedule } from '../../../../collector/engagement/on-call/rotation.ts';
import type { Party, Rotation } from '../../../../collector/engagement/school.ts';
import { instantOfDay, localDay, localTime, offsetAt } from '../../../../collector/engagement/zoned-time.ts';

const DAY = 86_400_000;
/** With a change of an hour, of half an hour, at midnight, on the other half of the world, none, and one that left out a day. */
const ZONES = [
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Havana',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Pacific/Apia',
] as const;
const FROM = Date.UTC(2011, 0, 1);
const TO = Date.UTC(2027, 11, 31);

const rotations = fc.record({
  zone: fc.constantFrom(...ZONES),
  rotation: fc.record({
    contacts: fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e'), { minLength: 2, maxLength: 5 }),
    firstDay: fc.integer({ min: FROM / DAY, max: TO / DAY }),
    everyDays: fc.constantFrom(1, 2, 3, 7, 14),
    // Around the hours at which clocks change, too.
    handoverMinutes: fc.oneof(fc.integer({ min: 0, max: 1439 }), fc.constantFrom(0, 30, 60, 90, 120, 150, 180)),
  }),
  after: fc.integer({ min: 0, max: 500 * DAY }),
});

it('a rotation names exactly one contact at every instant, the next one from each hand-over on', () => {
  fc.assert(
    fc.property(rotations, ({ zone, rotation, after }) => {
      const schedule = new RotationSchedule(rotation, zone);
      const begins = instantOfDay(zone, rotation.firstDay, rotation.handoverMinutes);
      const from = begins + after;
      const { contacts } = rotation;
      const turn = schedule.at(from)!;
      expect(turn.start <= from && from < turn.end).toBe(true);
      expect([...turn.order].sort()).toEqual([...contacts].sort());
      // The same one all through it, the one after it from its very end.
      for (const at of [turn.start, turn.end - 1]) expect(schedule.at(at)!.order).toEqual(turn.order);
      const next = schedule.at(turn.end)!;
      expect(next.start).toBe(turn.end);
      const skipped = localDay(zone, turn.end) - localDay(zone, turn.start) > rotation.everyDays + 1;
      if (!skipped && next.end > next.start && zone !== 'Pacific/Apia')
        expect(next.order[0]).toBe(contacts[(contacts.indexOf(turn.order[0]!) + 1) % contacts.length]);
    }),
  );
});

it('its edges are the hand-overs and nothing else: at the time agreed by the clock on the wall, on days so far apart', () => {
  fc.assert(
    fc.property(rotations, ({ zone, rotation, after }) => {
      const schedule = new RotationSchedule(rotation, zone);
      const begins = instantOfDay(zone, rotation.firstDay, rotation.handoverMinutes);
      const from = begins + after;
      const to = from + 60 * DAY;
      const edges = schedule.edges(from, to);
      const expected: number[] = [];
      for (let day = rotation.firstDay; ; day += rotation.everyDays) {
        const at = instantOfDay(zone, day, rotation.handoverMinutes);
        if (at >= to) break;
        if (at >= from && !expected.includes(at)) expected.push(at);
      }
      expect(edges).toEqual(expected);
      for (const at of edges) {
        // On the day that Samoa left out in 2011 a turn of a day is over as it begins, and two may bring back the same one.
        if (zone !== 'Pacific/Apia') expect(schedule.at(at - 1)?.order[0]).not.toBe(schedule.at(at)?.order[0]);
        const { hour, minute } = localTime(zone, at);
        // Later only where that time does not exist on that day: then it is the first instant after the gap.
        if (hour * 60 + minute !== rotation.handoverMinutes)
          expect(offsetAt(zone, at - 1000)).not.toBe(offsetAt(zone, at));
      }
    }),
  );
});

it('before the first hand-over it is nobody’s turn', () => {
  fc.assert(
    fc.property(rotations, ({ zone, rotation }) => {
      const begins = instantOfDay(zone, rotation.firstDay, rotation.handoverMinutes);
      const schedule = new RotationSchedule(rotation, zone);
      expect(schedule.at(begins - 1)).toBeUndefined();
      expect(schedule.at(begins)?.order[0]).toBe(rotation.contacts[0]);
      expect(schedule.edges(begins - 400 * DAY, begins + 1)).toEqual([begins]);
    }),
  );
});

it('somebody who is there is on duty at every instant, whoever is away, and what changes does so at an edge', () => {
  const away = fc.array(
    fc.record({
      who: fc.subarray<string>(['a', 'b', 'c', 'd', 'e'], { minLength: 1 }),
      from: fc.integer({ min: 0, max: 40 * DAY }),
      length: fc.integer({ min: 1, max: 20 * DAY }),
    }),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(
      rotations,
      away,
      fc.array(fc.integer({ min: 0, max: 60 * DAY }), { minLength: 20 }),
      (r, absences, ats) => {
        const begins = instantOfDay(r.zone, r.rotation.firstDay, r.rotation.handoverMinutes);
        const duty = dutyOf(
          r.rotation,
          r.zone,
          absences.map(({ who, from, length }) => ({
            who,
            from: begins + from,
            to: begins + from + length,
          })),
        );
        const edges = duty.edges(begins, begins + 61 * DAY);
        for (const offset of ats) {
          const at = begins + offset;
          const told = duty.contact(at);
          const there = r.rotation.contacts.filter((contact) => !duty.absent(contact, at));
          if (there.length === 0) expect(told).toBeUndefined();
          else expect(there).toContain(told);
          if (there.includes(duty.named(at)!.contact)) expect(told).toBe(duty.named(at)!.contact);
          const edge = edges.findLast((e) => e <= at) ?? begins;
          expect(duty.contact(edge)).toBe(told);
        }
      },
    ),
  );
});

function dutyOf(rotation: Rotation, zone: string, absences: Party['absences']): Duty {
  const onCall = { rotation, overrides: [], match: [], lookAheadMs: 0 };
  const party = { id: 'p', name: 'P', contacts: rotation.contacts, coverage: 'always' as const, absences, onCall };
  return new Duty(party, zone, new OnCallSchedule(onCall, zone, { shifts: [], unknown: [] }));
}
