import { describe, expect, it } from 'vitest';
import { earlyPages, hopelessAt, messageId, owedClosings } from '../../../collector/notify/ledger.ts';
import type { OutboxRow } from '../../../collector/state/outbox.ts';

function row(overrides: Partial<OutboxRow>): OutboxRow {
  const base: OutboxRow = {
    id: '',
    alertId: 'a',
    school: 's',
    kind: 'open',
    round: 0,
    party: 'provider',
    contact: 'kim',
    channel: 'phone',
    step: 0,
    repeat: 0,
    repeatMs: null,
    transfer: false,
    body: '{}',
    status: 'waiting',
    uncertain: false,
    dueAt: 0,
    attempts: 0,
    lastError: null,
    createdAt: 0,
    sentAt: null,
    interrupted: false,
    groupId: null,
  };
  const full = { ...base, ...overrides };
  return { ...full, id: `${full.contact}/${full.channel}/${full.step}.${full.repeat}` };
}

describe('who must hear that it is over', () => {
  const names = (rows: OutboxRow[]) => owedClosings(rows).map((t) => `${t.contact}/${t.channel}`);
  it.each<[string, OutboxRow[], string[]]>([
    ['nobody was told', [row({ status: 'waiting' }), row({ contact: 'ng', status: 'cancelled' })], []],
    ['one was told', [row({ status: 'sent' }), row({ contact: 'ng', status: 'cancelled' })], ['kim/phone']],
    [
      'told three times',
      [row({ status: 'sent' }), row({ status: 'sent', step: 1 }), row({ status: 'sent', step: 2 })],
      ['kim/phone'],
    ],
    ['two channels', [row({ status: 'sent' }), row({ status: 'sent', channel: 'mail' })], ['kim/phone', 'kim/mail']],
    ['given up, surely not arrived', [row({ status: 'failed' })], []],
    ['withdrawn, but an attempt may have arrived', [row({ status: 'cancelled', uncertain: true })], ['kim/phone']],
    ['under way', [row({ status: 'sending' })], []],
    ['told, and a repeat under way', [row({ status: 'sent' }), row({ status: 'sending', repeat: 1 })], []],
    ['one under way, another told', [row({ status: 'sending' }), row({ contact: 'ng', status: 'sent' })], ['ng/phone']],
    ['the closing itself is no reason for one', [row({ kind: 'resolved', step: -1, status: 'sent' })], []],
  ])('%s', (_name, rows, expected) => expect(names(rows)).toEqual(expected));
});

describe('who is told early', () => {
  const first = row({ attempts: 3 });
  const again = row({ step: 1 });
  const other = row({ step: 2, contact: 'ng', party: 'internal' });
  const net = row({ step: 3, contact: 'noc', party: 'safety_net' });
  const early = (rows: OutboxRow[], failed = rows[0]!) =>
    earlyPages(
      rows,
      failed,
      hopelessAt(0, () => false),
    ).map((r) => r.id);

  it('the next step with another contact', () => expect(early([first, again, other, net])).toEqual([other.id]));
  it('nobody when that step was told already', () =>
    expect(early([first, again, row({ step: 2, contact: 'ng', status: 'sent' }), net])).toEqual([]));
  it('all contacts of that step', () => {
    const two = row({ step: 2, contact: 'obi' });
    expect(early([first, other, two])).toEqual([other.id, two.id]);
  });
  it('nobody while another channel of the same step was reached or is still tried', () => {
    expect(early([first, row({ channel: 'mail', status: 'sent' }), other])).toEqual([]);
    expect(early([first, row({ channel: 'mail', attempts: 1 }), other])).toEqual([]);
    expect(early([first, row({ channel: 'mail', status: 'sending', attempts: 2 }), other])).toEqual([]);
  });
  it('when every channel of the step failed', () => {
    expect(early([first, row({ channel: 'mail', attempts: 4 }), other])).toEqual([other.id]);
    expect(early([first, row({ channel: 'mail', status: 'failed' }), other])).toEqual([other.id]);
  });
  it('nobody after the last', () => expect(early([net])).toEqual([]));
});

describe('ids', () => {
  const kim = { party: 'provider', contact: 'it.kim', channel: 'phone' };
  it('are the same for the same message and differ otherwise', () => {
    const id = messageId('a', 'open', 0, 0, 0, kim);
    expect(messageId('a', 'open', 0, 0, 0, { ...kim })).toBe(id);
    const others = [
      messageId('b', 'open', 0, 0, 0, kim),
      messageId('a', 'resolved', 0, 0, 0, kim),
      messageId('a', 'open', 1, 0, 0, kim),
      messageId('a', 'open', 0, 1, 0, kim),
      messageId('a', 'open', 0, 0, 1, kim),
      messageId('a', 'open', 0, 0, 0, { ...kim, contact: 'x' }),
      messageId('a', 'open', 0, 0, 0, { ...kim, channel: 'x' }),
    ];
    expect(new Set([id, ...others]).size).toBe(8);
  });
  it('name nobody and hold no dot, which would end the signed id', () => {
    expect(messageId('a', 'open', 0, 0, 0, kim)).toMatch(/^msg_[A-Za-z0-9_-]{27}$/);
  });
});
