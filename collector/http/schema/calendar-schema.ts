import { z } from 'zod';
import type { CalendarList, IcsLinkCreated, IcsLinkList } from '../../../core/calendar-api.ts';
import { count, nullable, time } from './schema-parts.ts';

const events = z.array(z.strictObject({ summary: z.string(), start: time, end: time }));

const contents = z
  .strictObject({
    categories: z.array(z.strictObject({ category: z.string(), count, events })),
    unmapped: events,
    unmappedCount: count,
    problems: z.array(z.string()),
  })
  .meta({ id: 'CalendarContents' });

export const calendarListReply = z.strictObject({
  school: z.string(),
  tz: z.string(),
  calendars: z.array(
    z.strictObject({
      calendar: z.string(),
      status: z.enum(['written', 'ok', 'pending', 'failed', 'never_read']),
      source: nullable(z.string()),
      fetchedAt: nullable(time),
      checkedAt: nullable(time),
      failedSince: nullable(time),
      error: nullable(z.string()),
      contents,
      pending: nullable(z.strictObject({ id: z.string(), seenAt: time, reasons: z.array(z.string()), contents })),
    }),
  ),
}) satisfies z.ZodType<CalendarList>;

export const linkListReply = z.strictObject({
  links: z.array(
    z.strictObject({ id: z.string(), party: nullable(z.string()), createdAt: time, revokedAt: nullable(time) }),
  ),
}) satisfies z.ZodType<IcsLinkList>;

export const linkReply = z.strictObject({
  id: z.string(),
  url: z.string().describe('shown this once'),
}) satisfies z.ZodType<IcsLinkCreated>;
