import { DOMAINS, isLeafDomain } from '../../core/domain.ts';
import type { RouteAlert, Severity } from './decision.ts';
import type { GrantScope } from './school.ts';
import { scopeMatches } from './scope.ts';

/** Combinations looked at before giving up: long lists of devices multiply. */
const TRIES = 4000;
/** The everyday one first: it stands in messages. */
const SEVERITY_ORDER: readonly Severity[] = ['warning', 'critical', 'info'];
const LEAVES = DOMAINS.filter(isLeafDomain);

/** Of what no scope asks for. */
const NOTHING = [undefined];

type Choice = {
  readonly key: keyof RouteAlert;
  readonly values: readonly (RouteAlert[keyof RouteAlert] | undefined)[];
};

/**
 * Alerts that every one of the scopes covers, as different as the scopes can tell them apart: each domain, each severity, each entry of a
 * list. What no scope asks for an alert does not say. None: the scopes have nothing in common (or, above TRIES, it was not found).
 */
export function* alertsWithin(scopes: readonly GrantScope[]): Generator<RouteAlert> {
  let tries = 0;
  for (const values of combinations(choicesOf(scopes))) {
    if (++tries > TRIES) return;
    const alert = { id: 'example', ...values } as RouteAlert;
    if (scopes.every((scope) => scopeMatches(scope, alert))) yield alert;
  }
}

/** True when `alertsWithin` does not try them all. */
export function tooManyAlerts(scopes: readonly GrantScope[]): boolean {
  return choicesOf(scopes).reduce((product, { values }) => product * values.length, 1) > TRIES;
}

function choicesOf(scopes: readonly GrantScope[]): Choice[] {
  const lists = <K extends keyof GrantScope>(key: K) =>
    scopes.flatMap((scope) => (scope[key] === undefined ? [] : [scope[key]])) as NonNullable<GrantScope[K]>[];
  const names = (key: 'site' | 'device' | 'rule'): Choice => {
    const [first = [], ...others] = lists(key);
    const shared = first.filter((name) => others.every((other) => other.includes(name)));
    return { key, values: lists(key).length > 0 ? shared : NOTHING };
  };
  const globs = (key: 'zone' | 'vendor' | 'model'): Choice => ({
    key,
    values: lists(key).length > 0 ? stringsIn(lists(key)) : NOTHING,
  });
  const asked = lists('domain').flat();
  const grades = lists('grades').map(({ list }) => list);
  return [
    // An alert may also be of a group as a whole; leaves are what people think of.
    { key: 'domain', values: [...new Set([...LEAVES, ...asked])] },
    { key: 'severity', values: SEVERITY_ORDER },
    names('site'),
    globs('zone'),
    globs('vendor'),
    globs('model'),
    names('device'),
    names('rule'),
    {
      key: 'grades',
      values: grades.length > 0 ? [...grades.flat().map((grade) => [grade]), ...pairs(grades)] : NOTHING,
    },
  ];
}

function pairs([a, b]: readonly (readonly string[])[]): string[][] {
  return a && b ? a.flatMap((x) => b.map((y) => [x, y])) : [];
}

function* combinations([first, ...rest]: readonly Choice[]): Generator<Partial<RouteAlert>> {
  if (!first) {
    yield {};
    return;
  }
  // The later keys vary slowest, so that a long list of devices does not hide a domain.
  for (const others of combinations(rest))
    for (const value of first.values) yield value === undefined ? others : { ...others, [first.key]: value };
}

/** Strings that fit one glob of each list. */
function stringsIn(lists: readonly (readonly string[])[]): string[] {
  const [first = [], second] = lists;
  const found = first.flatMap((a) =>
    second ? second.flatMap((b) => commonString(a, b) ?? []) : [plain(a, '1'), plain(a, '')],
  );
  return [...new Set(found)];
}

/** A string that a glob matches, with `star` for each `*`. */
function plain(glob: string, star: string): string {
  return glob.replaceAll('*', star).replaceAll('?', '1');
}

/** Longer globs are not looked into. */
const GLOB_LIMIT = 200;

/** A string that both globs match; undefined when there is none. */
export function commonString(a: string, b: string): string | undefined {
  if (a.length > GLOB_LIMIT || b.length > GLOB_LIMIT) return undefined;
  const dead = new Set<number>();
  const search = (i: number, j: number): string | undefined => {
    if (i === a.length && j === b.length) return '';
    const place = i * (b.length + 1) + j;
    if (dead.has(place)) return undefined;
    const found = step(i, j);
    if (found === undefined) dead.add(place);
    return found;
  };
  const step = (i: number, j: number): string | undefined => {
    const [x, y] = [a[i], b[j]];
    if (x === '*') {
      const skipped = search(i + 1, j);
      if (skipped !== undefined || y === undefined) return skipped;
      return y === '*' ? search(i, j + 1) : prefix(y, search(i, j + 1));
    }
    if (y === '*') return search(i, j + 1) ?? (x === undefined ? undefined : prefix(x, search(i + 1, j)));
    if (x === undefined || y === undefined) return undefined;
    if (x !== '?' && y !== '?' && x.toLowerCase() !== y.toLowerCase()) return undefined;
    return prefix(x === '?' ? y : x, search(i + 1, j + 1));
  };
  return search(0, 0);
}

function prefix(char: string, rest: string | undefined): string | undefined {
  return rest === undefined ? undefined : (char === '?' ? '1' : char) + rest;
}
