/** Where the state database is, when it is PostgreSQL. */
export interface PostgresSettings {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  /** Most connections of this process. */
  readonly pool: number;
  /** The server must show a certificate that `ca` (PEM) signed; without `ca`, one the system trusts. Undefined: no TLS. */
  readonly tls: { readonly ca: string | undefined } | undefined;
}

export type PostgresAddress = Omit<PostgresSettings, 'pool' | 'tls'>;

const DEFAULT_PORT = 5432;

/**
 * Reads `postgres://user:password@host:port/database`; a Unix socket is `postgres://user@/database?host=/run/postgresql`. Undefined for
 * anything else, also for other parameters: those that libpq knows are not the ones this program heeds.
 */
export function readPostgresUrl(text: string): PostgresAddress | undefined {
  // The URL parser knows no URL with a user and without a host.
  const socket = /^(postgres(?:ql)?:\/\/)(?:([^@/?#]*)@)?(\/[^/?#]+)\?host=(\/[^&#]*|%2F[^&#]*)$/i.exec(text);
  const [url, folder] = socket
    ? [parsed(`${socket[1]}${socket[2] === undefined ? '' : `${socket[2]}@`}socket${socket[3]}`), decoded(socket[4]!)]
    : [parsed(text), undefined];
  if (url?.search !== '' || url.hash !== '') return undefined;
  const [database, user, password] = [url.pathname.slice(1), url.username, url.password].map(decoded);
  const host = folder ?? url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!database || !user || !host || database.includes('/') || password === undefined) return undefined;
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    database,
    user,
    password: password || undefined,
  };
}

/** For people: never with the password. */
export function postgresName({ host, port, database }: PostgresAddress): string {
  return host.startsWith('/') ? `${database} at ${host}` : `${database} at ${host}:${port}`;
}

function parsed(text: string): URL | undefined {
  const url = URL.parse(text);
  return url && /^postgres(?:ql)?:$/.test(url.protocol) ? url : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
