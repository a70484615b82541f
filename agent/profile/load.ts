import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../../core/errors.ts';
import { ConfigError, formatProblem } from '../../runtime/config-file.ts';
import { decodeProfile } from './decode.ts';
import { extendProfile } from './extend.ts';
import type { DecodedProfile, Profile } from './profile.ts';

/** The profiles that come with the product. */
export const BUNDLED_PROFILES = fileURLToPath(new URL('../../config/profiles', import.meta.url));

/** The base of every device. */
export const GENERIC_PROFILE = 'generic.yaml';

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
 * bundled one of the same name, also for those that extend it. Never throws for a bad file or folder.
 */
export function loadProfiles(userFolder?: string, bundle: string = BUNDLED_PROFILES): ProfileSet {
  const disabled: string[] = [];
  const warnings: string[] = [];
  const files = new Map<string, Profile>();
  for (const folder of userFolder === undefined ? [bundle] : [bundle, userFolder])
    for (const path of profileFiles(folder, (problem) => disabled.push(problem))) {
      const decoded = tryDecode(path, (problem) => disabled.push(problem));
      if (!decoded) continue;
      const key = relative(folder, path);
      files.set(key, { ...decoded.profile, file: key });
      warnings.push(...decoded.warnings.map(formatProblem));
    }
  const resolved = new Map([...files].map(([key, profile]) => [key, withBases(key, profile, [...files.keys()])]));
  const profiles = new Map<string, Profile>();
  for (const key of resolved.keys()) {
    if (isBase(key)) continue;
    const { profile, problems } = extendProfile(key, resolved);
    profiles.set(key, profile);
    warnings.push(...problems.map((problem) => `${key}: ${problem}`));
  }
  return { profiles, warnings, disabled };
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

/** The profiles of a folder and its folders, by path. */
export function profileFiles(folder: string, report: (problem: string) => void): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    report(`${folder}: ${errorMessage(error)}`);
    return [];
  }
}

/** Bases as keys of `files`: beside the file, in a folder above, then anywhere (Kentik's stand in folders of their own, named without them). */
function withBases(key: string, profile: Profile, files: readonly string[]): Profile {
  const find = (base: string): string => {
    for (let folder = dirname(key); ; folder = dirname(folder)) {
      const path = join(folder, base);
      if (files.includes(path)) return path;
      if (folder === '.') break;
    }
    return files.find((file) => basename(file) === basename(base)) ?? base;
  };
  return { ...profile, extends: profile.extends.map(find) };
}
