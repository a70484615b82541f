import { z } from 'zod';

/** A regular expression as school files write them: `(?i)` at its start ignores case. @throws SyntaxError */
export function patternOf(text: string): RegExp {
  return text.startsWith('(?i)') ? new RegExp(text.slice(4), 'iu') : new RegExp(text, 'u');
}

export const pattern = z.string().refine(isPattern, 'a regular expression');

function isPattern(text: string): boolean {
  try {
    patternOf(text);
    return true;
  } catch {
    return false;
  }
}
