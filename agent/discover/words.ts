/** One line of text, whatever a device says: no control character, no line break of any kind, not endless. */
export function safe(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 200)
    .toWellFormed();
}

/** `1 address`, `2 addresses`. */
export function counted(count: number, noun: 'device' | 'address'): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}${noun === 'address' ? 'es' : 's'}`;
}
