import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import { ConfigError, formatProblem } from '../../runtime/config-file.ts';
import { decodeProfile } from './decode.ts';
import { extendProfile } from './extend.ts';
import type { Profile } from './profile.ts';

/** The profiles that come with the product. */
export const BUNDLED_PROFILES = fileURLToPath(new URL('../../config/profiles', import.meta.url));

/** The profile of a device that no other fits. */
export const GENERIC_PROFILE = 'generic.yaml';

export interface ProfileSet {
  /** By file name, each with what it extends. Files that begin with `_` are only there to be extended. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** `file:line:col: ...` for each key that is not used. */
  readonly warnings: readonly string[];
  /** Files that could not be loaded, and why: the others work without them. */
  readonly disabled: readonly string[];
}

/** Reads every `*.yaml` and `*.yml` of the directories; a file in a later one replaces one of the same name. Never throws for a bad file. */
export function loadProfiles(...directories: readonly string[]): ProfileSet {
  const files = new Map<string, Profile>();
  const warnings: string[] = [];
  const disabled: string[] = [];
  for (const directory of directories)
    for (const name of namesIn(directory, disabled)) {
      try {
        const file = join(directory, name);
        const decoded = decodeProfile(readFileSync(file, 'utf8'), file);
        files.set(name, decoded.profile);
        warnings.push(...decoded.warnings.map(formatProblem));
      } catch (error) {
        disabled.push(
          error instanceof ConfigError ? error.message : `${join(directory, name)}: ${errorMessage(error)}`,
        );
      }
    }
  const profiles = new Map<string, Profile>();
  for (const name of files.keys()) {
    if (name.startsWith('_')) continue;
    try {
      profiles.set(name, extendProfile(name, files));
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      disabled.push(`${name}: ${error.message}`);
    }
  }
  return { profiles, warnings, disabled };
}

function namesIn(directory: string, disabled: string[]): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort();
  } catch (error) {
    disabled.push(`${directory}: ${errorMessage(error)}`);
    return [];
  }
}
