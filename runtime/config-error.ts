import { BellwetherError } from '../core/errors.ts';

/** One thing wrong with a configuration: where, what was expected, what was got. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** Where in the document, as `targets[2].snmp.version`; empty for the whole file. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** Thrown with every problem at once. */
export class ConfigError extends BellwetherError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('BW_CONFIG_INVALID', problems.map(formatProblem).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** `file:line:col: path: expected E, got G`, the form editors and CI jump to. */
export function formatProblem(p: Problem): string {
  const where = p.path === '' ? '' : `${p.path}: `;
  return `${p.file}:${p.line}:${p.col}: ${where}expected ${p.expected}, got ${p.got}`;
}
