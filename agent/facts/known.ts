/** Without the keys whose value is undefined. */
export type Known<T> = { -readonly [K in keyof T]?: Exclude<T[K], undefined> };

export function known<T extends object>(value: T): Known<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Known<T>;
}
