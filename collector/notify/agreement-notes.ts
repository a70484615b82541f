import type { Clock } from '../../core/clock.ts';
import type { EngagementEvent } from '../engagement/agreement/engagement-event.ts';
import { dateTime } from '../engagement/explain.ts';
import type { School } from '../engagement/school.ts';
import type { StateDb } from '../state/database.ts';
import type { BookChange, EngagementBook } from '../state/engagement-book.ts';
import { type SchoolTransaction, schoolTransactions } from '../state/school-transaction.ts';
import type { AgreementMessage } from './message.ts';
import type { Pager } from './pager.ts';

export interface AgreementNotesParts {
  readonly db: StateDb;
  readonly book: EngagementBook;
  readonly pager: Pager;
  readonly clock: Clock;
  readonly outbox: { notify(): void };
  readonly inSchool?: SchoolTransaction;
  /** Whether this collector answers for the school now; default: it does for all. */
  readonly holds?: (school: string) => boolean;
}

/** What time does to agreements that the parties should hear of. */
const TOLD = ['reminded', 'expired', 'revoked'] as const;
type Told = (typeof TOLD)[number];

/** Tells both sides that an agreement is about to end, or has. */
export class AgreementNotes {
  readonly #parts: AgreementNotesParts;

  constructor(parts: AgreementNotesParts) {
    this.#parts = parts;
  }

  async tell(changes: readonly BookChange[]): Promise<void> {
    for (const { school: id, events } of changes) {
      const school = this.#parts.book.configured(id);
      if (!school || !(this.#parts.holds?.(id) ?? true)) continue;
      for (const event of events) if (isTold(event)) await this.#tellEvent(school, event);
    }
  }

  async #tellEvent(school: School, event: EngagementEvent & { readonly type: Told }): Promise<void> {
    const { db, book, pager, clock, outbox, inSchool = schoolTransactions(db) } = this.#parts;
    const record = book.records(school.school).get(event.engagement);
    const terms = record?.versions.find(({ version }) => version === event.version);
    const concerned = new Set(
      [...school.parties.keys()].filter((party) => terms?.needs.flat().includes(party) ?? true),
    );
    const now = clock.now();
    await inSchool(school.school, async (tx) => {
      for (const party of concerned) {
        const contact = school.parties.get(party)?.contacts[0];
        if (contact === undefined) continue;
        const message = agreementMessage(school, event, terms?.until ?? null, contact, now);
        await pager.note(
          tx,
          { about: `agreement ${event.engagement}`, school: school.school, party, contact, message },
          now,
        );
      }
    });
    outbox.notify();
  }
}

function isTold(event: EngagementEvent): event is EngagementEvent & { readonly type: Told } {
  return (TOLD as readonly string[]).includes(event.type) && event.party === null;
}

/** Pure: what a party is told of an agreement's end. `at`: ms. */
export function agreementMessage(
  school: School,
  event: { readonly type: Told; readonly engagement: string; readonly version: number },
  until: number | null,
  contact: string,
  at: number,
): AgreementMessage {
  const { engagement, version } = event;
  const end = until === null ? '' : ` ${dateTime(school, until)}`;
  const text = {
    reminded: `ENDS SOON at ${school.school}: the agreement "${engagement}" ends${end}. If it should go on, both sides have to approve an extension before.`,
    expired: `ENDED at ${school.school}: the agreement "${engagement}" ended${end}. What it covered is answered for as agreed otherwise from now on.`,
    revoked: `REVOKED at ${school.school}: the agreement "${engagement}" was not approved by the other side within a day and no longer counts.`,
  }[event.type];
  return {
    type: `agreement.${event.type}`,
    timestamp: new Date(at).toISOString(),
    data: {
      agreement: { engagement, version, until: until === null ? null : new Date(until).toISOString(), contact },
      text,
    },
  };
}
