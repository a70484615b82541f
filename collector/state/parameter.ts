/** What a statement may carry, on either database. */
export type Parameter = number | bigint | string | Uint8Array | null;

/**
 * Booleans are stored as 0 and 1, what is not there as null; anything the databases have no common type for is the caller's mistake. Text
 * keeps no NUL: PostgreSQL refuses it, and a device that puts one into a name must not keep an alert from being stored.
 */
export function toParameter(value: unknown): Parameter {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`the state database stores no ${value.constructor?.name ?? typeof value}`);
}
