import type { z } from 'zod';

export type ConfigPath = readonly (string | number)[];

/** Makes a problem: where, what was expected, what was got. */
export type ProblemAt<P> = (path: ConfigPath, expected: string, got: string) => P;

/**
 * One issue of a schema as problems in words, `raw` being what was decoded: the one form in which files and API bodies are refused.
 * `problem` makes a problem of the value at a path, `problemOfKey` one of the key itself.
 */
export function problemsOfIssue<P>(
  issue: z.core.$ZodIssue,
  raw: unknown,
  problem: ProblemAt<P>,
  problemOfKey: ProblemAt<P>,
): P[] {
  const path = issue.path.filter((p) => typeof p !== 'symbol');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => problemOfKey([...path, key], 'no such key here', `unknown key "${key}"`));
  if (issue.code === 'invalid_key')
    return [problemOfKey(path, issue.issues.map(expectation).join(' and '), JSON.stringify(path.at(-1)))];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch that got furthest is the one that was meant.
    const best = [...issue.errors].sort((a, b) => deepest(b) - deepest(a) || a.length - b.length)[0]!;
    if (deepest(best) > 0)
      return best.flatMap((inner) =>
        problemsOfIssue({ ...inner, path: [...path, ...inner.path] }, raw, problem, problemOfKey),
      );
    return [
      problem(
        path,
        issue.errors.map((e) => e.map((i) => expectation(i)).join(' and ')).join(', or '),
        shown(raw, path),
      ),
    ];
  }
  return [problem(path, expectation(issue), shown(raw, path))];
}

function deepest(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((i) => i.path.length));
}

function expectation(issue: z.core.$ZodIssue): string {
  // A schema's own words win over the general ones.
  if (!/^(Invalid|Too (small|big)|Unrecognized)/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? oneOf(issue.options) : issue.message;
    case 'too_small':
      return issue.inclusive === false
        ? `more than ${issue.minimum}`
        : `at least ${sized(issue.minimum, issue.origin)}`;
    case 'too_big':
      return issue.inclusive === false ? `less than ${issue.maximum}` : `at most ${sized(issue.maximum, issue.origin)}`;
    default:
      return issue.message;
  }
}

/** As YAML calls them. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  int: 'a whole number',
};

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`;
}

function sized(limit: number | bigint, origin: string): string {
  if (origin === 'string') return `${limit} characters`;
  return origin === 'array' ? `${limit} ${limit === 1 ? 'entry' : 'entries'}` : `${limit}`;
}

/** Keys whose value must not reach a log, not even when it is wrong. */
const SECRET_KEY = /(?:^|_)(?:secret|token|password|community|communities|key|postgres)$/;

function shown(raw: unknown, path: ConfigPath): string {
  const value = valueAt(raw, path);
  // Of a list of secrets, the key is that of the list.
  const key = path.findLast((part) => typeof part === 'string');
  if (typeof key === 'string' && SECRET_KEY.test(key) && (typeof value === 'string' || typeof value === 'number'))
    return 'a value that is not shown';
  return describe(value);
}

/** A value in a few words. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(shownUrl(value)) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A URL may hold a password, and the path of a webhook is one. */
function shownUrl(text: string): string {
  return text.replace(/:\/\/[^/@]*@/, '://...@').replace(/^([a-z+.-]+:\/\/[^/?#]*)[/?#].+$/is, '$1/...');
}

function valueAt(raw: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown> | null | undefined)?.[key],
    raw,
  );
}

/** `targets[2].snmp.version` */
export function formatPath(path: ConfigPath): string {
  return path.map((p, i) => (typeof p === 'number' ? `[${p}]` : i === 0 ? p : `.${p}`)).join('');
}

/** A problem of what has no file: the body of a request. */
export interface BodyProblem {
  /** `grants[0].scope.domain`; empty for the whole. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** Everything wrong with `raw` at once. */
export function bodyProblems(error: z.ZodError, raw: unknown): BodyProblem[] {
  const problem: ProblemAt<BodyProblem> = (path, expected, got) => ({ path: formatPath(path), expected, got });
  return error.issues.flatMap((issue) => problemsOfIssue(issue, raw, problem, problem));
}
