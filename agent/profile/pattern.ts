/**
 * Regular expressions of the profile dialects are Go's (RE2 syntax, https://github.com/google/re2/wiki/Syntax). What JavaScript writes otherwise
 * is put into its words: flags in the middle, named groups, `\A` and `\z`, `\Q...\E`, POSIX classes, and a `.` that stops at a line feed only.
 *
 * @throws SyntaxError for what has no equal
 */
export function goPattern(source: string): RegExp {
  const { text, flags } = translate(source);
  return new RegExp(text, flags);
}

/** `\1` and `${1}` (in whichever dialect) as `$1`. */
export function goTemplate(template: string): string {
  return template.replace(/\\(\d)/g, '$$$1').replace(/\$\{(\d)\}/g, '$$$1');
}

const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

interface Group {
  /** What flags in the middle opened: closed with each branch of the group, and opened again for the next. */
  readonly opened: string[];
  dotAll: boolean;
}

const FLAGS = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])/;
const CLASS = /^\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]/;

function translate(source: string): { text: string; flags: string } {
  const groups: Group[] = [{ opened: [], dotAll: false }];
  let text = '';
  let flags = '';
  let rest = source;
  let found: RegExpExecArray | null = null;
  const take = (pattern: RegExp): boolean => {
    found = pattern.exec(rest);
    if (found) rest = rest.slice(found[0].length);
    return found !== null;
  };
  const open = (bracket: string, dotAll: boolean): void => {
    text += bracket;
    groups.push({ opened: [], dotAll });
  };
  while (rest !== '') {
    const top = groups.at(-1)!;
    const close = ')'.repeat(top.opened.length);
    if (take(/^\\Q(.*?)(?:\\E|$)/s)) text += escapeAll(found![1]!);
    else if (take(/^\\[pP](?:\{\^?\w+\}|\w)/)) {
      text += propertyOf(found![0]);
      flags = addFlags(flags, 'u');
    } else if (take(/^\\[\s\S]/)) text += escapeOf(found![0]);
    else if (take(CLASS)) text += classOf(found![0]);
    else if (take(/^\(\?P?<([A-Za-z_]\w*)>/)) open(`(?<${found![1]}>`, top.dotAll);
    else if (take(FLAGS)) {
      const [, on = '', off = '', end] = found!;
      const { bracket, dotAll } = flagsOf(on, off, top.dotAll);
      if (end === ':') open(bracket || '(?:', dotAll);
      else {
        top.dotAll = dotAll;
        // At the very start the flags are those of the whole.
        if (text === '' && groups.length === 1 && off === '') flags = addFlags(flags, on.replaceAll('s', ''));
        else if (bracket !== '') {
          top.opened.push(bracket);
          text += bracket;
        }
      }
    } else if (take(/^\(\?/)) throw new SyntaxError('looking ahead or behind is not in RE2');
    else if (take(/^\(/)) open('(', top.dotAll);
    else if (take(/^\)/)) {
      if (groups.length > 1) groups.pop();
      text += `${close})`;
    } else if (take(/^\|/)) text += `${close}|${top.opened.join('')}`;
    else if (take(/^\./)) text += top.dotAll ? '[\\s\\S]' : '[^\\n]';
    else if (take(/^[\s\S]/)) text += found![0];
  }
  return { text: text + ')'.repeat(groups[0]!.opened.length), flags };
}

/** The bracket that JavaScript needs for flags in the middle: none where only `s` changes, which the dot itself carries. */
function flagsOf(on: string, off: string, before: boolean): { bracket: string; dotAll: boolean } {
  if (/[^ims]/.test(on + off)) throw new SyntaxError(`the flags "${on}${off}" have no equal`);
  const set = on.replaceAll('s', '');
  const clear = off.replaceAll('s', '');
  return {
    bracket: set + clear === '' ? '' : `(?${set}${clear === '' ? '' : `-${clear}`}:`,
    dotAll: on.includes('s') || (before && !off.includes('s')),
  };
}

function escapeOf(written: string): string {
  if (written === '\\A') return '(?<![\\s\\S])';
  if (written === '\\z') return '(?![\\s\\S])';
  if (written === '\\a') return '\\x07';
  if (written === '\\C') throw new SyntaxError('\\C has no equal');
  return written;
}

/** `\pL`, `\p{Greek}`, `\p{^Greek}`. */
function propertyOf(written: string): string {
  const [, letter, not, name] = /^\\([pP])\{?(\^?)(\w+)\}?$/.exec(written)!;
  const negative = (letter === 'P') !== (not === '^');
  return `\\${negative ? 'P' : 'p'}{${name!.length > 2 ? `Script=${name}` : name}}`;
}

function classOf(text: string): string {
  const [, open, first, inner] = /^(\[\^?)(\]?)([\s\S]*)\]$/.exec(text)!;
  const body = inner!.replace(/\[:(\^?)(\w+):\]|\\[\s\S]|\[/g, (whole, not?: string, name?: string) => {
    if (whole === '[') return '\\[';
    if (name === undefined) return whole;
    const known = POSIX[name];
    if (known === undefined || not === '^') throw new SyntaxError(`the class ${whole} has no equal`);
    return known;
  });
  return `${open}${first === ']' ? '\\]' : ''}${body}]`;
}

function escapeAll(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function addFlags(flags: string, more: string): string {
  return [...new Set(flags + more)].join('');
}
