/** A test on one tag value: a glob (`*`, `?`), or any of a list of globs. Case does not matter, as with vendor names and interface aliases. */
export type TagPattern = string | readonly string[];

/** Tag name -> pattern; all must match. A leading `!` forbids what fits the rest; of a list one must fit, unless all forbid, and none of those may. */
export type Scope = Readonly<Record<string, TagPattern>>;

const compiled = new Map<string, RegExp>();
const COMPILED_LIMIT = 10_000;

/** True when `value` fits the glob; `*` is any run of characters, `?` any one. */
export function matchesGlob(glob: string, value: string): boolean {
  let pattern = compiled.get(glob);
  if (!pattern) {
    const source = glob
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    pattern = new RegExp(`^${source}$`, 'is');
    if (compiled.size >= COMPILED_LIMIT) compiled.clear();
    compiled.set(glob, pattern);
  }
  return pattern.test(value);
}

/** True when every entry of `scope` fits the tags; an absent tag counts as the empty string. */
export function matchesScope(scope: Scope, tags: Readonly<Record<string, string>>): boolean {
  for (const name of Object.keys(scope)) {
    const wanted = scope[name]!;
    const value = tags[name] ?? '';
    if (!fits(typeof wanted === 'string' ? [wanted] : wanted, value)) return false;
  }
  return true;
}

function fits(patterns: readonly string[], value: string): boolean {
  let found = false;
  let asked = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matchesGlob(pattern.slice(1), value)) return false;
      continue;
    }
    asked = true;
    found ||= matchesGlob(pattern, value);
  }
  return found || !asked;
}
