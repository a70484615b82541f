/** The names in `{...}` of a summary template, in order, with repeats. */
export function placeholdersIn(template: string): string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!);
}

/** Fills a template; what a thing does not have (a port without alias) becomes a dash. */
export function renderSummary(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(
    /\{([^{}]*)\}/g,
    (_whole, name: string) => (Object.hasOwn(values, name) ? values[name]! : '') || '-',
  );
}

/** A number for people: whole from 1000 up, else four significant digits. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4)));
}
