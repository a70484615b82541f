/** A query string as Fastify reads it: a name that stands twice becomes a list. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** A query value that stands exactly once. */
export function single(query: Query, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The token a client presents, in any of the ways InfluxDB clients know: `Authorization: Token T`, `Bearer T`, `Basic` with the token as
 * password (any user name), or `p=T` in the query (1.x clients send `u` and `p`). The header wins.
 */
export function presentedToken(authorization: string | undefined, query: Query): string | undefined {
  if (authorization === undefined) return single(query, 'p') || undefined;
  const [, scheme, value] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  switch (scheme.toLowerCase()) {
    case 'token':
    case 'bearer':
      return value;
    case 'basic': {
      const pair = Buffer.from(value, 'base64').toString('utf8');
      const colon = pair.indexOf(':');
      return colon === -1 ? undefined : pair.slice(colon + 1) || undefined;
    }
    default:
      return undefined;
  }
}
