import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { type Output, processOutput } from '../runtime/command-line.ts';
import { ConfigError, type Problem } from '../runtime/config-error.ts';
import { type LoadedConfig, loadConfig } from '../runtime/config-file.ts';
import type { Rule } from './alert/rule.ts';
import { loadRules } from './alert/rule-file.ts';
import { type RuleTest, ruleTestSchema, runRuleTest } from './alert/rule-test.ts';

const SHIPPED = join(import.meta.dirname, '../config/rules');

export interface TestRulesOptions {
  /** A file or folder of rules, for test files that name none. */
  readonly rules?: string;
}

type TestFile = LoadedConfig<z.output<typeof ruleTestSchema>>;

/** One test with what it needs to run, and where it stands. */
interface Case {
  readonly file: string;
  readonly at: string;
  readonly test: RuleTest;
  readonly rules: readonly Rule[];
}

/**
 * `test-rules`: runs every rule test of a folder and prints a line for each, with what differs in words. Returns 1 when something does.
 * @throws ConfigError with every problem of all files, before any test runs
 */
export function testRules(dir: string, options: TestRulesOptions = {}, output: Output = processOutput): number {
  const cases = readCases(dir, options);
  let failed = 0;
  for (const { at, test, rules } of cases) {
    const differences = runRuleTest(rules, test);
    if (differences.length > 0) failed++;
    output.out(`${differences.length === 0 ? 'ok     ' : 'differs'}  ${at}  ${test.name}`);
    for (const difference of differences) output.out(`           ${difference}`);
  }
  output.out(`${cases.length} ${cases.length === 1 ? 'test' : 'tests'}, ${failed} with differences`);
  return failed > 0 ? 1 : 0;
}

function readCases(dir: string, options: TestRulesOptions): Case[] {
  const problems: Problem[] = [];
  const collect = <T>(fn: () => T[]): T[] => {
    try {
      return fn();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  };
  const { tests, beside } = sortFiles(dir, collect);
  const fallback = options.rules === undefined ? (beside.length > 0 ? beside : [SHIPPED]) : [resolve(options.rules)];
  const cases = tests.flatMap((file) => collect(() => casesOf(loadConfig(file, ruleTestSchema), fallback)));
  if (problems.length === 0 && cases.length === 0) problems.push(noTests(dir));
  if (problems.length > 0) throw new ConfigError(unique(problems));
  return cases;
}

/** A file with `rules` and no `tests` holds rules; any other is read as a test, so that what is wrong with it is said. */
function sortFiles(dir: string, collect: (fn: () => string[]) => string[]): { tests: string[]; beside: string[] } {
  const beside: string[] = [];
  const tests = yamlIn(dir).flatMap((file) =>
    collect(() => {
      const { value } = loadConfig(file, z.looseObject({}));
      if ('tests' in value || !('rules' in value)) return [file];
      beside.push(file);
      return [];
    }),
  );
  return { tests, beside };
}

function casesOf(loaded: TestFile, fallback: readonly string[]): Case[] {
  const rules = rulesOf(loaded, fallback);
  const problems = loaded.value.tests.flatMap((test, i) => unknownRules(loaded, test, i, rules));
  if (problems.length > 0) throw new ConfigError(problems);
  return loaded.value.tests.map((test, i) => {
    const { file, line, col } = loaded.problem(['tests', i], '', '');
    return { file, at: `${file}:${line}:${col}`, test, rules };
  });
}

function rulesOf(loaded: TestFile, fallback: readonly string[]): readonly Rule[] {
  const named = loaded.value.rules;
  const entries = named?.map((entry) => resolve(dirname(loaded.file), entry)) ?? fallback;
  const problems: Problem[] = [];
  const files = entries.flatMap((entry, i) => {
    const found = !existsSync(entry) ? [] : statSync(entry).isDirectory() ? yamlIn(entry) : [entry];
    if (found.length === 0)
      problems.push(loaded.problem(named ? ['rules', i] : [], 'a file with rules, or a folder with *.yaml', entry));
    return found;
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return loadRules(files);
}

/** An alert of a rule that is not under test would only be "missing", which says nothing of the misspelt name. */
function unknownRules(loaded: TestFile, test: RuleTest, i: number, rules: readonly Rule[]): Problem[] {
  const names = rules.map((rule) => rule.name);
  return test.alerts.flatMap(({ rule }, j) =>
    names.includes(rule)
      ? []
      : [loaded.problem(['tests', i, 'alerts', j, 'rule'], `a rule under test (${names.join(', ')})`, `"${rule}"`)],
  );
}

function yamlIn(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function noTests(dir: string): Problem {
  return { file: dir, line: 1, col: 1, path: '', expected: 'a folder with *.yaml files of rule tests', got: 'none' };
}

/** Rules that several test files share are wrong once. */
function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
