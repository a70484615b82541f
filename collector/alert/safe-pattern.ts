/**
 * Regular expressions of people's silences, matched in time that grows with the length of the value only: a backtracking engine can be made to
 * think for ever. A subset of RE2's syntax, as Alertmanager's matchers have it, anchored at both ends: literals, `.`, `[a-z]`, `[^...]`, `\d \w \s`,
 * groups, `|`, `* + ? {m,n}`. Look-arounds, back-references and flags are refused.
 */

/** One way through the pattern: to consume a character or to fork. */
type Node =
  | { readonly kind: 'take'; readonly test: (char: string) => boolean; next: number }
  | { readonly kind: 'fork'; next: number; other: number }
  | { readonly kind: 'end' };

export const PATTERN_LENGTH = 200;
/** States of the automaton: `{m,n}` multiplies. */
const STATE_LIMIT = 2_000;
const REPEAT_LIMIT = 100;
/** Deeper groups than anybody reads. */
const DEPTH_LIMIT = 20;

/** A test on whole values. @throws SyntaxError with what is not allowed, and where */
export function safePattern(text: string): (value: string) => boolean {
  if (text.length > PATTERN_LENGTH) throw new SyntaxError(`longer than ${PATTERN_LENGTH} characters`);
  const { nodes, start } = new Compiler(text).compile();
  return (value) => matches(nodes, start, value);
}

/** All states at once, a character at a time (Thompson 1968). */
function matches(nodes: readonly Node[], start: number, value: string): boolean {
  let states = closure(nodes, [start]);
  for (const char of value) {
    const after: number[] = [];
    for (const state of states) {
      const node = nodes[state]!;
      if (node.kind === 'take' && node.test(char)) after.push(node.next);
    }
    if (after.length === 0) return false;
    states = closure(nodes, after);
  }
  return [...states].some((state) => nodes[state]!.kind === 'end');
}

function closure(nodes: readonly Node[], from: readonly number[]): Set<number> {
  const reached = new Set<number>();
  const open = [...from];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (reached.has(state)) continue;
    reached.add(state);
    const node = nodes[state]!;
    if (node.kind === 'fork') open.push(node.next, node.other);
  }
  return reached;
}

/** What a part of the pattern means; compiled once for each time it is repeated. */
type Part =
  | { readonly kind: 'char'; readonly test: (char: string) => boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly min: number; readonly max: number };

class Compiler {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  readonly #nodes: Node[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  compile(): { nodes: readonly Node[]; start: number } {
    const part = this.#choice();
    if (this.#at < this.#text.length) throw this.#wrong('a ) too many');
    const end = this.#add({ kind: 'end' });
    return { nodes: this.#nodes, start: this.#build(part, end) };
  }

  /** Returns the state where the part begins, when `next` is where it goes on. */
  #build(part: Part, next: number): number {
    switch (part.kind) {
      case 'char':
        return this.#add({ kind: 'take', test: part.test, next });
      case 'sequence':
        return part.parts.reduceRight((after, inner) => this.#build(inner, after), next);
      case 'choice':
        return part.parts
          .map((inner) => this.#build(inner, next))
          .reduceRight((other, one) => this.#add({ kind: 'fork', next: one, other }));
      case 'repeat':
        return this.#repeat(part, next);
    }
  }

  #repeat({ part, min, max }: Part & { readonly kind: 'repeat' }, next: number): number {
    let start = next;
    if (max === Infinity) {
      const fork = { kind: 'fork' as const, next: 0, other: next };
      start = this.#add(fork);
      fork.next = this.#build(part, start);
    } else
      for (let i = min; i < max; i++) start = this.#add({ kind: 'fork', next: this.#build(part, start), other: next });
    for (let i = 0; i < min; i++) start = this.#build(part, start);
    return start;
  }

  #add(node: Node): number {
    if (this.#nodes.length >= STATE_LIMIT) throw new SyntaxError('too large: fewer repeats, or smaller ones');
    return this.#nodes.push(node) - 1;
  }

  #choice(): Part {
    if (++this.#depth > DEPTH_LIMIT) throw this.#wrong('groups too deep');
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#text.length && !'|)'.includes(this.#text[this.#at]!)) {
      // Anchored as it is: these say nothing more at the ends, and nothing else anywhere.
      if (this.#at === 0 && this.#take('^')) continue;
      if (this.#at === this.#text.length - 1 && this.#take('$')) continue;
      parts.push(this.#repeats(this.#atom()));
    }
    return { kind: 'sequence', parts };
  }

  #atom(): Part {
    const char = this.#next();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'char', test: this.#class() };
      case '.':
        return { kind: 'char', test: () => true };
      case '\\':
        return { kind: 'char', test: this.#escape() };
      case '*':
      case '+':
      case '?':
      case '{':
      case '^':
      case '$':
        throw this.#wrong(`${char} here; a literal one is \\${char}`);
      default:
        return { kind: 'char', test: (c) => c === char };
    }
  }

  #group(): Part {
    if (this.#take('?') && !this.#take(':')) throw this.#wrong('a group with (?...) other than (?:...)');
    const part = this.#choice();
    if (!this.#take(')')) throw this.#wrong('a ) missing');
    return part;
  }

  #repeats(part: Part): Part {
    const counts = this.#counts();
    if (!counts) return part;
    if (this.#take('?') || '*+{'.includes(this.#text[this.#at] ?? ' ')) throw this.#wrong('a repeat of a repeat');
    return { kind: 'repeat', part, ...counts };
  }

  #counts(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity };
    if (this.#take('+')) return { min: 1, max: Infinity };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (this.#text[this.#at] !== '{') return undefined;
    const found = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(this.#text.slice(this.#at));
    if (!found) throw this.#wrong('{ without {m}, {m,} or {m,n}; a literal one is \\{');
    this.#at += found[0].length;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? Infinity : Number(found[3]);
    if (min > REPEAT_LIMIT || (max !== Infinity && (max > REPEAT_LIMIT || max < min)))
      throw this.#wrong(`a repeat of more than ${REPEAT_LIMIT}, or of less than none`);
    return { min, max };
  }

  #class(): (char: string) => boolean {
    const negated = this.#take('^');
    const tests: ((char: string) => boolean)[] = [];
    while (!this.#take(']')) {
      const from = this.#next();
      if (from === '\\') tests.push(this.#escape());
      else if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']' && this.#at + 1 < this.#text.length) {
        this.#at++;
        const to = this.#next();
        if (to === '\\' || to < from) throw this.#wrong(`the range ${from}-${to}`);
        tests.push((char) => from <= char && char <= to);
      } else tests.push((char) => char === from);
    }
    if (tests.length === 0) throw this.#wrong('an empty [...]; a literal ] is \\]');
    return (char) => tests.some((test) => test(char)) !== negated;
  }

  #escape(): (char: string) => boolean {
    const char = this.#next();
    const set = { d: /[0-9]/, D: /[^0-9]/, w: /[0-9A-Za-z_]/, W: /[^0-9A-Za-z_]/, s: /\s/, S: /\S/ }[char];
    if (set) return (c) => set.test(c);
    if (/[0-9A-Za-z]/.test(char)) throw this.#wrong(`\\${char}`);
    return (c) => c === char;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  /** Whole characters, as a value is read. */
  #next(): string {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw this.#wrong('an end here');
    const char = String.fromCodePoint(code);
    this.#at += char.length;
    return char;
  }

  #wrong(what: string): SyntaxError {
    return new SyntaxError(`not allowed: ${what}, at character ${this.#at} of ${JSON.stringify(this.#text)}`);
  }
}
