import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { errorMessage } from '../../core/errors.ts';
import { ConfigError, formatProblem, type Problem } from '../../runtime/config-error.ts';
import { BUNDLED_PROFILES } from './bundle.ts';
import { decodeProfile } from './decode.ts';
import { extendProfile } from './extend.ts';
import { behind, foreignKeys, redirections } from './foreign.ts';
import type { DecodedProfile, Profile } from './profile.ts';

export interface ProfileSet {
  /** By file name (with the folder inside the user's), each with what it extends. Files that begin with `_` are only there to be extended. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** `file:line:col: ...` for each key that is not used and each part that could not be read; bases that are not there. */
  readonly warnings: readonly string[];
  /** Files that could not be loaded, and why: the others work without them. */
  readonly disabled: readonly string[];
}

/**
 * Reads every `*.yaml` and `*.yml` of the bundle and of the user's folder with its folders. A file at the top of the user's folder replaces the
 * bundled one of the same name, also for those that extend it; another project's stands beside it. Never throws for a bad file or folder.
 */
export function loadProfiles(userFolder?: string, bundle: string = BUNDLED_PROFILES): ProfileSet {
  const disabled: string[] = [];
  const read = (folder: string): Map<string, DecodedProfile> => {
    const report = (problem: string): unknown => disabled.push(problem);
    const found = profileFiles(folder, report).map(
      (path) => [relative(folder, path), tryDecode(path, report)] as const,
    );
    return new Map(found.filter((e): e is [string, DecodedProfile] => e[1] !== undefined));
  };
  const files = read(bundle);
  const own = userFolder === undefined ? new Map<string, DecodedProfile>() : read(userFolder);
  const foreign = new Set<string>();
  const others = foreignKeys(own);
  for (const [name, file] of own) {
    const key = others.has(name) && files.has(name) ? `${ASIDE}${name}` : name;
    if (others.has(name)) foreign.add(key);
    files.set(key, file);
  }
  const { profiles, problems } = extendAll(files, foreign);
  const warnings = [...files].flatMap(([key, { warnings: own }]) => [...own, ...(problems.get(key) ?? [])]);
  return { profiles, warnings: warnings.map(formatProblem), disabled };
}

/** Before the name of another project's file that is called as one of the bundle's. */
const ASIDE = './';

/**
 * Files of one name space, by key, put together: the profiles that are none of the bases, and what went wrong with each file's bases.
 *
 * @param foreign keys of other projects' files
 */
export function extendAll(
  files: ReadonlyMap<string, DecodedProfile>,
  foreign: ReadonlySet<string> = new Set(),
): {
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
} {
  const problems = new Map<string, Problem[]>();
  const resolved = new Map<string, Profile>();
  for (const [key, { profile, problem }] of files) {
    const bases = profile.extends.map((base) => findBase(key, base, files, foreign));
    const missing = bases.flatMap((base, i) =>
      base === undefined ? [problem(['extends', i], 'a profile that could be loaded', `"${profile.extends[i]}"`)] : [],
    );
    problems.set(key, missing);
    resolved.set(key, { ...profile, file: key, extends: bases.filter((base) => base !== undefined) });
  }
  for (const [key, profile] of resolved)
    for (const { pattern, file, to, selectors } of redirections(key, profile, (k, f) =>
      findBase(k, f, files, foreign),
    )) {
      const other = to === undefined ? undefined : resolved.get(to);
      if (other) resolved.set(to!, { ...other, selectors: [...other.selectors, ...selectors] });
      else
        problems
          .get(key)!
          .push(files.get(key)!.problem(['matches', pattern], 'a profile that could be loaded', `"${file}"`));
    }
  const profiles = new Map<string, Profile>();
  for (const key of resolved.keys()) {
    const { profile, circles } = extendProfile(key, resolved);
    // Said once, in the file where the circle closes.
    for (const circle of circles.filter((c) => c.startsWith(`${key} >`)))
      problems.get(key)!.push(files.get(key)!.problem(['extends'], 'profiles that do not lead back', circle));
    if (!isBase(key)) profiles.set(key, foreign.has(key) ? behind(profile) : profile);
  }
  return { profiles, problems };
}

/** A file that is only there to be extended. */
export function isBase(file: string): boolean {
  return basename(file).startsWith('_');
}

/** Reads one file. @throws ConfigError, or the system's error */
export function readProfile(path: string): DecodedProfile {
  return decodeProfile(readFileSync(path, 'utf8'), path);
}

function tryDecode(path: string, report: (problem: string) => void): DecodedProfile | undefined {
  try {
    return readProfile(path);
  } catch (error) {
    report(error instanceof ConfigError ? error.message : `${path}: ${errorMessage(error)}`);
    return undefined;
  }
}

/** The profiles of a folder and (unless told otherwise) of its folders, by path. */
export function profileFiles(folder: string, report: (problem: string) => void, recursive = true): string[] {
  try {
    return readdirSync(folder, { recursive, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    report(`${folder}: ${errorMessage(error)}`);
    return [];
  }
}

/** The key of a base: beside the file, in a folder above, then anywhere (Kentik's stand in folders of their own, named without them). */
function findBase(
  key: string,
  base: string,
  files: ReadonlyMap<string, unknown>,
  foreign: ReadonlySet<string>,
): string | undefined {
  for (let folder = dirname(key); ; folder = dirname(folder)) {
    const path = join(folder, base);
    if (foreign.has(key) && files.has(`${ASIDE}${path}`)) return `${ASIDE}${path}`;
    if (files.has(path)) return path;
    if (folder === '.') break;
  }
  return [...files.keys()].find((file) => basename(file) === basename(base));
}

/** @throws the system's error where there is nothing of that name */
export function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}
