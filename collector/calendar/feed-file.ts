import { open } from 'node:fs/promises';
import { errorMessage } from '../../core/errors.ts';
import { MAX_CALENDAR_BYTES } from '../engagement/calendar/ical.ts';
import type { FeedAnswer, KnownText } from './feed.ts';

/** Reads a calendar file. Size and time of its last change stand for its content, as a server's ETag does. */
export async function readFeedFile(file: string, known: KnownText, signal: AbortSignal): Promise<FeedAnswer> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size, mtimeMs, isFile } = await handle.stat().then((s) => ({ ...s, isFile: s.isFile() }));
      if (!isFile) return { kind: 'failed', reason: 'not a file' };
      const etag = `${size} ${mtimeMs}`;
      if (etag === known.etag) return { kind: 'unchanged' };
      if (size > MAX_CALENDAR_BYTES) return { kind: 'failed', reason: 'larger than 5 MB' };
      const text = await handle.readFile({ encoding: 'utf8', signal });
      return { kind: 'text', text, etag, lastModified: null };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { kind: 'failed', reason: errorMessage(error) };
  }
}
