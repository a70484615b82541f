import { patternOf } from '../pattern.ts';
import type { CalendarMapping } from '../school.ts';

/** What a school's year is made of, in our words. An event whose own CATEGORIES say one of them needs no mapping. */
export const CALENDAR_CATEGORIES = [
  'TESTING',
  'START_UP',
  'CLOSE_OUT',
  'REMOTE_LEARNING',
  'NO_SCHOOL',
  'HALF_DAY',
  'EVENT',
] as const;

/** Patterns are tried on this much of a text; a summary that is longer is a mistake. */
const MATCHED_CHARACTERS = 500;

/** Gives events our categories, those of the map after those of their own, each once. */
export type Categorise = (summary: string, own: readonly string[]) => string[];

export function categoriser(map: readonly CalendarMapping[]): Categorise {
  const patterns = map.map(({ summary, categories, category }) => ({
    category,
    summary: summary === undefined ? undefined : patternOf(summary),
    categories: categories === undefined ? undefined : patternOf(categories),
  }));
  return (summary, own) => {
    const [text, names] = [cut(summary), own.map(cut)];
    const mapped = patterns
      .filter((p) => p.summary?.test(text) !== false)
      .filter((p) => p.categories === undefined || names.some((name) => p.categories!.test(name)))
      .map((p) => p.category);
    return [...new Set([...own.flatMap(ourWord), ...mapped])];
  };
}

function cut(text: string): string {
  return text.slice(0, MATCHED_CHARACTERS);
}

/** `No school` -> NO_SCHOOL. */
function ourWord(written: string): string[] {
  const word = written
    .trim()
    .toUpperCase()
    .replace(/[\s-]+/g, '_');
  return CALENDAR_CATEGORIES.filter((category) => category === word);
}
