import { dirname } from 'node:path';
import { ConfigError, type Problem } from '../../runtime/config-error.ts';
import { type LoadedConfig, type LoadOptions, loadConfig, parseConfig } from '../../runtime/config-file.ts';
import type { School } from './school.ts';
import { toSchool } from './school-decode.ts';
import { type RawSchool, schoolSchema, schoolUnder } from './school-schema.ts';

/** A further look at a school, by who knows more than its file: `problem` points into that file. */
export type SchoolCheck = (school: School, problem: LoadedConfig<unknown>['problem']) => readonly Problem[];

/** Reads school files. @throws ConfigError with every problem of all files; two files for one school are one. */
export function loadSchools(
  files: readonly string[],
  options: LoadOptions & { readonly check?: SchoolCheck } = {},
): School[] {
  const problems: Problem[] = [];
  const schools: School[] = [];
  const fileOf = new Map<string, string>();
  for (const file of files) {
    let loaded: LoadedConfig<RawSchool>;
    try {
      loaded = loadConfig(file, schoolSchema, options);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      continue;
    }
    const { school } = loaded.value;
    const earlier = fileOf.get(school);
    if (earlier !== undefined)
      problems.push(loaded.problem(['school'], 'a school of its own in each file', `"${school}", as ${earlier}`));
    else fileOf.set(school, file);
    const made = toSchool(loaded.value, dirname(file));
    problems.push(...(options.check?.(made, loaded.problem) ?? []));
    schools.push({ ...made, source: { file, engagements: rawEngagements(loaded.raw) } });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return schools;
}

/** The engagements of a school's file before they were decoded: what both sides approved is what stands there. */
function rawEngagements(raw: unknown): readonly unknown[] {
  return (raw as { readonly engagements?: readonly unknown[] }).engagements ?? [];
}

/** One school of a file that holds several, each under its own key. @throws ConfigError with every problem of it. */
export function loadSchoolAt(
  file: string,
  key: string,
  options: LoadOptions & { readonly check?: SchoolCheck } = {},
): School {
  const { value, problem } = loadConfig(file, schoolUnder(key), options);
  const school = toSchool(value[key] as RawSchool, dirname(file));
  const problems = options.check?.(school, (path, ...rest) => problem([key, ...path], ...rest)) ?? [];
  if (problems.length > 0) throw new ConfigError(problems);
  return school;
}

/** One school from text; `file` names it in problems. @throws ConfigError with every problem. */
export function parseSchool(text: string, file: string, options: LoadOptions = {}): School {
  return toSchool(parseConfig(text, file, schoolSchema, options).value, dirname(file));
}
