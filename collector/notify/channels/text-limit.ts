const ELLIPSIS = '…';
/** How far back a word may begin; a longer word is cut. */
const LONGEST_WORD = 40;

/** At most `limit` UTF-16 units, cut at a word, with an ellipsis; never half of a surrogate pair. */
export function cut(text: string, limit: number): string {
  return cutBy(text, limit, (part) => part.length);
}

/** At most `limit` bytes of UTF-8, otherwise as `cut`. */
export function cutBytes(text: string, limit: number): string {
  return cutBy(text, limit, (part) => Buffer.byteLength(part));
}

function cutBy(raw: string, limit: number, size: (text: string) => number): string {
  // A lone surrogate has no UTF-8: services refuse the whole message for it.
  const text = raw.toWellFormed();
  if (size(text) <= limit) return text;
  const room = limit - size(ELLIPSIS);
  if (room < 0) return '';
  let length = longestPrefix(text, room, size);
  const before = text.charCodeAt(length - 1);
  if (before >= 0xd800 && before < 0xdc00) length--;
  return atWord(text, length) + ELLIPSIS;
}

function longestPrefix(text: string, room: number, size: (text: string) => number): number {
  let [low, high] = [0, Math.min(text.length, room)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (size(text.slice(0, middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return low;
}

function atWord(text: string, length: number): string {
  const kept = text.slice(0, length);
  if (/\s/.test(text[length] ?? ' ')) return kept.trimEnd();
  const space = kept.search(/\s\S*$/);
  return (space > 0 && length - space <= LONGEST_WORD ? kept.slice(0, space) : kept).trimEnd();
}

/** `text` with the reference on a line of its own at the end, which the cut leaves whole, and before it `lines` (each with its line break). */
export function withReference(text: string, id: string, limit: number, shorten = cut, lines = ''): string {
  const line = `${text === '' ? '' : '\n'}${lines}Ref ${id}`;
  // In bytes, which are never fewer than characters.
  return shorten(text, limit - Buffer.byteLength(line)) + line;
}

/** The first of `longest`, a half of it, a quarter ... for which what `render` makes is at most `limit` bytes: escaping may multiply a text. */
export function fitting(longest: number, limit: number, render: (textLimit: number) => string): string {
  for (let textLimit = longest; ; textLimit = Math.floor(textLimit / 2)) {
    const body = render(textLimit);
    if (Buffer.byteLength(body) <= limit || textLimit < 64) return body;
  }
}
