import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

/** Keys whose values never reach a log, wherever they stand (security: communities, keys, tokens, webhook secrets). */
const SECRET_KEYS = [
  'token',
  'secret',
  'password',
  'community',
  'auth_key',
  'priv_key',
  'authorization',
  'cookie',
  'set-cookie',
  'secrets',
];

const redactPaths = SECRET_KEYS.flatMap((key) => {
  const quoted = `["${key}"]`;
  return [quoted, `*${quoted}`, `*.*${quoted}`, `*.*.*${quoted}`];
});

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** The one logger: JSON lines on stderr (stdout is for results), secrets redacted. */
export function createLogger(name: string, level: LogLevel = 'info', destination?: DestinationStream): Logger {
  return pino(
    {
      name,
      level,
      timestamp: stdTimeFunctions.isoTime,
      base: { name },
      redact: { paths: redactPaths, censor: '[redacted]' },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
