import { basename, dirname, relative } from 'node:path';
import { errorMessage } from '../../core/errors.ts';
import { type Command, type Output, processOutput, requirePositionals } from '../../runtime/command-line.ts';
import { ConfigError, formatProblem } from '../../runtime/config-error.ts';
import { BUNDLED_PROFILES } from './bundle.ts';
import { extendAll, isFolder, profileFiles, readProfile } from './load.ts';
import { USED_KEY } from './part.ts';
import type { DecodedProfile } from './profile.ts';

export const lintCommand: Command = {
  name: 'profiles lint',
  usage: 'FILE|DIR...',
  help: 'read profiles and say what of them is not used or could not be read',
  options: {},
  positionals: true,
  async run(args) {
    requirePositionals('profiles lint', args, 'a file or a folder');
    return lintProfiles(args.positionals, processOutput);
  },
};

/**
 * A line for each file, `loaded 41/41 metrics, 2 ignored keys`, and one for each warning with its place.
 * Returns the exit code: 1 where a file is broken or not there, else 0.
 */
export function lintProfiles(paths: readonly string[], output: Output): number {
  let broken = 0;
  const report = (problem: string): void => {
    output.err(problem);
    broken += 1;
  };
  for (const path of paths) {
    try {
      if (isFolder(path)) lint(path, profileFiles(path, report), output, report);
      else lint(dirname(path), [path], output, report);
    } catch (error) {
      report(`${path}: ${errorMessage(error)}`);
    }
  }
  return broken === 0 ? 0 : 1;
}

function lint(root: string, paths: readonly string[], output: Output, report: (problem: string) => void): void {
  const asked = new Map<string, string>();
  const files = neighbours(root, paths);
  for (const path of paths) {
    try {
      const key = relative(root, path);
      files.set(key, readProfile(path));
      asked.set(key, path);
    } catch (error) {
      report(error instanceof ConfigError ? error.message : `${path}: ${errorMessage(error)}`);
    }
  }
  const { problems } = extendAll(files);
  for (const [key, path] of asked) {
    const { loaded, total, warnings } = files.get(key)!;
    const ignored = warnings.filter((w) => w.expected === USED_KEY).length;
    output.out(`${path}: loaded ${loaded}/${total} metrics, ${ignored} ignored key${ignored === 1 ? '' : 's'}`);
    for (const warning of [...warnings, ...(problems.get(key) ?? [])]) output.out(`  ${formatProblem(warning)}`);
  }
}

/** What the files may extend: those beside them, and the bundle. A broken one is missed by whoever extends it. */
function neighbours(root: string, paths: readonly string[]): Map<string, DecodedProfile> {
  const files = new Map<string, DecodedProfile>();
  const near = profileFiles(root, () => undefined, false).filter((path) => !paths.includes(path));
  for (const path of [...profileFiles(BUNDLED_PROFILES, () => undefined), ...near]) {
    try {
      files.set(basename(path), readProfile(path));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  return files;
}
