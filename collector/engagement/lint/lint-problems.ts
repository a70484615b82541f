import { formatProblem, type Problem } from '../../../runtime/config-error.ts';
import type { SchoolCheck } from '../school-file.ts';
import { type LintOptions, lintSchool } from './lint.ts';

/** The linter as a check of school files: what it calls an error is refused at its line, and each warning is handed to `warn`. */
export function lintCheck(
  now: number,
  { warn, ...options }: LintOptions & { readonly warn?: (warning: Problem) => void } = {},
): SchoolCheck {
  return (school, problem) => {
    const refused: Problem[] = [];
    for (const { level, code, path, expected, got } of lintSchool(school, now, options)) {
      const found = problem(path, expected, `${got} [${code}]`);
      if (level === 'E') refused.push(found);
      else warn?.(found);
    }
    return refused;
  };
}

/** `file:line:col: warning: path: expected E, got G [code]` */
export function formatWarning(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.col}: `;
  return `${place}warning: ${formatProblem(problem).slice(place.length)}`;
}
