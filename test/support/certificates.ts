import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Paths of PEM files: an authority of our own, and a server's certificate of it with the key. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes them in `dir` with the openssl command, for a server that is asked for by `name` (`IP:127.0.0.1`, `DNS:example.org`). */
export function makeCertificates(dir: string, name = 'IP:127.0.0.1'): Certificates {
  const file = (part: string): string => join(dir, part);
  const ca = file('ca.pem');
  const caKey = file('ca.key');
  const cert = file('server.pem');
  const key = file('server.key');
  const make = (out: string, keyout: string, args: readonly string[]): void => {
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', keyout];
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...newKey, '-out', out, ...args], { stdio: 'pipe' });
  };
  make(ca, caKey, ['-subj', '/CN=Test authority']);
  make(cert, key, [
    ...['-subj', '/CN=Test collector', '-CA', ca, '-CAkey', caKey],
    ...['-addext', `subjectAltName=${name}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
  ]);
  return { ca, cert, key };
}

/** Another certificate of the authority in `dir` for `name`, that ran out yesterday. */
export function makeExpired(dir: string, name: string): Pick<Certificates, 'cert' | 'key'> {
  const [request, key, cert, ca, caKey] = ['expired.csr', 'expired.key', 'expired.pem', 'ca.pem', 'ca.key'].map(
    (file) => join(dir, file),
  ) as [string, string, string, string, string];
  const run = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', key];
  run('req', '-new', ...newKey, '-subj', '/CN=Yesterday', '-addext', `subjectAltName=${name}`, '-out', request);
  run(
    'x509',
    '-req',
    '-in',
    request,
    '-CA',
    ca,
    '-CAkey',
    caKey,
    '-days',
    '-1',
    '-copy_extensions',
    'copyall',
    '-out',
    cert,
  );
  return { cert, key };
}
