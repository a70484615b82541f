import { z } from 'zod';
import { systemClock } from '../runtime/clock.ts';
import { ConfigError } from '../runtime/config-error.ts';
import { loadConfig } from '../runtime/config-file.ts';
import { withCalendarFiles } from './calendar-files.ts';
import { loadCollectorConfig } from './config.ts';
import { CHANNEL_TYPES } from './engagement/channel-schema.ts';
import { lintCheck } from './engagement/lint/lint-problems.ts';
import type { School } from './engagement/school.ts';
import { loadSchoolAt, loadSchools, type SchoolCheck } from './engagement/school-file.ts';

export interface SchoolArgument {
  /** Which school, where the argument is a collector's configuration with more than one. */
  readonly school?: string;
  /** Refuse what the linter calls an error, as `check` and `run` do (a collector's configuration is always read as they read it). */
  readonly refuseErrors?: boolean;
}

/** Keys that a collector's configuration must have and no school has. */
const COLLECTOR_KEYS = ['rules', 'schools'];
/** As COLLECTOR_KEYS, of a school. */
const SCHOOL_KEYS = ['school', 'parties', 'safety_net'];

/**
 * The school that a command's `--config` means: a school's FILE, `FILE#KEY` (one of a file that holds several), or a collector's
 * configuration, of which `school` names one. Calendars that it gives as files are read; feeds from the web are not.
 *
 * @throws ConfigError with every problem
 */
export function schoolOfArgument(text: string, { school, refuseErrors = false }: SchoolArgument = {}): School {
  const now = systemClock.now();
  const check = checkOf(now, refuseErrors);
  const hash = text.lastIndexOf('#');
  const file = hash < 0 ? text : text.slice(0, hash);
  const keys = keysOf(file);
  const complete = (found: School): School => withCalendarFiles(found, now).school;
  if (hash >= 0) {
    const key = text.slice(hash + 1);
    if (!keys.includes(key))
      throw refusal(file, `one of the keys of this file after # (${keys.join(', ')})`, `"${key}"`);
    return complete(named(loadSchoolAt(file, key, { check }), school, file));
  }
  if (COLLECTOR_KEYS.some((key) => keys.includes(key)))
    return complete(chosen(loadCollectorConfig(file).schools, school, file));
  if (SCHOOL_KEYS.some((key) => keys.includes(key)))
    return complete(named(loadSchools([file], { check })[0]!, school, file));
  throw refusal(
    file,
    "a school, a collector's configuration, or a file of several schools with #KEY after it",
    keys.length === 0 ? 'no keys' : `the keys ${keys.join(', ')} (${file}#${keys[0]})`,
  );
}

function checkOf(now: number, refuseErrors: boolean): SchoolCheck {
  return (found, problem) => {
    const { school, unreadable } = withCalendarFiles(found, now);
    return [
      ...unreadable.map(({ calendar, problem: got }) =>
        problem(['calendars', calendar, 'file'], 'a readable iCalendar file', got),
      ),
      ...(refuseErrors ? lintCheck(now, { channelTypes: CHANNEL_TYPES })(school, problem) : []),
    ];
  };
}

/** The keys at the top of a file, whatever they hold. */
function keysOf(file: string): string[] {
  return Object.keys(loadConfig(file, z.looseObject({})).value);
}

function chosen(schools: readonly School[], wanted: string | undefined, file: string): School {
  const names = schools.map(({ school }) => school).join(', ');
  if (wanted === undefined && schools.length === 1) return schools[0]!;
  const found = schools.find(({ school }) => school === wanted);
  if (found) return found;
  throw refusal(file, `--school with one of ${names}`, wanted === undefined ? 'none' : `"${wanted}"`);
}

/** A file of one school, where the command line may name that one and no other. */
function named(found: School, wanted: string | undefined, file: string): School {
  if (wanted === undefined || wanted === found.school) return found;
  throw refusal(file, `the school "${wanted}"`, `"${found.school}"`);
}

function refusal(file: string, expected: string, got: string): ConfigError {
  return new ConfigError([{ file, line: 1, col: 1, path: '', expected, got }]);
}
