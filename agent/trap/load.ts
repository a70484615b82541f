import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../../core/errors.ts';
import { ConfigError, loadConfig } from '../../runtime/config-file.ts';
import type { TrapObject, TrapRule, TrapRules } from './rule.ts';
import { referencesIn, type TrapFile, trapFileSchema } from './rule-schema.ts';

/** The traps that the product knows. */
export const BUNDLED_TRAPS = fileURLToPath(new URL('../../config/traps', import.meta.url));

export interface LoadedTraps extends TrapRules {
  /** Files that could not be loaded, and why: the others work without them. */
  readonly disabled: readonly string[];
  /** What cannot mean anything, such as a name that no file gives. */
  readonly warnings: readonly string[];
}

/** Names that meaning.ts fills in by itself. */
const OWN_NAMES = ['interface', 'device', 'ifIndex', 'ifName', 'ifDescr', 'ifAlias'];

/**
 * Reads every `*.yaml` and `*.yml` of the directories. A file in a later one replaces one of the same name; of two rules for one trap the one read
 * last counts, later directories being read last. Never throws for a bad file.
 */
export function loadTraps(...directories: readonly string[]): LoadedTraps {
  const files = new Map<string, TrapFile>();
  const disabled: string[] = [];
  for (const directory of directories)
    for (const name of namesIn(directory, disabled)) {
      try {
        const { value } = loadConfig(join(directory, name), trapFileSchema, { env: {} });
        // Taken out first, so that it comes last.
        files.delete(name);
        files.set(name, value);
      } catch (error) {
        disabled.push(
          error instanceof ConfigError ? error.message : `${join(directory, name)}: ${errorMessage(error)}`,
        );
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
