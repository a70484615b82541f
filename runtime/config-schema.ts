import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { parseDuration } from '../core/duration.ts';

/** Schema pieces that every config shares. Each refuses with what was expected, in words. */

/** `30s`, `5m`, `1h30m` -> milliseconds. */
export const duration = z.string('a duration such as 30s, 5m or 1h30m').transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === undefined) {
    context.addIssue({ code: 'custom', message: 'a duration such as 30s, 5m or 1h30m' });
    return z.NEVER;
  }
  return ms;
});

/** A duration within limits: `durationFrom('1s', '1d')`. A pace of zero would ask a device without a pause. */
export const durationFrom = (shortest: string, longest: string) =>
  duration.refine(
    (ms) => ms >= parseDuration(shortest)! && ms <= parseDuration(longest)!,
    `a duration from ${shortest} to ${longest}`,
  );

const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** `512MB`, `2GiB` -> bytes. */
export const byteSize = z.string('a size such as 64MiB or 2GB').transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|KiB|MiB|GiB)$/.exec(text);
  if (!match) {
    context.addIssue({ code: 'custom', message: 'a size such as 64MiB or 2GB' });
    return z.NEVER;
  }
  return Math.round(Number(match[1]) * SIZE_UNITS[match[2]!]!);
});

/** A size of at least `smallest`: `sizeFrom('64KiB')`. */
export const sizeFrom = (smallest: string) =>
  byteSize.refine((bytes) => bytes >= byteSize.parse(smallest), `a size of at least ${smallest}`);

/** A name that may stand in tags, file names and URLs: `lincoln-charter`, `main`. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'a name of letters, digits, dots, dashes or underscores, at most 63');

/** TCP or UDP port; 0 lets the system choose (listeners only). */
export const port = z.number().int('a whole number').min(0).max(65535);

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** One or more X.509 certificates as PEM text (RFC 7468); a path is for the key with `_file` at its end. */
export const pemCertificates = z.string().refine((text) => {
  const found = text.match(PEM_CERTIFICATE) ?? [];
  return found.length > 0 && found.every((pem) => readable(() => new X509Certificate(pem)));
}, 'certificates as PEM text (their path goes to the same key with _file at its end)');

/** An unencrypted private key as PEM text. */
export const pemKey = z
  .string()
  .refine(
    (text) => readable(() => createPrivateKey(text)),
    'an unencrypted private key as PEM text (its path goes to the same key with _file at its end)',
  );

function readable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
