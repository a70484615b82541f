import type { CalendarFeed } from '../engagement/school.ts';
import type { GuardedClient } from '../outbound/guarded-request.ts';
import { fetchFeed } from './feed-fetch.ts';
import { readFeedFile } from './feed-file.ts';

/** What is known of the text that one has: a server's ETag and Last-Modified, or the mark of a file. */
export interface KnownText {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export type FeedAnswer =
  /** What one has is still current. */
  | { readonly kind: 'unchanged' }
  | ({ readonly kind: 'text'; readonly text: string } & KnownText)
  /** In plain words; without the path of a URL, which may be a secret. */
  | { readonly kind: 'failed'; readonly reason: string };

export const NOTHING_KNOWN: KnownText = { etag: null, lastModified: null };

/** As it is written down and compared. */
export function locationText(location: CalendarFeed['location']): string {
  return 'url' in location ? location.url : location.file;
}

/** Where a feed comes from, for people: of a URL the server only, since whoever knows the whole may read the calendar. */
export function sourceText(location: CalendarFeed['location']): string {
  if ('file' in location) return location.file;
  return URL.canParse(location.url) ? `${new URL(location.url).host}/…` : 'not a URL';
}

/** Reads a feed once. Never throws. */
export function readFeed(
  location: CalendarFeed['location'],
  known: KnownText,
  client: GuardedClient,
  signal: AbortSignal,
): Promise<FeedAnswer> {
  return 'url' in location
    ? fetchFeed(location.url, known, client, signal)
    : readFeedFile(location.file, known, signal);
}
