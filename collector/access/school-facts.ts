import { type EngagementRecords, partiesTo, proposalOf } from '../engagement/agreement/engagement-record.ts';
import type { School } from '../engagement/school.ts';
import type { SchoolFacts } from './access.ts';

/** Where the agreements of the schools are kept: the book, as far as access needs it. */
export interface AgreementSource {
  effective(school: string): School | undefined;
  records(school: string): EngagementRecords;
}

/** What decides who may look into a school, as agreed now; undefined: it is not configured. */
export function schoolFacts(book: AgreementSource, school: string): SchoolFacts | undefined {
  const agreed = book.effective(school);
  if (!agreed) return undefined;
  const waiting = [...book.records(school).values()].flatMap((record) => {
    const version = proposalOf(record);
    return version && version.stage !== 'draft' ? [{ engagement: record.id, parties: partiesTo(version) }] : [];
  });
  return { agreed, waiting };
}
