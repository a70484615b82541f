import type { AlertEvent } from '../alert/alert.ts';
import type { OutboxRow } from '../state/outbox.ts';
import type { TestResult } from '../state/safety-net.ts';

/** Attempts after which a message that is still tried counts as failing: fewer are a blip. */
const FAILING_AFTER = 3;

/** What became of a test message, by its row in the outbox and the events about it; the same object when nothing changed. */
export function settledResult(
  before: TestResult,
  messages: readonly OutboxRow[],
  events: readonly Pick<AlertEvent, 'type' | 'detail'>[],
  now: number,
): TestResult {
  const row = messages.find(({ contact, channel }) => contact === before.contact && channel === before.channel);
  const become = (result: TestResult['result'], reason: string | null): TestResult =>
    result === before.result && reason === before.reason ? before : { ...before, result, reason, changedAt: now };
  if (!row) return become('failed', 'its message is gone');
  switch (row.status) {
    case 'sent': {
      // What a channel has no use for is done with, and no event says that somebody was told.
      const told = events.some(({ type, detail }) => type === 'notified' && detail['message'] === row.id);
      return told ? become('delivered', null) : become('skipped', 'this channel carries alerts only');
    }
    case 'failed':
    case 'cancelled':
      return become('failed', row.lastError);
    case 'waiting':
    case 'sending':
      return row.attempts < FAILING_AFTER || row.lastError === null ? before : become('failing', row.lastError);
  }
}
