import type { Override, Rule } from './rule.ts';

/** The categories of the events in force at a school at an instant (event time, ms): TESTING, NO_SCHOOL ... Pure, and cheap to call. */
export type CategoriesAt = (school: string, at: number) => readonly string[];

/** Without a calendar no category is ever on. */
export const NO_CATEGORIES: CategoriesAt = () => [];

/** The rule as the calendar makes it, or the category that switches it off. */
export type InForce<R> =
  | { readonly rule: R; readonly off?: undefined }
  | { readonly rule?: undefined; readonly off: string };

/** What a rule is while `categories` are on: its first override that is for one of them, else itself. */
export function inForce<R extends Rule>(
  rule: R & { readonly during?: readonly Override<R>[] },
  categories: readonly string[],
): InForce<R> {
  const override = rule.during?.find(({ category }) => categories.includes(category));
  if (!override) return { rule };
  return override.rule === 'off' ? { off: override.category } : { rule: override.rule };
}

/** Why an alert of a rule that is switched off ends. */
export function offText(category: string): string {
  return `the rule is off during ${category}`;
}

/** `categoriesAt` that remembers its last answer: the samples of one poll share school and time. */
export function rememberingLast(categoriesAt: CategoriesAt): CategoriesAt {
  let last: { readonly school: string; readonly at: number; readonly categories: readonly string[] } | undefined;
  return (school, at) => {
    if (last?.school !== school || last.at !== at) last = { school, at, categories: categoriesAt(school, at) };
    return last.categories;
  };
}
