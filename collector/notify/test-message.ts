import type { NewMessage, OutboxRow } from '../state/outbox.ts';
import type { SchoolDirectory } from './directory.ts';
import { messageId } from './ledger.ts';
import { clockFace } from './message.ts';

/** Says that a channel works; asks for nothing. */
export interface TestMessage {
  readonly type: 'test';
  readonly timestamp: string;
  readonly data: {
    readonly test: { readonly school: string; readonly contact: string; readonly channel: string };
    readonly text: string;
  };
}

const ABOUT = 'test ';

/** Tests are tried once, and also where nothing else is sent any more: they are how one finds out. */
export function isTest({ alertId, kind }: Pick<OutboxRow, 'alertId' | 'kind'>): boolean {
  return kind === 'note' && alertId.startsWith(ABOUT);
}

export interface TestOf {
  readonly school: string;
  readonly contact: string;
  readonly channel: string;
  /** Who asked for it. */
  readonly by: string;
}

/** A message like any other, for the outbox; `nonce` keeps two tests apart. */
export function testMessage({ by, ...of }: TestOf, nonce: string, directory: SchoolDirectory, now: number): NewMessage {
  const { school, contact, channel } = of;
  const at = clockFace(directory.timezone, now)(now);
  const message: TestMessage = {
    type: 'test',
    timestamp: new Date(now).toISOString(),
    data: {
      test: of,
      text: [
        `TEST at ${directory.name}: this is how ${directory.nameOf(contact)} is told over ${channel}`,
        `Sent at ${at} by ${by}. Nothing is wrong, and there is nothing to do.`,
      ].join('\n'),
    },
  };
  const about = `${ABOUT}${nonce}`;
  return {
    id: messageId(about, 'note', 0, -1, 0, { party: '', contact, channel }),
    alertId: about,
    school,
    kind: 'note',
    round: 0,
    party: '',
    contact,
    channel,
    step: -1,
    repeat: 0,
    repeatMs: null,
    transfer: false,
    body: JSON.stringify(message),
    dueAt: now,
    createdAt: now,
  };
}
