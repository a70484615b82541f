import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** The project's root folder. */
export const ROOT = resolve(import.meta.dirname, '../..');

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const CODE_FOLDERS = ['core', 'runtime', 'launch', 'agent', 'collector', 'console', 'sim', 'dashboards'];

/** Every TypeScript file of the product (tests are not part of it). */
export function productSources(): SourceFile[] {
  return CODE_FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name)),
  ).map((file) => ({ path: relative(ROOT, file), text: readFileSync(file, 'utf8') }));
}

/** What a file imports, static and dynamic, as written. */
export function importsOf(source: SourceFile): string[] {
  const found = source.text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+'([^']+)'|(?:^|\n)import\s+'([^']+)'|import\('([^']+)'\)/g,
  );
  return [...found].map((m) => m[1] ?? m[2] ?? m[3] ?? '');
}

/** The text without comments, for laws about code. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:])\/\/.*$/gm, '$1');
}
