import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { errorMessage } from '../core/errors.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { type ConfigPath, formatPath, type ProblemAt, problemsOfIssue } from './config-issue.ts';

/** A decoded file together with the means to point back into it. */
export interface LoadedConfig<T> {
  readonly file: string;
  readonly value: T;
  /** What `value` was decoded from: as written, with variables and secret files put in. */
  readonly raw: unknown;
  /** A problem at `path`, for checks that the schema cannot express. */
  problem(path: ConfigPath, expected: string, got: string): Problem;
}

export interface LoadOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For files that others wrote: nothing is put in from the environment or from secret files, and of a key written twice the last counts. */
  readonly asWritten?: boolean;
}

/**
 * The one config loader. Reads a YAML file, puts `${NAME}` and `${NAME:-default}` from the environment into scalars (`$${` is a literal `${`),
 * replaces each key `x_file` by `x` with that file's trimmed content (relative to the YAML file), and decodes by `schema`.
 *
 * @throws ConfigError with every problem of the file: YAML syntax, unset variables, unreadable secret files, unknown keys, wrong values.
 */
export function loadConfig<S extends z.ZodType>(
  file: string,
  schema: S,
  options: LoadOptions = {},
): LoadedConfig<z.output<S>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([{ file, line: 1, col: 1, path: '', expected: 'a readable file', got: errorMessage(error) }]);
  }
  return parseConfig(text, file, schema, options);
}

/** As `loadConfig`, from text already read; `file` names it and anchors `x_file` keys. */
export function parseConfig<S extends z.ZodType>(
  text: string,
  file: string,
  schema: S,
  options: LoadOptions = {},
): LoadedConfig<z.output<S>> {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: options.asWritten !== true });
  const at = (offset: number): { line: number; col: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  const syntax = doc.errors.map((e) => ({
    file,
    ...at(e.pos[0]),
    path: '',
    expected: 'valid YAML',
    got: e.code === 'MULTIPLE_DOCS' ? 'a second document' : firstLine(e.message),
  }));
  if (syntax.length > 0) throw new ConfigError(syntax);

  const problems: Problem[] = [];
  const report: Report = (node, expected, got) =>
    problems.push({ file, ...at(node.range?.[0] ?? 0), path: '', expected, got });
  const pointer =
    (what: 'value' | 'key'): ProblemAt<Problem> =>
    (path, expected, got) => ({ file, ...at(offsetOf(doc, path, what)), path: formatPath(path), expected, got });
  const problem = pointer('value');
  if (!options.asWritten) {
    substituteEnv(doc, options.env ?? process.env, report);
    readSecretFiles(doc, dirname(file), report);
  }
  let raw: unknown;
  try {
    raw = doc.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    const got = errorMessage(error);
    const expected = /^Unresolved alias/.test(got) ? 'aliases of anchors that exist' : 'at most 100 uses of an alias';
    throw new ConfigError([...problems, { file, line: 1, col: 1, path: '', expected, got }]);
  }
  const result = schema.safeParse(raw);
  // What stands where a variable or a file is missing is wrong for that reason only.
  const missing = new Set(problems.map(place));
  if (!result.success) {
    const found = result.error.issues.flatMap((issue) => problemsOfIssue(issue, raw, problem, pointer('key')));
    problems.push(...found.filter((p) => !missing.has(place(p))));
  }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems);
  return { file, value: result.data, raw, problem };
}

function place({ line, col }: Problem): string {
  return `${line}:${col}`;
}

type Report = (node: Node, expected: string, got: string) => void;

function substituteEnv(doc: Document, env: Readonly<Record<string, string | undefined>>, report: Report): void {
  visit(doc, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return;
      const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' || node.type?.startsWith('BLOCK');
      const text = node.value.replace(
        /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
        (whole, name?: string, fallback?: string) => {
          if (name === undefined) return whole.slice(1);
          const value = env[name] ?? fallback;
          if (value === undefined) report(node, `environment variable ${name} to be set`, 'nothing');
          return value ?? '';
        },
      );
      // An unquoted ${PORT} becomes a number as if it had been written there; quoted text stays text.
      node.value =
        !quoted && /^-?\d+(\.\d+)?$|^(true|false)$/.test(text) ? JSON.parse(text.replace(/^(-?)0+(?=\d)/, '$1')) : text;
    },
  });
}

function readSecretFiles(doc: Document, folder: string, report: Report): void {
  visit(doc, {
    Pair(_key, pair, path) {
      const name = isScalar(pair.key) ? pair.key.value : undefined;
      if (!isScalar(pair.key) || typeof name !== 'string' || !name.endsWith('_file')) return;
      if (!isScalar(pair.value) || typeof pair.value.value !== 'string') return;
      const plain = name.slice(0, -'_file'.length);
      const parent = path.at(-1);
      if (isMap(parent) && parent.has(plain)) report(pair.key, `either ${plain} or ${name}`, 'both');
      const file = resolve(folder, pair.value.value);
      try {
        pair.value.value = readFileSync(file, 'utf8').trim();
      } catch (error) {
        report(pair.value, 'a readable secret file', errorMessage(error));
        pair.value.value = 'unreadable';
      }
      pair.key.value = plain;
    },
  });
}

/** Where the key or the value at `path` stands; the nearest existing parent when it does not. */
function offsetOf(doc: Document, path: ConfigPath, what: 'value' | 'key'): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? doc.contents : doc.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      if (pair) {
        const target = what === 'value' && depth === path.length && isNode(pair.value) ? pair.value : pair.key;
        if (isNode(target) && target.range) return target.range[0];
      }
    }
    const node = doc.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(doc.contents) && doc.contents.range ? doc.contents.range[0] : 0;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
