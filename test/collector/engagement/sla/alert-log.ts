import fc from 'fast-check';
import type { LoggedEvent } from '../../../../collector/engagement/sla/interval.ts';

export const MINUTE = 60_000;

/** An event at a minute, decided then (or `late` minutes later). */
export function event(minute: number, type: string, detail: Record<string, unknown> = {}, late = 0): LoggedEvent {
  return { type, at: minute * MINUTE, decidedAt: (minute + late) * MINUTE, detail };
}

export const opened = (minute: number, owner: string, why = 'base') =>
  event(minute, 'opened', { decision: { owner, why } });
export const moved = (minute: number, from: string, to: string, why = 'ladder') =>
  event(minute, 'owner_changed', { from, to, why, reason: 'nobody answered' });
export const acked = (minute: number, party: string) => event(minute, 'acked', { party, contact: 'kim', note: '' });
export const noted = (minute: number, party: string) =>
  event(minute, 'noted', { party, note: 'a new cable is on its way' });
export const paused = (minute: number, party: string, reason = 'waits for the landlord') =>
  event(minute, 'paused', { party, reason });
export const resumed = (minute: number, party: string) => event(minute, 'resumed', { party });
export const resolved = (minute: number) => event(minute, 'resolved', { value: 0 });

const PARTIES = ['internal', 'provider', 'cabler'] as const;
const party = fc.constantFrom(...PARTIES);
const deed = fc.oneof(
  fc.record({ kind: fc.constant('move' as const), party }),
  fc.record({ kind: fc.constantFrom('acked', 'noted', 'paused', 'resumed', 'declined', 'notified'), party }),
);

/** A log in order of time, from opening to resolution (or not yet): moves to whomever, deeds of owners and of others. */
export const alertLog: fc.Arbitrary<LoggedEvent[]> = fc
  .record({
    owner: party,
    deeds: fc.array(fc.tuple(fc.integer({ min: 0, max: 90 }), deed), { maxLength: 25 }),
    open: fc.boolean(),
  })
  .map(({ owner, deeds, open }) => {
    const log = [opened(10, owner)];
    let minute = 10;
    let current: string = owner;
    for (const [wait, { kind, party }] of deeds) {
      minute += wait;
      if (kind !== 'move') log.push(event(minute, kind, { party, reason: 'r' }));
      else if (party !== current) log.push(moved(minute, current, party));
      if (kind === 'move') current = party;
    }
    if (!open) log.push(resolved(minute + 1));
    // Decided in this order, also where several happened in one minute.
    return log.map((e, i) => ({ ...e, decidedAt: e.decidedAt + i }));
  });

/** The same events in the order of other numbers. */
export function reorder(log: readonly LoggedEvent[], keys: readonly number[]): LoggedEvent[] {
  return log
    .map((e, i) => ({ e, key: keys[i % keys.length]! * (i + 1) }))
    .sort((a, b) => a.key - b.key)
    .map(({ e }) => e);
}
