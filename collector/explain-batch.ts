import { errorMessage } from '../core/errors.ts';
import { ConfigError } from '../runtime/config-error.ts';
import type { RouteAlert, RouteState, Routing } from './engagement/decision.ts';
import { SEVERITIES } from './engagement/decision.ts';
import { type Plan, planSchool } from './engagement/plan.ts';
import { route } from './engagement/route.ts';
import type { School } from './engagement/school.ts';

/** Configurations kept at once, those asked for last; whoever compares many variants of a school gives each its own. */
const PLANS_KEPT = 1_000;
/** `{"config":` as it begins a line, with whatever spaces. */
const CONFIG_FIRST = /^\s*\{\s*"config"\s*:\s*/;

/** How configurations are read: a value written in the line, or what names a file. @throws ConfigError, BellwetherError */
export interface SchoolSource {
  inline(json: string, line: number): School;
  named(argument: string): School;
}

/**
 * Answers requests, one JSON text each: `{"config": school | "FILE" | "FILE#KEY", "alert": {...}, "at": "...", "state": {...}}` -> the routing as JSON
 * text, or `{"error": "..."}`. A configuration that repeats is read once; one that repeats to the letter from line to line, as the first key, is
 * not even parsed again.
 */
export class BatchExplainer {
  readonly #source: SchoolSource;
  /** By configuration: its plan, or what is wrong with it. */
  readonly #plans = new Map<string, Plan | Error>();
  #last: { readonly raw: string; readonly plan: Plan } | undefined;
  #line = 0;
  failed = 0;

  constructor(source: SchoolSource) {
    this.#source = source;
  }

  answer(line: string): string {
    this.#line++;
    try {
      const { plan, request } = this.#read(line);
      const { alert, at, state } = checked(request);
      const { owner, acting, why, held, candidates, steps } = route(plan, alert, at, state);
      return JSON.stringify({ owner, acting, why, held, steps, candidates } satisfies Routing);
    } catch (error) {
      this.failed++;
      const text = error instanceof ConfigError ? error.message.replaceAll('\n', '; ') : errorMessage(error);
      return JSON.stringify({ error: `line ${this.#line}: ${text}` });
    }
  }

  #read(line: string): { plan: Plan; request: Record<string, unknown> } {
    const start = CONFIG_FIRST.exec(line)?.[0].length;
    if (start !== undefined && this.#last && line.startsWith(this.#last.raw, start)) {
      const rest = line.slice(start + this.#last.raw.length).trimStart();
      if (rest.startsWith(',')) return { plan: this.#last.plan, request: object(JSON.parse(`{${rest.slice(1)}`)) };
    }
    const request = object(JSON.parse(line));
    const plan = this.#plan(request['config']);
    if (start !== undefined) this.#last = { raw: line.slice(start, endOfValue(line, start)), plan };
    return { plan, request };
  }

  #plan(config: unknown): Plan {
    if (config === undefined || config === null) throw new Error('config: expected a school or a FILE, got nothing');
    const key = typeof config === 'string' ? config : JSON.stringify(config);
    const plan = this.#plans.get(key) ?? this.#made(config);
    // Deleted and set again: the map is in the order of use.
    this.#plans.delete(key);
    if (this.#plans.size >= PLANS_KEPT) this.#plans.delete(this.#plans.keys().next().value!);
    this.#plans.set(key, plan);
    if (plan instanceof Error) throw plan;
    return plan;
  }

  #made(config: unknown): Plan | Error {
    try {
      const { inline, named } = this.#source;
      return planSchool(typeof config === 'string' ? named(config) : inline(JSON.stringify(config), this.#line));
    } catch (error) {
      return error instanceof Error ? error : new Error(errorMessage(error));
    }
  }

  /** A line that asks nothing; it counts in the numbers that errors name. */
  skip(): void {
    this.#line++;
  }
}

/** Where the JSON value that begins at `start` ends, in a text that is known to be valid. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let i = start; i < json.length; i++) {
    const c = json[i];
    if (c === '"') i = endOfString(json, i);
    else if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') depth--;
    else if (depth > 0 || c === ' ') continue;
    else return i;
    if (depth === 0) return i + 1;
  }
  return json.length;
}

function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
  return i;
}

function object(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('expected an object');
  return value as Record<string, unknown>;
}

/** What a request must hold; unknown keys of an alert are no harm, since no scope asks for them. */
export function checked({ alert, at, state }: Record<string, unknown>): {
  alert: RouteAlert;
  at: number;
  state: RouteState;
} {
  const { domain, severity, grades, id } = object(alert ?? null) as Partial<RouteAlert>;
  if (typeof domain !== 'string') throw new Error(`alert.domain: expected a domain, got ${JSON.stringify(domain)}`);
  if (severity === undefined || !SEVERITIES.includes(severity))
    throw new Error(`alert.severity: expected one of ${SEVERITIES.join(', ')}, got ${JSON.stringify(severity)}`);
  if (grades !== undefined && grades !== null && !Array.isArray(grades))
    throw new Error(`alert.grades: expected a list, got ${JSON.stringify(grades)}`);
  if (state !== undefined && state !== null) object(state);
  return { alert: { ...(alert as RouteAlert), id: id ?? '' }, at: instantOf(at), state: (state ?? {}) as RouteState };
}

/** ms. Only with its offset: an alert is at an instant, whatever zone its school is in. */
function instantOf(at: unknown): number {
  const date = typeof at === 'string' ? /^(\d{4})-(\d\d)-(\d\d)[T ].*(?:Z|[+-]\d\d:?\d\d)$/.exec(at) : null;
  const [year, month, day] = (date ?? []).slice(1).map(Number);
  // Date.parse takes 30 February for 2 March.
  const real = day !== undefined && new Date(Date.UTC(year!, month! - 1, day)).getUTCDate() === day;
  const instant = real ? Date.parse(String(at).replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(instant))
    throw new Error(`at: expected a time with its offset such as 2026-03-14T02:00:00-05:00, got ${JSON.stringify(at)}`);
  return instant;
}
