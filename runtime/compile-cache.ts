import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Environment = Readonly<Record<string, string | undefined>>;

const BESIDE_THE_CODE = fileURLToPath(new URL('../node_modules/.cache/bellwether', import.meta.url));

/**
 * Where Node keeps the text of each .ts file without its types, and its byte code (NODE_COMPILE_CACHE). With all files there the stripper, a compiler in
 * WebAssembly, is not loaded: 15 MB less for as long as the process lives. The first that can be written: systemd's CacheDirectory=, beside the code,
 * the user's own. Never a folder in which others write, as /tmp: what is in it is run. Undefined when there is none; all works without.
 */
export function compileCacheFolder(env: Environment, besideTheCode: string = BESIDE_THE_CODE): string | undefined {
  const own = env['XDG_CACHE_HOME'] ?? (env['HOME'] && join(env['HOME'], '.cache'));
  const folders = [
    env['NODE_COMPILE_CACHE'],
    env['CACHE_DIRECTORY']?.split(':')[0],
    besideTheCode,
    own && join(own, 'bellwether'),
  ];
  return folders.find((folder) => folder !== undefined && folder !== '' && isOurs(folder));
}

/** Makes the folder if it is not there. */
function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    const { uid, mode } = statSync(folder);
    return (uid === 0 || uid === process.geteuid?.()) && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/**
 * Whether this process has loaded the stripper (amaro). Node's own list of what it loaded is not documented: where it is gone, nothing is lost but memory.
 */
export function hasStripped(
  loaded: readonly string[] | undefined = (process as { moduleLoadList?: readonly string[] }).moduleLoadList,
): boolean {
  return loaded?.some((name) => name.includes('deps/amaro')) ?? false;
}

/** Writes what was loaded since into the folder; the next start has it. Without a folder, or when that cannot be written, nothing happens. */
export function keepCompiled(): void {
  flushCompileCache();
}
