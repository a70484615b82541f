import { dateWithYear } from '../date-text.ts';
import type { School } from '../school.ts';
import type { Coverage } from './coverage.ts';

/** Shifts listed of each party. */
const LISTED = 30;

/** Whose shifts these are, for a terminal; nothing where nobody takes turns. */
export function onCallLines(school: School, { onCall }: Pick<Coverage, 'onCall'>): string[] {
  return onCall.flatMap(({ party, spans }) => [
    `  ${party}`,
    ...spans.slice(0, LISTED).map(({ start, end, contact, named, by }) => {
      const standIn = named !== undefined && named !== contact ? `, for ${named} who is absent` : '';
      const why = by === 'first' ? 'no shift' : by;
      return `    ${dateWithYear(school, start)} to ${dateWithYear(school, end)}  ${contact ?? 'nobody'} (${why}${standIn})`;
    }),
    ...(spans.length > LISTED ? [`    and ${spans.length - LISTED} more`] : []),
  ]);
}
