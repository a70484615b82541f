/** What is chosen, kept in the address after `#`, so that it can be linked, and "back" works. */
export interface Route {
  readonly school: string | null;
  readonly device: string | null;
}

/** Reads `#/school/device`. */
export function parseRoute(hash: string): Route {
  const [school, device] = hash.replace(/^#\/?/, '').split('/').map(decode);
  return { school: school || null, device: school && device ? device : null };
}

/** Writes `#/school/device`. */
export function routeTo(school: string, device?: string): string {
  const parts = device === undefined ? [school] : [school, device];
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
