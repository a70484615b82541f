import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../../core/errors.ts';
import { ConfigError } from '../../runtime/config-error.ts';
import { loadConfig } from '../../runtime/config-file.ts';
import type { TrapObject, TrapRule, TrapRules } from './rule.ts';
import { referencesIn, type TrapFile, trapFileSchema } from './rule-schema.ts';
import type { TrapSettings } from './settings.ts';

/** The traps that the product knows. */
export const BUNDLED_TRAPS = fileURLToPath(new URL('../../config/traps', import.meta.url));

export interface LoadedTraps extends TrapRules {
  /** Files that could not be loaded, and why: the others work without them. */
  readonly disabled: readonly string[];
  /** What cannot mean anything, such as a name that no file gives. */
  readonly warnings: readonly string[];
}

/** The bundled files, and those of the configuration after them. */
export function loadTrapsFor({ rules }: Pick<TrapSettings, 'rules'>): LoadedTraps {
  return loadTraps(BUNDLED_TRAPS, ...(rules === undefined ? [] : [rules]));
}

/** Names that meaning.ts fills in by itself. */
const OWN_NAMES = ['interface', 'device', 'ifIndex', 'ifName', 'ifDescr', 'ifAlias'];

/**
 * Reads files, and every `*.yaml` and `*.yml` of folders. A file in a later one replaces one of the same name; of two rules for one trap the one read
 * last counts, later folders being read last. Never throws for a bad file.
 */
export function loadTraps(...paths: readonly string[]): LoadedTraps {
  const files = new Map<string, TrapFile>();
  const disabled: string[] = [];
  for (const path of paths)
    for (const file of filesAt(path, disabled)) {
      try {
        const name = basename(file);
        const { value } = loadConfig(file, trapFileSchema, { env: {} });
        // Taken out first, so that it comes last.
        files.delete(name);
        files.set(name, value);
      } catch (error) {
        disabled.push(error instanceof ConfigError ? error.message : `${file}: ${errorMessage(error)}`);
      }
    }
  const objects = new Map<string, TrapObject>();
  const traps = new Map<string, TrapRule>();
  for (const file of files.values()) {
    for (const object of file.objects) objects.set(object.oid, object);
    for (const rule of file.traps) for (const oid of rule.oids) traps.set(oid, rule);
  }
  return { traps, objects, disabled, warnings: unknownNames(traps, objects) };
}

function unknownNames(traps: ReadonlyMap<string, TrapRule>, objects: ReadonlyMap<string, TrapObject>): string[] {
  const known = new Set([...OWN_NAMES, ...[...objects.values()].map((o) => o.name)]);
  const missing = (ref: string): boolean => !/^\d+$/.test(ref) && !known.has(ref.split('.')[0]!);
  return [...new Set(traps.values())].flatMap((rule) =>
    referencesIn(rule)
      .filter(missing)
      .map((ref) => `${rule.name}: no file gives the OID of "${ref}"`),
  );
}

function filesAt(path: string, disabled: string[]): string[] {
  try {
    if (statSync(path).isFile()) return [path];
    return readdirSync(path)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    disabled.push(`${path}: ${errorMessage(error)}`);
    return [];
  }
}
